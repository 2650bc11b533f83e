"""“Kết quả phát” (/luot-phat): all broadcasts; one of them speaker by speaker, as it goes (/luot-phat/{broadcast}).

/luot-phat/{broadcast}/dung asks before it is stopped, /luot-phat/{broadcast}/bang.csv is its table for a spreadsheet;
one that was set off alone is reviewed there (POST to /luot-phat/{broadcast}/xem-lai),
and /phan/luot-phat/{broadcast} answers the parts that follow it for the script.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.lists import (
    MAX_UNKNOWN_OF_SPEAKER,
    newest_broadcasts,
    require_broadcast,
    speakers_with_many_unknown,
)
from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Officer, Speaker
from controller.orders.instants import lapses_at
from controller.orders.standing_texts import review
from controller.outlook.results import Results
from controller.station.area_tree import area_tree
from controller.station.spreadsheet_cells import cell_of
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import ForApprovers, ForEditors, FragmentValues, Page, PageValues, ThePage
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.results.approved_view import ApprovedOrder, SetOffAlone, approved_order, set_off_alone
from controller.web.results.result_view import (
    Again,
    Filter,
    ResultRow,
    ShapesOfArea,
    has_begun,
    read_filter,
    result_rows,
    shapes_by_area,
    sound_again,
    strip_label,
)
from controller.web.words.states import DELIVERY, word
from controller.words.translation import _, pgettext

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 50
_MOST_ROWS_ASKED = 60
"""Of more rows the script asks for, the whole table is answered."""


@dataclass(frozen=True, kw_only=True)
class BroadcastsPage(PageValues):
    """`more`: the id to go on after; None: there are no more. `first`: whether this is the first part of the list.

    `unknown`: how many unknown broadcasts were found at a speaker, of which the list shows the newest `most_unknown`.
    """

    template: ClassVar[str] = "results/broadcasts.html"
    lines: list[BroadcastLine]
    more: str | None
    first: bool
    unknown: list[tuple[Speaker, int]]
    most_unknown: int = MAX_UNKNOWN_OF_SPEAKER


@dataclass(frozen=True, kw_only=True)
class ResultsPage(PageValues, FragmentValues):
    """One broadcast, and the parts of its page that follow it.

    `approved`: who approved what of it; None: nobody. `alone`: who set it off by a standing text; None: nobody did.
    `groups`, `strip_label`: the row of shapes, and the same in words. `rows`: of the speakers that are `wanted`.
    `lapses`: when it lapses without an approval; None: it can't. `again`: where the reader may let it sound once more
    because something was missed, `again_unknown` also where no report came; None: nowhere. `begun`: it should sound.
    """

    template: ClassVar[str] = "results/results.html"
    fragment: ClassVar[str] = "results/results_fragment.html"
    row: Broadcast
    line: BroadcastLine
    results: Results
    counts: Counter[DeliveryState]
    groups: list[ShapesOfArea]
    strip_label: str
    rows: list[ResultRow]
    wanted: Filter
    canceller: str | None
    approved: ApprovedOrder | None
    alone: SetOffAlone | None
    lapses: datetime | None
    again: Again | None
    again_unknown: Again | None
    begun: bool


@dataclass(frozen=True, kw_only=True)
class StopPage(PageValues):
    """Asks once more before a broadcast is stopped or cancelled."""

    template: ClassVar[str] = "results/stop.html"
    row: Broadcast
    line: BroadcastLine
    results: Results


@router.get("/luot-phat")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """All broadcasts, the latest first; `truoc`: only what is before this one."""
    with page.reading() as session:
        found = newest_broadcasts(session, ON_ONE_PAGE + 1, truoc)
        lines = BroadcastLines(session, page).of(found[:ON_ONE_PAGE])
        unknown = speakers_with_many_unknown(session) if truoc is None else []
    more = found[ON_ONE_PAGE - 1].broadcast if len(found) > ON_ONE_PAGE else None
    return page.show(BroadcastsPage(lines=lines, more=more, first=truoc is None, unknown=unknown))


@router.get("/luot-phat/{broadcast}")
def get_one(page: ThePage, broadcast: str, loc: str = "") -> Response:
    """One broadcast; `loc`: only some of its speakers."""
    with page.reading() as session:
        values = _results_page(session, page, require_broadcast(session, broadcast), read_filter(loc))
    return page.show(values)


@router.get("/phan/luot-phat/{broadcast}")
def get_parts(page: ThePage, broadcast: str, loa: list[str] = Query(default=[])) -> Response:  # noqa: B008  # FastAPI's way to name a list in the address
    """The sentence, and the rows of the speakers `loa`; none named: of all."""
    with page.reading() as session:
        values = _results_page(session, page, require_broadcast(session, broadcast))
    if 0 < len(loa) <= _MOST_ROWS_ASKED:
        values = replace(values, rows=[row for row in values.rows if row.result.delivery.speaker in loa])
    return page.fragment(values)


@router.get("/luot-phat/{broadcast}/dung")
def get_stop(page: ForEditors, broadcast: str) -> Response:
    with page.reading() as session:
        row = require_broadcast(session, broadcast)
        line, results = _line_and_results(session, page, row)
    return page.show(StopPage(row=row, line=line, results=results))


@router.post("/luot-phat/{broadcast}/dung")
def post_stop(form: CheckedForm, page: ForEditors, broadcast: str) -> Response:
    """Cancel it: where it hasn't begun it won't, where it sounds it is stopped."""
    del form
    with page.office.database.writing(first=True) as session:
        cancel_broadcast(session, page.now, page.officer, broadcast)
    return page.go(f"/luot-phat/{broadcast}")


@router.post("/luot-phat/{broadcast}/xem-lai")
def post_review(form: CheckedForm, page: ForApprovers, broadcast: str) -> Response:
    """Note that a second officer has looked at what one set off alone."""
    del form
    with page.office.database.writing() as session:
        review(session, page.now, page.officer, require_broadcast(session, broadcast))
    return page.go(f"/luot-phat/{broadcast}")


@router.get("/luot-phat/{broadcast}/bang.csv")
def get_csv(page: ThePage, broadcast: str) -> Response:
    with page.reading() as session:
        row = require_broadcast(session, broadcast)
        _line, results = _line_and_results(session, page, row)
        rows = result_rows(page, area_tree(session), row, results)
    text = _csv(rows)
    headers = {"Content-Disposition": f'attachment; filename="luot-phat-{broadcast}.csv"', "Cache-Control": "no-store"}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _line_and_results(session: Session, page: Page, broadcast: Broadcast) -> tuple[BroadcastLine, Results]:
    make = BroadcastLines(session, page)
    [line] = make.of([broadcast])
    return line, make.results([broadcast])[broadcast.broadcast]


def _results_page(session: Session, page: Page, broadcast: Broadcast, wanted: Filter = "tat-ca") -> ResultsPage:
    line, results = _line_and_results(session, page, broadcast)
    officer = session.get(Officer, broadcast.cancelled_by) if broadcast.cancelled_by else None
    again, again_unknown = sound_again(page, area_tree(session), broadcast, results)
    return ResultsPage(
        row=broadcast,
        line=line,
        results=results,
        counts=results.counts,
        groups=shapes_by_area(results),
        strip_label=strip_label(results),
        rows=result_rows(page, area_tree(session), broadcast, results, wanted),
        wanted=wanted,
        canceller=officer.name if officer else None,
        approved=approved_order(session, page, broadcast),
        alone=set_off_alone(session, page, broadcast),
        lapses=lapses_at(broadcast) if line.state in ("waiting_for_approval", "lapsed") else None,
        again=again,
        again_unknown=again_unknown,
        begun=has_begun(broadcast, page.now),
    )


def _csv(rows: Sequence[ResultRow]) -> str:
    out = io.StringIO()
    # Spreadsheets set to Vietnamese read a comma as the decimal mark, and split columns at semicolons.
    table = csv.writer(out, delimiter=";")
    table.writerow(
        [
            pgettext("one", "Cụm loa"),
            _("Mã"),
            pgettext("one", "Địa bàn"),
            _("Kết quả"),
            _("Lý do và việc cần làm"),
            _("Bắt đầu"),
            _("Đã có tiếng (giây)"),
            _("Lệch giờ bắt đầu (phần nghìn giây)"),
        ]
    )
    for row in rows:
        delivery = row.result.delivery
        table.writerow(
            [
                cell_of(row.result.speaker.speaker.name),
                cell_of(delivery.speaker),
                cell_of(row.result.area.name),
                word(DELIVERY, row.result.shown),
                cell_of(row.why),
                row.started,
                "" if delivery.heard_ms is None else f"{delivery.heard_ms / 1000:.1f}".replace(".", ","),
                "" if delivery.start_error_ms is None else f"{delivery.start_error_ms:.1f}".replace(".", ","),
            ]
        )
    return out.getvalue()
