"""Repeats a measure, alone or in turn with its yardstick; gives median, minimum and maximum."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Rounds:
    """The values of one figure that was measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def summary(self, unit: str = "", *, times: float = 1.0, digits: int = 0) -> str:
        """Median, minimum and maximum as `98 ms (95 to 110)`; `times=1000` turns seconds into milliseconds."""
        median, least, most = (
            f"{value * times:,.{digits}f}" for value in (self.median, min(self.values), max(self.values))
        )
        return f"{median}{unit} ({least} to {most})"


@dataclass(frozen=True)
class Turns:
    """The values of our code and of the yardstick, measured in the same rounds."""

    ours: Rounds
    yardstick: Rounds

    @property
    def ratio(self) -> float:
        """The median of ours divided by the median of the yardstick; limits apply to it."""
        return self.ours.median / self.yardstick.median

    @property
    def spread(self) -> str:
        """Minimum and maximum of the single rounds' ratios, as text."""
        ratios = [ours / other for ours, other in zip(self.ours.values, self.yardstick.values, strict=True)]
        return f" ({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} rounds)"


def repeat(measure: Callable[[], float], rounds: int = ROUNDS) -> Rounds:
    return Rounds(tuple(measure() for _ in range(rounds)))


def take_turns(ours: Callable[[], float], yardstick: Callable[[], float], rounds: int = ROUNDS) -> Turns:
    """Measure both in turn, so that other load on the machine disturbs both alike."""
    pairs = [(ours(), yardstick()) for _ in range(rounds)]
    return Turns(Rounds(tuple(each[0] for each in pairs)), Rounds(tuple(each[1] for each in pairs)))
