"""How this speaker is: its status for the office, its troubles in words, its sign of life for systemd."""
