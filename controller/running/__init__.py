"""The office that runs: its parts wired together, its threads, its events."""
