"""What goes out to speakers: signed, in the order of its haste, and published."""
