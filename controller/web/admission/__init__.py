"""Which requests come in: how large, and how many at a time."""
