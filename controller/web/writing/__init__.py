"""Pages on which announcements are written, heard and corrected."""
