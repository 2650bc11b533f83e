"""What each route needs of the officer who calls it, tried for every role in every area."""
