"""The way in: attempts are counted before anything is computed for them, and passwords are checked in threads apart."""
