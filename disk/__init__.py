"""Writing files that survive a crash, for both programs. Imports the standard library alone."""
