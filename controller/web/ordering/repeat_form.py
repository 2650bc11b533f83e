"""Times of day and days of a month, as officers type them in the form of a schedule."""

import re
from datetime import time

from controller.errors import Invalid
from controller.web.frame.typed_times import read_time
from schedules.limits import MAX_OCCURRENCES_A_DAY


def read_times(text: str) -> tuple[time, ...]:
    """One or several times of day, typed as “05:00, 17:30” or “5h và 17h30”; raises Invalid."""
    pieces = [piece.strip() for piece in re.split(r"[,;]|\bvà\b", text) if piece.strip()]
    if not pieces:
        raise Invalid("gio", "times_missing")
    if len(pieces) > MAX_OCCURRENCES_A_DAY:
        raise Invalid("gio", "too_many_times", most=MAX_OCCURRENCES_A_DAY)
    return tuple(sorted({read_time(piece) for piece in pieces}))


def read_days(text: str, most: int) -> tuple[int, ...]:
    """Days of a month, typed as “1, 15”; raises Invalid. `most`: the last day that a month can have."""
    pieces = [piece for piece in re.split(r"[\s,;]+|và", text) if piece]
    if not pieces:
        raise Invalid("ngay-thang", "month_days_missing")
    if not all(re.fullmatch(r"[0-9]{1,2}", piece) and 1 <= int(piece) <= most for piece in pieces):
        raise Invalid("ngay-thang", "month_days_range", most=most)
    return tuple(sorted({int(piece) for piece in pieces}))
