"""One broadcast as its page shows it: the sentence, the row of shapes, the table."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlmodel import Session

from controller.broadcasts.instants import air_start
from controller.broadcasts.states import lapses_at
from controller.database.tables import Broadcast, Officer
from controller.outlook.results import NOT_HEARD_WHOLE, Result, Results, wanted_first
from controller.web.frame.page import Page
from controller.web.lines.broadcast_lines import Lines
from controller.web.lines.result_words import why
from controller.web.ordering.choices import again_path
from controller.web.words.place_names import short
from controller.web.words.states import DELIVERY, word
from controller.web.words.vietnamese import duration
from controller.words.numbers import number
from controller.words.translation import _

FILTERS = ("tat-ca", "chua-nghe-du", "chua-co-bao-cao")


@dataclass(frozen=True)
class Row:
    """One speaker in the table."""

    result: Result
    why: str
    started: str
    heard: str


def view(session: Session, page: Page, broadcast: Broadcast, wanted: str) -> dict[str, Any]:
    """All that the page shows."""
    make = Lines(session, page)
    [line], results = make.of([broadcast]), make.results([broadcast])[broadcast.broadcast]
    officer = session.get(Officer, broadcast.cancelled_by) if broadcast.cancelled_by else None
    return {
        "row": broadcast,
        "line": line,
        "results": results,
        "counts": results.counts,
        "groups": groups(results),
        "strip_label": strip_label(results),
        "rows": rows(page, broadcast, results, wanted),
        "wanted": wanted,
        "canceller": officer.name if officer else None,
        "lapses": lapses_at(broadcast) if line.state in ("waiting_for_approval", "lapsed") else None,
        "again": _again(broadcast, results.not_heard_whole),
        "again_unknown": _again(broadcast, results.not_heard_whole + results.unknown),
        "begun": begun(broadcast, page.now),
        "report_settled": results.without_end == 0,
    }


def rows(page: Page, broadcast: Broadcast, results: Results, wanted: str) -> list[Row]:
    """The table's rows: those that want somebody first."""
    shown = [each for each in wanted_first(results.rows) if _wanted(each, wanted)]
    return [row(page, broadcast, each) for each in shown]


def row(page: Page, broadcast: Broadcast, result: Result) -> Row:
    """One of them."""
    delivery = result.delivery
    return Row(
        result=result,
        why=why(result, broadcast, page.clock),
        started=page.clock.time_to_second(delivery.started_at) if delivery.started_at else "",
        heard=duration(delivery.heard_ms) if delivery.heard_ms is not None else "",
    )


def groups(results: Results) -> list[tuple[str, list[str]]]:
    """The shapes by area."""
    return [
        (short(found[0].area), [each.shown for each in found])
        for _area, each_area in groupby(results.rows, key=lambda each: each.area.area)
        if (found := list(each_area))
    ]


def strip_label(results: Results) -> str:
    """The shapes in words."""
    parts = [f"{number(count)} {word(DELIVERY, state).lower()}" for state, count in sorted(results.counts.items())]
    return _("{n} cụm loa theo địa bàn: {parts}").format(n=number(len(results.rows)), parts=", ".join(parts))


def begun(broadcast: Broadcast, now: datetime) -> bool:
    """Whether its moment has come."""
    begins = air_start(broadcast)
    return begins is not None and begins <= now


def _wanted(result: Result, wanted: str) -> bool:
    if wanted == "chua-nghe-du":
        return result.shown in NOT_HEARD_WHOLE
    if wanted == "chua-co-bao-cao":
        return result.shown == "no_report"
    return True


def _again(broadcast: Broadcast, results: list[Result]) -> str:
    if broadcast.announcement is None or not results:
        return ""
    return again_path(broadcast.announcement, [each.delivery.speaker for each in results])
