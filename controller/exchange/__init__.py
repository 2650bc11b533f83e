"""Rows to signed messages, and speakers' messages to rows."""
