"""Adding and changing areas and speakers."""
