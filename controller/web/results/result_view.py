"""Computes what the pages about one broadcast show: its row of shapes, its table, where to sound it again."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Literal, NamedTuple, get_args

from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast
from controller.orders.instants import air_start
from controller.outlook.results import NOT_HEARD_WHOLE, Result, Results, attention_first
from controller.station.area_tree import AreaTree
from controller.station.charges import may
from controller.station.speaker_lists import caretaker_of
from controller.web.frame.page import Page
from controller.web.lines.result_words import why
from controller.web.ordering.choices import again_path
from controller.web.words.place_names import short
from controller.web.words.states import DELIVERY, word
from controller.web.words.vietnamese import duration
from controller.words.numbers import counted, number

Filter = Literal["tat-ca", "chua-nghe-du", "chua-co-bao-cao"]
"""All speakers; those where something was missed; those without a report."""


@dataclass(frozen=True)
class ResultRow:
    """One speaker in the table. `started`, `heard`: when it began, and how long it sounded; empty: not known."""

    result: Result
    why: str
    started: str
    heard: str


class Again(NamedTuple):
    """The path at which a broadcast is ordered once more, and at how many places of the kind that is named there."""

    path: str
    places: int


class ShapesOfArea(NamedTuple):
    """The shapes of one area's speakers, under its short name."""

    area: str
    shapes: list[DeliveryState]


def read_filter(text: str) -> Filter:
    """The filter of an address; all for anything else."""
    return next((each for each in get_args(Filter) if each == text), "tat-ca")


def result_rows(
    page: Page, tree: AreaTree, broadcast: Broadcast, results: Results, wanted: Filter = "tat-ca"
) -> list[ResultRow]:
    """The rows of the table, those that somebody should look at first."""
    return [_row(page, tree, broadcast, each) for each in attention_first(results.rows) if _passes(wanted, each)]


def shapes_by_area(results: Results) -> list[ShapesOfArea]:
    """The row of shapes, in the order of the tree of areas."""
    return [
        ShapesOfArea(short(found[0].area), [each.shown for each in found])
        for _area, of_area in groupby(results.rows, key=lambda each: each.area.area)
        if (found := list(of_area))
    ]


def strip_label(results: Results) -> str:
    """The row of shapes in words."""
    parts = [f"{number(count)} {word(DELIVERY, state).lower()}" for state, count in sorted(results.counts.items())]
    return counted("{n} cụm loa theo địa bàn: {parts}", len(results.rows), parts=", ".join(parts))


def has_begun(broadcast: Broadcast, now: datetime) -> bool:
    """Whether its start has passed."""
    begins = air_start(broadcast)
    return begins is not None and begins <= now


def sound_again(
    page: Page, tree: AreaTree, broadcast: Broadcast, results: Results
) -> tuple[Again | None, Again | None]:
    """Where something was missed, and also where no report came; of the speakers for which the reader may order.

    None: there are none, or there is no announcement.
    """
    mine = [each for each in results.rows if may(page.charges, "editor", [each.area.area], tree)]
    missed = [each for each in mine if each in results.not_heard_whole]
    unknown = [each for each in mine if each in results.unknown]
    if broadcast.announcement is None:
        return None, None
    path = partial(again_path, broadcast.announcement)
    return (
        Again(path([each.delivery.speaker for each in missed]), len(missed)) if missed else None,
        Again(path([each.delivery.speaker for each in missed + unknown]), len(unknown)) if unknown else None,
    )


def _row(page: Page, tree: AreaTree, broadcast: Broadcast, result: Result) -> ResultRow:
    delivery, caretaker = result.delivery, caretaker_of(result.speaker.speaker, page.charges, tree)
    return ResultRow(
        result=result,
        why=why(result, broadcast, page.clock, caretaker),
        started=page.clock.time_to_second(delivery.started_at) if delivery.started_at else "",
        heard=duration(delivery.heard_ms) if delivery.heard_ms is not None else "",
    )


def _passes(wanted: Filter, result: Result) -> bool:
    if wanted == "chua-nghe-du":
        return result.shown in NOT_HEARD_WHOLE
    if wanted == "chua-co-bao-cao":
        return result.shown == "no_report"
    return True
