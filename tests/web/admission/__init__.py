"""Which requests come in, and that none takes the place of another."""
