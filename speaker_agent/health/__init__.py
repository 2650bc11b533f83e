"""What this speaker says of itself, and what is wrong with it."""
