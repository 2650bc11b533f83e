"""The running office: its parts wired together, its threads and its events."""
