"""Accounts: sessions, and one's own password."""
