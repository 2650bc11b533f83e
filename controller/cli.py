"""`loa-controller`: run the office, and what a technician does at its command line."""
