"""Computes the schematic map: speakers at their coordinates, not to scale. The table next to it says all of it too."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import cos, radians

from controller.outlook.speaker_standing import SpeakerNow
from controller.station.area_tree import AreaTree
from controller.web.words.place_names import short

WIDTH, HEIGHT = 622, 440
"""Of the drawing, in its own units."""
_EDGE = 46
_MOST_NAMES = 8


@dataclass(frozen=True)
class SpeakerMark:
    """One speaker on the map. `name`: written next to it, on its left side if `left`; empty: nothing is written."""

    speaker: SpeakerNow
    x: float
    y: float
    name: str
    left: bool


@dataclass(frozen=True)
class AreaLabel:
    """An area's short name, above its speakers."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class SpeakerMap:
    """What is drawn. `missing`: how many speakers have no coordinates."""

    marks: tuple[SpeakerMark, ...]
    labels: tuple[AreaLabel, ...]
    missing: int


def map_of(tree: AreaTree, speakers: Sequence[SpeakerNow]) -> SpeakerMap | None:
    """None: fewer than two places are known."""
    placed = [
        (each, each.speaker.longitude, each.speaker.latitude)
        for each in speakers
        if each.speaker.longitude is not None and each.speaker.latitude is not None
    ]
    if len({(x, y) for _, x, y in placed}) < 2:
        return None
    at = _Projection([(x, y) for _, x, y in placed])
    names = 0
    marks = []
    for each, longitude, latitude in placed:
        x, y = at(longitude, latitude)
        named = each.standing != "working" and names < _MOST_NAMES
        names += named
        marks.append(SpeakerMark(each, x, y, each.speaker.name if named else "", x > WIDTH * 0.62))
    labels = []
    for area, group in groupby(
        sorted(marks, key=lambda mark: mark.speaker.speaker.area), lambda m: m.speaker.speaker.area
    ):
        found = list(group)
        middle = sum(mark.x for mark in found) / len(found)
        labels.append(
            AreaLabel(short(tree.by_id[area]), round(middle, 1), round(min(mark.y for mark in found) - 16, 1))
        )
    return SpeakerMap(tuple(marks), tuple(labels), len(speakers) - len(placed))


class _Projection:
    """From longitude and latitude to the drawing, which it fills. A degree of longitude shrinks with the latitude."""

    def __init__(self, points: Sequence[tuple[float, float]]) -> None:
        self._shrinks = cos(radians(sum(latitude for _, latitude in points) / len(points)))
        xs = [longitude * self._shrinks for longitude, _ in points]
        ys = [latitude for _, latitude in points]
        self._west, self._north = min(xs), max(ys)
        self._scale = min(
            (WIDTH - 2 * _EDGE) / max(max(xs) - min(xs), 1e-9), (HEIGHT - 2 * _EDGE) / max(max(ys) - min(ys), 1e-9)
        )
        self._left = (WIDTH - (max(xs) - min(xs)) * self._scale) / 2
        self._top = (HEIGHT - (max(ys) - min(ys)) * self._scale) / 2

    def __call__(self, longitude: float, latitude: float) -> tuple[float, float]:
        x = self._left + (longitude * self._shrinks - self._west) * self._scale
        y = self._top + (self._north - latitude) * self._scale
        return round(x, 1), round(y, 1)
