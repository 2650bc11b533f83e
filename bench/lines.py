"""What a measure prints: a line, and whether the limit that it names was met."""

from typing import NamedTuple


class Line(NamedTuple):
    """One printed line."""

    text: str
    met: bool = True


def at_most(what: str, value: float, limit: float, unit: str = "", *, spread: str = "") -> Line:
    """A figure that must not be above its limit."""
    return _judged(what, value, spread, "at most", limit, unit, value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "", *, spread: str = "") -> Line:
    """A figure that must not be below its limit."""
    return _judged(what, value, spread, "at least", limit, unit, value >= limit)


def _judged(what: str, value: float, spread: str, bound: str, limit: float, unit: str, met: bool) -> Line:
    return Line(f"{what} {value:.2f}{unit}{spread}, {bound} {limit:g}{unit}{'' if met else '  MISSED'}", met)
