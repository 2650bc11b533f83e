"""What sounds now, the receipts of it, and the clips that are needed for it."""
