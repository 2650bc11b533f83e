"""Pages about the station itself: sign-in, officers, lexicon, settings, audit, help."""
