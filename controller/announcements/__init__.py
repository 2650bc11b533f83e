"""What is to be said: its text, how it is read, and its finished sound."""
