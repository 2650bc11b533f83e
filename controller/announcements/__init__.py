"""Announcements until they are approved: text, reading, lexicon and finished clip."""
