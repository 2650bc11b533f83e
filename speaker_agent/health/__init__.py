"""How this speaker is: its status for the office, and its troubles in words."""
