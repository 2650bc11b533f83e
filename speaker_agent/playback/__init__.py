"""What sounds now, and the receipt that says so."""
