"""Approvals and schedules: both make broadcasts planned."""
