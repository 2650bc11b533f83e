"""The sound device: the port, ALSA, a file in place of a loudspeaker, and the thread that feeds them."""
