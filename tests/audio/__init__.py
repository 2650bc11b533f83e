"""The room `audio/`: from words or a recording to a finished clip."""
