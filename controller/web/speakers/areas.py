"""“Địa bàn” (/dia-ban): the tree of areas; one of them with its quiet hours, limits and policy (/dia-ban/{area}).

Administrators add areas and change them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.session_limits import MOST_MINUTES, MOST_SESSIONS, SessionLimits, limits_of
from controller.database.column_types import ApprovalPolicyFields, QuietHoursFields, SessionLimitsFields
from controller.database.tables import Area
from controller.errors import Invalid
from controller.places.areas import AreaFields, add_area, change_area
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import require, tops
from controller.web.api.views import AreaView, area_view
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForAdministrators, Page, PageValues
from controller.web.frame.typed_times import read_periods
from controller.web.words.place_names import AreaChoice, area_choices
from controller.web.words.vietnamese import WEEKDAYS, capital, listed
from controller.words.numbers import counted
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

_FIELDS = {"name": "ten", "kind": "loai", "parent": "thuoc", "session_limits": "so-buoi", "quiet_hours": "gio-yen-tinh"}


class AreaLine(NamedTuple):
    """An area of the list; `depth` 0 is a root. `quiet`: its own quiet hours, as its form says them.

    `mine`: the reader administers it.
    """

    area: Area
    depth: int
    quiet: str
    mine: bool


@dataclass(frozen=True, kw_only=True)
class AreasPage(PageValues):
    """The tree, and a form for a new area. `whole_station`: the new one may lie in no other."""

    template: ClassVar[str] = "speakers/areas.html"
    areas: list[AreaLine]
    whole_station: bool
    typed: Form | None
    wrong: FieldErrors
    once: str = field(default_factory=new_token)


@dataclass(frozen=True, kw_only=True)
class AreaPage(PageValues):
    """The form of one area. `parents`: the areas that it may lie in; `may_be_root`: it may lie in none.

    `inherited`, `limits_above`: of its parent.

    `policy_above`: what areas above it ask of its orders already, or allow.
    """

    template: ClassVar[str] = "speakers/area.html"
    row: Area
    parents: list[AreaChoice]
    may_be_root: bool
    quiet_hours: str
    inherited: str
    limits: SessionLimitsFields | None
    limits_above: str
    policy: ApprovalPolicyFields
    policy_above: ApprovalPolicyFields
    typed: Form | None
    wrong: FieldErrors
    weekdays: Sequence[str]


@router.get("/dia-ban")
def get(page: ForAdministrators) -> Response:
    return _show_areas(page)


@router.post("/dia-ban")
def post(form: CheckedForm, page: ForAdministrators) -> Response:
    """Add an area. Pressed twice, it is added once."""

    def deed(session: Session) -> AreaView:
        name, kind = form.line("ten"), form.line("loai").lower()
        parent = form.text("thuoc") or None
        quiet_hours = read_quiet_hours(form.text("gio-yen-tinh"))
        officer = page.officer.officer
        return area_view(
            add_area(session, page.now, officer, name=name, kind=kind, parent=parent, quiet_hours=quiet_hours)
        )

    try:
        do_once(page, form, AreaView, deed)
    except Invalid as error:
        return _show_areas(page, form, error)
    return page.go("/dia-ban")


@router.get("/dia-ban/{area}")
def get_one(page: ForAdministrators, area: str) -> Response:
    return _show_area(page, area)


@router.post("/dia-ban/{area}")
def post_one(form: CheckedForm, page: ForAdministrators, area: str) -> Response:
    """Rename the area, move it, set its quiet hours, limits and policy. The speakers in it are sent new settings."""
    try:
        changes: AreaFields = {
            "name": form.line("ten"),
            "kind": form.line("loai").lower(),
            "parent": form.text("thuoc") or None,
            "quiet_hours": read_quiet_hours(form.text("gio-yen-tinh")),
            "session_limits": read_limits(form),
        }
        if form.text("quy-dinh"):  # a box that isn't ticked isn't sent: this says that they were in the form
            changes["approval_policy"] = read_policy(form)
        with page.office.database.writing() as session:
            change_area(session, page.now, page.officer, area, changes)
    except Invalid as error:
        return _show_area(page, area, form, error)
    return page.go("/dia-ban")


def read_quiet_hours(text: str) -> list[QuietHoursFields] | None:
    """“21:30–05:00, 11:30–13:30”; empty: the parent's (None); “không”: no quiet hours. Raises Invalid.

    “không” is also read as `write_quiet_hours` says it in the reader's language.
    """
    text = text.strip()
    if not text:
        return None
    if text.lower() in ("không", "khong", "không có", _("không")):
        return []
    return read_periods(text, "gio-yen-tinh")


def write_quiet_hours(periods: Sequence[QuietHoursFields] | None) -> str:
    """The text that `read_quiet_hours` reads."""
    if periods is None:
        return ""
    return ", ".join(f"{each['from']}–{each['to']}" for each in periods) or _("không")


def read_limits(form: Form) -> SessionLimitsFields | None:
    """The area's own limits; None: those of the parent. Raises Invalid."""
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


