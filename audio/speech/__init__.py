"""Speech engines: the port, espeak-ng, piper, Google, and the cutting into sentences."""
