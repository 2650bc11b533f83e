"""The tests mirror the rooms. acceptance/ starts the real programs; fakes/ implement the ports."""
