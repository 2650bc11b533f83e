"""Broadcasts from the order to the last revision, and their deliveries at speakers."""
