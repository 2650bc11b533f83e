"""Read-only answers: what an order would do, what will sound, and what did."""
