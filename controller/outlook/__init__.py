"""Questions that write nothing: what an order would do, what will sound, and what did."""
