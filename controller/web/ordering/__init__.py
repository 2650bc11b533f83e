"""Pages on which a broadcast or a schedule is ordered: place, time, last check."""
