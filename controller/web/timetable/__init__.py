"""Pages about what recurs: the week, a day, schedules, holidays."""
