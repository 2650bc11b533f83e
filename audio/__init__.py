"""From words or a file to a finished clip: spoken text, speech engines, mastering, codec, clip store."""
