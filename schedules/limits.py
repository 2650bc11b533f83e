"""What an order may ask for, and which years rules and calendars reach. Each limit stands here and nowhere else."""

MOST_TIMES = 20
"""How often a broadcast is read in a row."""

DEFAULT_GAP_MS = 3_000
LONGEST_GAP_MS = 600_000
"""The pause between two readings."""

MOST_OCCURRENCES_A_DAY = 12
"""Of one schedule."""

RULE_YEARS = range(2000, 2091)
"""What a rule may name: its first start, its end, its dates."""

OCCURRENCE_YEARS = range(2000, 2099)
"""In which rules are worked out; a year less than the lunar calendar, whose last months may be cut off."""

LUNAR_YEARS = range(1968, 2100)
"""Vietnam's calendar counts by its own meridian since 1968; tables reach to 2099."""

HOLIDAY_YEARS = range(2020, 2051)
"""Of which the station keeps public holidays."""
