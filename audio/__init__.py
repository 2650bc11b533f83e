"""Makes clips from words or an uploaded recording: spoken text, speech engines, mastering, codec, clip store."""
