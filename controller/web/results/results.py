"""“Kết quả phát”: all broadcasts, and one of them speaker by speaker as it goes; stop it, or sound it again."""

import csv
import io

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.lists import newest_broadcasts, require_broadcast
from controller.database.tables import Broadcast
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import Page, ThePage
from controller.web.lines.broadcast_lines import Lines
from controller.web.results.result_view import FILTERS, view
from controller.web.words.states import DELIVERY, word
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 50
MOST_ROWS_ASKED = 60
"""Above, the whole table is cheaper than many rows."""


@router.get("/luot-phat")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """All broadcasts, the latest first; `truoc`: go on with those before this one."""
    with page.reading() as session:
        found = newest_broadcasts(session, ON_ONE_PAGE + 1, truoc)
        lines = Lines(session, page).of(found[:ON_ONE_PAGE])
    more = found[ON_ONE_PAGE - 1].broadcast if len(found) > ON_ONE_PAGE else None
    return page.show("results/broadcasts.html", lines=lines, more=more, first=truoc is None)


@router.get("/luot-phat/{broadcast}")
def get_one(page: ThePage, broadcast: str, loc: str = FILTERS[0]) -> Response:
    """One broadcast; `loc` shows only some speakers."""
    with page.reading() as session:
        values = view(session, page, require_broadcast(session, broadcast), loc if loc in FILTERS else FILTERS[0])
    return page.show("results/results.html", **values)


@router.get("/phan/luot-phat/{broadcast}")
def get_parts(page: ThePage, broadcast: str, loa: list[str] = Query(default=[])) -> Response:  # noqa: B008  # FastAPI's way to name a list in the address
    """The parts that follow the broadcast: its sentence, and the rows of these speakers (none named: all)."""
    with page.reading() as session:
        values = view(session, page, require_broadcast(session, broadcast), FILTERS[0])
    if 0 < len(loa) <= MOST_ROWS_ASKED:
        values["rows"] = [row for row in values["rows"] if row.result.delivery.speaker in loa]
    return page.fragment("results/results_fragment.html", **values)


@router.get("/luot-phat/{broadcast}/dung")
def get_stop(page: ThePage, broadcast: str) -> Response:
    """Asks once more before it is cancelled or stopped."""
    with page.reading() as session:
        values = view(session, page, require_broadcast(session, broadcast), FILTERS[0])
    return page.show("results/stop.html", **values)


@router.post("/luot-phat/{broadcast}/dung")
def post_stop(form: CheckedForm, page: ThePage, broadcast: str) -> Response:
    """Cancel it: what has not begun will not, what sounds is stopped."""
    del form
    with page.office.database.writing() as session:
        cancel_broadcast(session, page.now, page.officer, broadcast)
    return page.go(f"/luot-phat/{broadcast}")


@router.get("/luot-phat/{broadcast}/bang.csv")
def get_csv(page: ThePage, broadcast: str) -> Response:
    """The table for a spreadsheet."""
    with page.reading() as session:
        row = require_broadcast(session, broadcast)
        text = _csv(session, page, row)
    headers = {"Content-Disposition": f'attachment; filename="luot-phat-{broadcast}.csv"', "Cache-Control": "no-store"}
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _csv(session: Session, page: Page, broadcast: Broadcast) -> str:
    values = view(session, page, broadcast, FILTERS[0])
    out = io.StringIO()
    # Spreadsheets set to Vietnamese read the comma as a decimal mark, and split at semicolons.
    table = csv.writer(out, delimiter=";")
    table.writerow(
        [
            _("Cụm loa"),
            _("Mã"),
            _("Địa bàn"),
            _("Kết quả"),
            _("Lý do và việc cần làm"),
            _("Bắt đầu"),
            _("Đã có tiếng (giây)"),
            _("Lệch giờ bắt đầu (phần nghìn giây)"),
        ]
    )
    for row in values["rows"]:
        delivery = row.result.delivery
        table.writerow(
            [
                _cell(row.result.speaker.speaker.name),
                _cell(delivery.speaker),
                _cell(row.result.area.name),
                word(DELIVERY, row.result.shown),
                _cell(row.why),
                row.started,
                "" if delivery.heard_ms is None else f"{delivery.heard_ms / 1000:.1f}".replace(".", ","),
                "" if delivery.start_error_ms is None else f"{delivery.start_error_ms:.1f}".replace(".", ","),
            ]
        )
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet doesn't take for a formula (OWASP: CSV injection)."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
