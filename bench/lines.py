"""The lines that a measure prints, each with whether its limit was met."""

from typing import NamedTuple


class ReportLine(NamedTuple):
    text: str
    met: bool = True


def at_most(what: str, value: float, limit: float, unit: str = "", *, spread: str = "") -> ReportLine:
    """A line with a figure that may be at most `limit`."""
    return _judged(what, value, spread, "at most", limit, unit, value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "", *, spread: str = "") -> ReportLine:
    """A line with a figure that must be at least `limit`."""
    return _judged(what, value, spread, "at least", limit, unit, value >= limit)


def _judged(what: str, value: float, spread: str, bound: str, limit: float, unit: str, met: bool) -> ReportLine:
    return ReportLine(f"{what} {value:.2f}{unit}{spread}, {bound} {limit:g}{unit}{'' if met else '  MISSED'}", met)
