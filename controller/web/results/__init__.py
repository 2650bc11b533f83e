"""Pages about what sounded, and the stop pages."""
