"""“Cán bộ”: who may sign in. Administrators add people, close accounts, and set new passwords."""

from typing import cast

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import Session

from controller.database.column_types import Role
from controller.errors import Conflict, Invalid
from controller.station.area_tree import area_tree
from controller.station.officers import (
    SHORTEST_PASSWORD,
    add_officer,
    all_officers,
    require_role,
    set_disabled,
    set_password,
)
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.words.states import ROLE
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

_FIELDS = {"username": "ten-dang-nhap", "password": "mat-khau", "area": "dia-ban"}


class Added(BaseModel):
    """Who was added."""

    officer: str


@router.get("/can-bo")
def get(page: ThePage) -> Response:
    """The list, and a form for one more."""
    require_role(page.officer)
    return _shown(page)


@router.post("/can-bo")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Add somebody."""
    require_role(page.officer)

    def deed(session: Session) -> Added:
        if form.text("vai-tro") not in ROLE:
            raise Invalid("vai-tro", "role_missing")
        row = add_officer(
            session,
            page.now,
            username=form.text("ten-dang-nhap").strip().lower(),
            password=form.text("mat-khau"),
            name=form.line("ten"),
            role=cast(Role, form.text("vai-tro")),
            position=form.maybe_line("chuc-vu"),
            area=form.text("dia-ban") or None,
            by=page.officer,
        )
        return Added(officer=row.officer)

    try:
        do_once(page, form, deed)
    except Invalid as error:
        return _shown(page, form, {_FIELDS.get(error.field, error.field): str(error)})
    except Conflict as error:
        return _shown(page, form, {"ten-dang-nhap": str(error)})
    return page.go("/can-bo")


@router.post("/can-bo/{officer}/khoa")
def post_disabled(form: CheckedForm, page: ThePage, officer: str) -> Response:
    """Close an account, or open it again."""
    require_role(page.officer)
    with page.office.database.writing() as session:
        set_disabled(session, page.now, page.officer, officer, disabled=form.text("khoa") == "1")
    return page.go("/can-bo")


@router.post("/can-bo/{officer}/mat-khau")
def post_password(form: CheckedForm, page: ThePage, officer: str) -> Response:
    """Set a new password, for somebody who has forgotten theirs."""
    require_role(page.officer)
    try:
        with page.office.database.writing() as session:
            set_password(session, page.now, page.officer, officer, form.text("mat-khau-moi"))
    except Invalid as error:
        return _shown(page, None, {f"mat-khau-{officer}": str(error)})
    return page.go("/can-bo")


def _shown(page: Page, form: Form | None = None, wrong: dict[str, str] | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        own = page.officer.area
        theirs = tree.subtree([own]) if own else {None, *tree.by_id}
        officers = [
            (row, tree.by_id[row.area].name if row.area else _("Toàn đài"), row.area in theirs)
            for row in all_officers(session)
        ]
        areas = [(tree.by_id[area], len(tree.chain(area)) - 1) for area in tree.in_order() if area in theirs]
    return page.show(
        "station/officers.html",
        422 if wrong else 200,
        officers=officers,
        areas=areas,
        whole_station=own is None,
        typed=form,
        wrong=Wrong(wrong or {}),
        once=new_token(),
        shortest=SHORTEST_PASSWORD,
    )
