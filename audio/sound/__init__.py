"""Sound without words: PCM, the codec, chimes, mastering, uploaded recordings."""
