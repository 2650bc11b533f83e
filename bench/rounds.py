"""Rounds that take turns, and what is told of them: the median, and in brackets the least and the most."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Rounds:
    """One figure, measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def told(self, unit: str = "", *, times: float = 1.0, digits: int = 0) -> str:
        """`98 ms (95 to 110)`; `times` turns seconds into milliseconds."""
        median, least, most = (
            f"{value * times:,.{digits}f}" for value in (self.median, min(self.values), max(self.values))
        )
        return f"{median}{unit} ({least} to {most})"


@dataclass(frozen=True)
class Turns:
    """Ours and the yardstick, round by round."""

    ours: Rounds
    yardstick: Rounds

    @property
    def ratio(self) -> float:
        """What is held against a limit: the median of ours over the median of the yardstick."""
        return self.ours.median / self.yardstick.median

    @property
    def spread(self) -> str:
        """The least and the most that one round's ratio was."""
        ratios = [ours / other for ours, other in zip(self.ours.values, self.yardstick.values, strict=True)]
        return f" ({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} rounds)"


def repeat(measure: Callable[[], float], rounds: int = ROUNDS) -> Rounds:
    """Measure several times."""
    return Rounds(tuple(measure() for _ in range(rounds)))


def take_turns(ours: Callable[[], float], yardstick: Callable[[], float], rounds: int = ROUNDS) -> Turns:
    """Measure both in turn, so that what disturbs the machine disturbs both."""
    pairs = [(ours(), yardstick()) for _ in range(rounds)]
    return Turns(Rounds(tuple(each[0] for each in pairs)), Rounds(tuple(each[1] for each in pairs)))
