"""Maintaining a station from the command line: checks, backup, restore."""
