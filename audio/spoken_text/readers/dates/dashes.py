"""A dash between two dates that have been read."""

import re

from audio.spoken_text.reading import Reading

BETWEEN_DATES = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=\x01)")
BEFORE_LAST_DAY = re.compile(r"(?<=\x01)(?P<it>\s*-\s*)(?=[Tt]hứ\b|[Cc]hủ nhật|hết\b)")
_FROM_TIME_TO_DATE = re.compile(r"[\s,]*(?:ngày\s+)?$")


def say_between_moments(match: re.Match[str], reading: Reading) -> str | None:
    """22h 26/11 - 4h 27/11: from an hour of a day to an hour of another."""
    day, hour = reading.ending_at(match.start("it"), "date"), reading.beginning_at(match.end("it"), "time")
    if day is None or hour is None:
        return None
    gap = _FROM_TIME_TO_DATE.search(reading.text[max(0, day.start - 12) : day.start])
    is_moment = gap and reading.ending_at(day.start - len(gap[0]), "time")
    return "đến" if is_moment else None
