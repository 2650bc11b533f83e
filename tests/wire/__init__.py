"""What travels: each message, its refusals, and the golden ones that must decode for ever."""
