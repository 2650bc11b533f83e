"""The wire: each message, its refusals, and the golden messages that every later version must decode."""
