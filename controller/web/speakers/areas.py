"""“Địa bàn”: the tree of areas, added to and renamed by administrators, with their quiet hours and limits."""

import re

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.session_limits import MOST_MINUTES, MOST_SESSIONS, Limits, limits_of
from controller.database.column_types import QuietHoursFields, SessionLimitsFields
from controller.errors import Invalid
from controller.places.areas import AreaFields, add_area, change_area
from controller.station.area_tree import area_tree
from controller.station.officers import require_role
from controller.web.api.views import AreaView, area_view
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.frame.typed_times import read_time
from controller.web.words.vietnamese import WEEKDAYS, listed
from controller.words.translation import _

router = APIRouter(include_in_schema=False)


@router.get("/dia-ban")
def get(page: ThePage) -> Response:
    """The tree, and a form for one more."""
    require_role(page.officer)
    return _list(page)


@router.post("/dia-ban")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Add one; pressed twice, it is one."""
    require_role(page.officer)

    def deed(session: Session) -> AreaView:
        fields: AreaFields = {
            "name": form.line("ten"),
            "kind": form.line("loai", 60).lower(),
            "parent": form.text("thuoc") or None,
            "quiet_hours": read_quiet_hours(form.text("gio-yen-tinh")),
        }
        if fields["parent"]:
            tree = area_tree(session)
            tree.require_named(fields["parent"], "thuoc")
            tree.require_charge(page.officer, [fields["parent"]])
        return area_view(add_area(session, page.now, page.officer.officer, **fields))

    try:
        do_once(page, form, deed)
    except Invalid as error:
        return _list(page, form, error)
    return page.go("/dia-ban")


@router.get("/dia-ban/{area}")
def get_one(page: ThePage, area: str) -> Response:
    """One area, to be changed."""
    require_role(page.officer)
    return _one(page, area)


@router.post("/dia-ban/{area}")
def post_one(form: CheckedForm, page: ThePage, area: str) -> Response:
    """Rename it, move it, set its quiet hours; the speakers below are told."""
    require_role(page.officer)
    try:
        changes: AreaFields = {
            "name": form.line("ten"),
            "kind": form.line("loai", 60).lower(),
            "parent": form.text("thuoc") or None,
            "quiet_hours": read_quiet_hours(form.text("gio-yen-tinh")),
            "session_limits": read_limits(form),
        }
        with page.office.database.writing() as session:
            change_area(session, page.now, page.officer, area, changes)
    except Invalid as error:
        return _one(page, area, form, error)
    return page.go("/dia-ban")


def read_quiet_hours(text: str) -> list[QuietHoursFields] | None:
    """“21:30–05:00, 11:30–13:30”; empty: as the parent's (None); “không”: none. Raises Invalid."""
    text = text.strip()
    if not text:
        return None
    if text.lower() in ("không", "khong", "không có"):
        return []
    periods: list[QuietHoursFields] = []
    for part in re.split(r"[,;]", text):
        ends = re.split(r"\s*(?:–|-|đến)\s*", part.strip())
        if len(ends) != 2:
            raise Invalid("gio-yen-tinh", "quiet_hours_form")
        try:
            begin, end = (f"{read_time(each):%H:%M}" for each in ends)
        except Invalid as error:
            raise error.of("gio-yen-tinh") from None
        periods.append({"from": begin, "to": end})
    return periods


def write_quiet_hours(periods: list[QuietHoursFields] | None) -> str:
    """As `read_quiet_hours` reads them."""
    if periods is None:
        return ""
    return ", ".join(f"{each['from']}–{each['to']}" for each in periods) or _("không")


def read_limits(form: Form) -> SessionLimitsFields | None:
    """The limits of the place itself, or None: as the parent's. Raises Invalid."""
    if form.text("gioi-han") != "rieng":
        return None
    limits: SessionLimitsFields = {}
    if form.text("so-buoi").strip():
        limits["sessions_a_day"] = form.whole("so-buoi", 1, MOST_SESSIONS)
    if form.text("so-phut").strip():
        limits["minutes_a_session"] = form.whole("so-phut", 1, MOST_MINUTES)
    days = sorted({int(day) for day in form.texts("thu") if day in set("0123456")})
    if not days:
        raise Invalid("thu", "weekday_missing")
    if len(days) < len(WEEKDAYS):
        limits["weekdays"] = days
    return limits


def limits_in_words(limits: Limits | None) -> str:
    """“Mỗi ngày nhiều nhất 2 buổi, mỗi buổi nhiều nhất 30 phút”."""
    if limits is None:
        return _("không giới hạn")
    parts = []
    if limits.sessions_a_day is not None:
        parts.append(_("mỗi ngày nhiều nhất {n} buổi").format(n=limits.sessions_a_day))
    if limits.minutes_a_session is not None:
        parts.append(_("mỗi buổi nhiều nhất {n} phút").format(n=limits.minutes_a_session))
    if limits.weekdays is not None:
        parts.append(_("chỉ phát {days}").format(days=listed([_(WEEKDAYS[day]) for day in sorted(limits.weekdays)])))
    return ", ".join(parts) or _("không giới hạn")


def _list(page: Page, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        areas = [
            (tree.by_id[area], len(tree.chain(area)) - 1, write_quiet_hours(tree.by_id[area].quiet_hours))
            for area in tree.in_order()
        ]
    wrong = Wrong({_field(error): str(error)}) if error else Wrong()
    return page.show(
        "speakers/areas.html", 422 if error else 200, areas=areas, typed=form, wrong=wrong, once=new_token()
    )


def _one(page: Page, area: str, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        row = tree.require(area)
        below = tree.subtree([area])
        parents = [(tree.by_id[each], len(tree.chain(each)) - 1) for each in tree.in_order() if each not in below]
        inherited = tree.quiet_hours(row.parent) if row.parent else []
        above = limits_in_words(limits_of(tree, row.parent) if row.parent else None)
    wrong = Wrong({_field(error): str(error)}) if error else Wrong()
    return page.show(
        "speakers/area.html",
        422 if error else 200,
        row=row,
        parents=parents,
        quiet_hours=write_quiet_hours(row.quiet_hours),
        inherited=write_quiet_hours(inherited),
        limits=row.session_limits,
        limits_above=above,
        weekdays=WEEKDAYS,
        most_sessions=MOST_SESSIONS,
        typed=form,
        wrong=wrong,
    )


def _field(error: Invalid) -> str:
    return {"parent": "thuoc", "session_limits": "so-buoi"}.get(error.field, error.field)
