"""Simulated speakers, all in one process."""
