"""Pages on which a second person approves an announcement or gives it back."""
