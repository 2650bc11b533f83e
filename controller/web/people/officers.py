"""“Cán bộ” (/can-bo, /can-bo/{officer}): who may sign in. Administrators invite people and close accounts.

A link by which an officer sets the own password is shown once, to the administrator who made it.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, NamedTuple

from fastapi import APIRouter, Response
from markupsafe import Markup
from pydantic import BaseModel
from sqlmodel import Session

from controller.database.tables import Officer
from controller.errors import Conflict, Invalid, NotFound
from controller.people.accounts import change_charge, invite_officer, make_link, set_disabled
from controller.people.password_links import VALID_FOR, MadeLink
from controller.people.weighty_deeds import WAITS, Waiting, deeds_to_tell
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import areas_of, may, tops
from controller.station.officers import all_officers
from controller.web.frame.access import absolute_address
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.local_path import BY_LINK
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForAdministrators, Page, PageValues
from controller.web.people.qr import qr_svg
from controller.web.words.place_names import AreaChoice, area_choices
from controller.web.words.states import ROLE
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

ADDRESS = "/can-bo"
_FIELDS = {"username": "ten-dang-nhap", "area": "dia-ban", "name": "ten", "position": "chuc-vu"}


class AddedOfficer(BaseModel):
    """The id of the officer who was added."""

    officer: str


class OfficerLine(NamedTuple):
    """An officer, the name of the area of that officer, and whether the reader may change the account."""

    officer: Officer
    area: str
    may_change: bool


@dataclass(frozen=True, kw_only=True)
class OfficersPage(PageValues):
    """The list, and a form for a new officer. `whole_station`: the new one may be in charge of all areas."""

    template: ClassVar[str] = "people/officers.html"
    officers: list[OfficerLine]
    areas: list[AreaChoice]
    whole_station: bool
    typed: Form | None
    wrong: FieldErrors
    once: str = field(default_factory=new_token)


@dataclass(frozen=True, kw_only=True)
class OfficerPage(PageValues):
    """One officer's account. `own`: it is the reader's. `waiting`: what was asked about it."""

    template: ClassVar[str] = "people/officer.html"
    row: Officer
    area: str
    may_change: bool
    own: bool
    waiting: list[Waiting]
    areas: list[AreaChoice]
    whole_station: bool
    wrong: FieldErrors
    waits_hours: int = WAITS // timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class LinkPage(PageValues):
    """A link, shown this once. `waits`: it doesn't hold yet."""

    template: ClassVar[str] = "people/password_link.html"
    row: Officer
    address: str
    qr: Markup
    waits: bool
    waits_hours: int = WAITS // timedelta(hours=1)
    valid_days: int = VALID_FOR.days


@router.get(ADDRESS)
def get(page: ForAdministrators) -> Response:
    return _show_officers(page)


@router.post(ADDRESS)
def post(form: CheckedForm, page: ForAdministrators) -> Response:
    """Add an officer, and show the link. A form that is sent again shows the account, without it."""
    made: list[MadeLink] = []

    def deed(session: Session) -> AddedOfficer:
        role = form.text("vai-tro")
        if role not in ROLE:
            raise Invalid("vai-tro", "role_missing")
        row, link = invite_officer(
            session,
            page.now,
            page.officer,
            username=form.text("ten-dang-nhap").strip().lower(),
            name=form.line("ten"),
            role=role,
            position=form.line("chuc-vu"),
            area=form.text("dia-ban") or None,
        )
        made.append(link)
        return AddedOfficer(officer=row.officer)

    try:
        added = do_once(page, form, AddedOfficer, deed)
    except Invalid as error:
        return _show_officers(page, form, FieldErrors.of(error, _FIELDS))
    except Conflict as error:
        return _show_officers(page, form, FieldErrors({"ten-dang-nhap": str(error)}))
    return _show_link(page, made[0]) if made else page.go(f"{ADDRESS}/{added.officer}")


@router.get(ADDRESS + "/{officer}")
def get_officer(page: ForAdministrators, officer: str) -> Response:
    return _show_officer(page, officer)


@router.post(ADDRESS + "/{officer}/vai-tro")
def post_charge(form: CheckedForm, page: ForAdministrators, officer: str) -> Response:
    """Give another role, or another area."""
    try:
        role = form.text("vai-tro")
        if role not in ROLE:
            raise Invalid("vai-tro", "role_missing")
        with page.office.database.writing() as session:
            change_charge(session, page.now, page.officer, officer, role, form.text("dia-ban") or None)
    except Invalid as error:
        return _show_officer(page, officer, FieldErrors.of(error, _FIELDS))
    return page.go(f"{ADDRESS}/{officer}")


@router.post(ADDRESS + "/{officer}/khoa")
def post_disabled(form: CheckedForm, page: ForAdministrators, officer: str) -> Response:
    """Close an account (`khoa=1`), or open it again."""
    with page.office.database.writing() as session:
        set_disabled(session, page.now, page.officer, officer, disabled=form.text("khoa") == "1")
    return page.go(f"{ADDRESS}/{officer}")


@router.post(ADDRESS + "/{officer}/duong-dan")
def post_link(form: CheckedForm, page: ForAdministrators, officer: str) -> Response:
    """Make a link by which the officer sets a password, and show it."""
    del form
    with page.office.database.writing() as session:
        made = make_link(session, page.now, page.officer, officer)
    return _show_link(page, made)


def _show_link(page: Page, made: MadeLink) -> Response:
    address = absolute_address(page.request, page.office, f"{BY_LINK}?ma={made.token}")
    with page.reading() as session:
        row = session.get_one(Officer, made.row.officer)
    return page.show(LinkPage(row=row, address=address, qr=qr_svg(address), waits=made.row.holds_from is None))


def _show_officer(page: Page, officer: str, wrong: FieldErrors | None = None) -> Response:
    with page.reading() as session:
        row = session.get(Officer, officer)
        if row is None:
            raise NotFound("officer_unknown")
        tree = area_tree(session)
        waiting = deeds_to_tell(session, page.officer, page.charges)
        values = OfficerPage(
            row=row,
            area=_area_name(tree, row),
            may_change=may(page.charges, "administrator", areas_of(row.area), tree),
            own=row.officer == page.officer.officer,
            waiting=[each for each in waiting if each.row.officer == row.officer],
            areas=area_choices(tree, _theirs(page, tree)),
            whole_station=page.holds_in_station("administrator"),
            wrong=wrong or FieldErrors(),
        )
    return page.show(values, 422 if wrong else 200)


def _theirs(page: Page, tree: AreaTree) -> set[str] | None:
    """The areas that the reader administers; None: all."""
    if page.holds_in_station("administrator"):
        return None
    return tree.subtree(tops(page.charges, "administrator", tree))


def _show_officers(page: Page, form: Form | None = None, wrong: FieldErrors | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        theirs = _theirs(page, tree)
        values = OfficersPage(
            officers=[
                OfficerLine(row, _area_name(tree, row), theirs is None or row.area in theirs)
                for row in all_officers(session)
            ],
            areas=area_choices(tree, theirs),
            whole_station=theirs is None,
            typed=form,
            wrong=wrong or FieldErrors(),
        )
    return page.show(values, 422 if wrong else 200)


def _area_name(tree: AreaTree, row: Officer) -> str:
    return tree.by_id[row.area].name if row.area else _("Toàn đài")
