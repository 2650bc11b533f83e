"""Pages about speakers and areas."""
