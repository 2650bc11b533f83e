"""The tests mirror the rooms; acceptance/ starts the real programs, fakes/ stand behind the ports."""
