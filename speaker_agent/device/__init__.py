"""The sound device: the port, ALSA, a file in its place, and the thread that feeds it."""