def read_policy(form: Form) -> ApprovalPolicyFields:
    """What the area asks of approvals, by the ticks of its form."""
    return {
        "two_for_emergency": form.text("hai-nguoi-khan-cap") == "1",
        "two_for_whole": form.text("hai-nguoi-toan-bo") == "1",
        "same_day_moves": form.text("doi-gio-trong-ngay") == "1",
    }


def limits_in_words(limits: SessionLimits | None) -> str:
    """“Mỗi ngày nhiều nhất 2 buổi, mỗi buổi nhiều nhất 30 phút”."""
    if limits is None:
        return _("không giới hạn")
    parts = []
    if limits.sessions_a_day is not None:
        parts.append(counted("mỗi ngày nhiều nhất {n} buổi", limits.sessions_a_day))
    if limits.minutes_a_session is not None:
        parts.append(_("mỗi buổi nhiều nhất {n} phút").format(n=limits.minutes_a_session))
    if limits.weekdays is not None:
        parts.append(_("chỉ phát {days}").format(days=listed([_(WEEKDAYS[day]) for day in sorted(limits.weekdays)])))
    return ", ".join(parts) or _("không giới hạn")


def _show_areas(page: Page, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        theirs = _administered(page, tree)
        areas = [
            AreaLine(area, depth, write_quiet_hours(area.quiet_hours), area.area in theirs)
            for area, depth in area_choices(tree)
        ]
    values = AreasPage(
        areas=areas,
        whole_station=page.holds_in_station("administrator"),
        typed=form,
        wrong=FieldErrors.of(error, _FIELDS),
    )
    return page.show(values, 422 if error else 200)


def _show_area(page: Page, area: str, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        row = tree.require(area)
        require(session, page.now, page.officer, "administrator", [area])
        theirs = {*_administered(page, tree), *([row.parent] if row.parent else [])}
        values = AreaPage(
            row=row,
            parents=area_choices(tree, theirs - tree.subtree([area])),
            may_be_root=row.parent is None or page.holds_in_station("administrator"),
            quiet_hours=write_quiet_hours(row.quiet_hours),
            inherited=write_quiet_hours(tree.quiet_hours(row.parent) if row.parent else []),
            limits=row.session_limits,
            limits_above=limits_in_words(limits_of(tree, row.parent) if row.parent else None),
            policy=read_policy(form) if form else row.approval_policy,
            policy_above=_policy_above(tree, area),
            typed=form,
            wrong=FieldErrors.of(error, _FIELDS),
            weekdays=[capital(_(each)) for each in WEEKDAYS],
        )
    return page.show(values, 422 if error else 200)


def _administered(page: Page, tree: AreaTree) -> set[str]:
    return tree.subtree(tops(page.charges, "administrator", tree))


def _policy_above(tree: AreaTree, area: str) -> ApprovalPolicyFields:
    """What holds for the area by the policy of those above it."""
    above = [tree.by_id[step].approval_policy for step in tree.chain(area)[:-1]]
    return {
        "two_for_emergency": any(each.get("two_for_emergency") for each in above),
        "same_day_moves": any(each.get("same_day_moves") for each in above),
    }
