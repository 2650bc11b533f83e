"""Limits of orders, rules and calendars that several rooms need; what one module alone limits stands in it."""

MAX_TIMES = 20
"""Repetitions of one broadcast (`times`)."""

DEFAULT_GAP_MS = 3_000
MAX_GAP_MS = 600_000
"""The pause between two repetitions."""

MAX_OCCURRENCES_A_DAY = 12
"""Occurrences of one schedule on one day."""

MAX_RULE_CHARACTERS = 4_000
"""The lines of one rule together."""

MAX_EXCEPTION_DATES = 3_660
"""Days on which one schedule is silent."""

RULE_YEARS = range(2000, 2091)
"""Years of all dates in a rule: first start, end, exception dates."""

OCCURRENCE_YEARS = range(2000, 2099)
"""Years whose occurrences are worked out; one year less than the lunar calendar, whose last months may be cut off."""

LUNAR_YEARS = range(1968, 2100)
"""Vietnam's lunar calendar follows its own meridian since 1968; lunar-vn's tables end with 2099."""

HOLIDAY_YEARS = range(2020, 2051)
"""Years whose public holidays the station keeps."""
