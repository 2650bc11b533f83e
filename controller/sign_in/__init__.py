"""The way in: attempts are counted before anything is computed for them; passwords and passkeys have threads apart."""
