"""“Cán bộ” (/can-bo): who may sign in. Administrators add people, close accounts, and set new passwords."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.database.tables import Officer
from controller.errors import Conflict, Invalid
from controller.station.area_tree import area_tree
from controller.station.charges import tops
from controller.station.officers import (
    MIN_PASSWORD_LENGTH,
    add_officer,
    all_officers,
    set_disabled,
    set_password,
)
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForAdministrators, Page, PageValues
from controller.web.words.place_names import AreaChoice, area_choices
from controller.web.words.states import ROLE
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

_FIELDS = {
    "username": "ten-dang-nhap",
    "password": "mat-khau",
    "area": "dia-ban",
    "name": "ten",
    "position": "chuc-vu",
}


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

    template: ClassVar[str] = "station/officers.html"
    officers: list[OfficerLine]
    areas: list[AreaChoice]
    whole_station: bool
    typed: Form | None
    wrong: FieldErrors
    once: str = field(default_factory=new_token)
    shortest: int = MIN_PASSWORD_LENGTH


@router.get("/can-bo")
def get(page: ForAdministrators) -> Response:
    return _show_officers(page)


@router.post("/can-bo")
def post(form: CheckedForm, page: ForAdministrators) -> Response:
    """Add an officer."""

    def deed(session: Session) -> AddedOfficer:
        role = form.text("vai-tro")
        if role not in ROLE:
            raise Invalid("vai-tro", "role_missing")
        row = add_officer(
            session,
            page.now,
            username=form.text("ten-dang-nhap").strip().lower(),
            password=form.text("mat-khau"),
            name=form.line("ten"),
            role=role,
            position=form.line("chuc-vu"),
            area=form.text("dia-ban") or None,
            by=page.officer,
        )
        return AddedOfficer(officer=row.officer)

    try:
        do_once(page, form, AddedOfficer, deed)
    except Invalid as error:
        return _show_officers(page, form, FieldErrors.of(error, _FIELDS))
    except Conflict as error:
        return _show_officers(page, form, FieldErrors({"ten-dang-nhap": str(error)}))
    return page.go("/can-bo")


@router.post("/can-bo/{officer}/khoa")
def post_disabled(form: CheckedForm, page: ForAdministrators, officer: str) -> Response:
    """Close an account (`khoa=1`), or open it again."""
    with page.office.database.writing() as session:
        set_disabled(session, page.now, page.officer, officer, disabled=form.text("khoa") == "1")
    return page.go("/can-bo")


@router.post("/can-bo/{officer}/mat-khau")
def post_password(form: CheckedForm, page: ForAdministrators, officer: str) -> Response:
    """Set a new password, for an officer who has forgotten the old one."""
    try:
        with page.office.database.writing() as session:
            set_password(session, page.now, page.officer, officer, form.text("mat-khau-moi"))
    except Invalid as error:
        return _show_officers(page, None, FieldErrors({f"mat-khau-{officer}": str(error)}))
    return page.go("/can-bo")


def _show_officers(page: Page, form: Form | None = None, wrong: FieldErrors | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        whole_station = page.holds_in_station("administrator")
        theirs = None if whole_station else tree.subtree(tops(page.charges, "administrator", tree))
        values = OfficersPage(
            officers=[
                OfficerLine(
                    row, tree.by_id[row.area].name if row.area else _("Toàn đài"), theirs is None or row.area in theirs
                )
                for row in all_officers(session)
            ],
            areas=area_choices(tree, theirs),
            whole_station=whole_station,
            typed=form,
            wrong=wrong or FieldErrors(),
        )
    return page.show(values, 422 if wrong else 200)
