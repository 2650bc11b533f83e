"""The sounds on this speaker's disk: which are needed, which have room, what is still missing."""
