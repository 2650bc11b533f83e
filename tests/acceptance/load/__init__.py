"""Silence while something else takes all that it can: simulated loudspeakers, loads, and how long silence takes."""
