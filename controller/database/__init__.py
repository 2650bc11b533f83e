"""Tables, transactions, and the migrations that bring an older database up to date."""
