"""What an officer does with areas and speakers."""
