"""Counting attempts, the threads that check passwords, known devices, and what is told of failures."""
