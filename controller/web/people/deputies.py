"""“Ủy quyền phê duyệt” (/uy-quyen): an approver who is away names who approves instead, until a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.database.tables import Officer
from controller.errors import Invalid
from controller.people.deputies import (
    MOST_DAYS,
    NEW_APPROVER_WAITS,
    Deputation,
    deputies_of_interest,
    end_deputy,
    let_begin,
    may_be_named,
    name_deputy,
)
from controller.station.charges import own_charge
from controller.station.officers import all_officers
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.page import ForAdministrators, ForApprovers, Page, PageValues, ThePage
from controller.web.frame.typed_times import read_date

router = APIRouter(include_in_schema=False)

ADDRESS = "/uy-quyen"
_FIELDS = {"deputy": "can-bo", "last_day": "ngay"}


@dataclass(frozen=True, kw_only=True)
class DeputiesPage(PageValues):
    """What concerns the reader, and the form of an approver. `begin_later`: ids of those who have to wait."""

    template: ClassVar[str] = "people/deputies.html"
    lines: list[Deputation]
    offered: list[Officer]
    begin_later: set[str]
    typed: Form | None
    wrong: FieldErrors
    waits_hours: int = NEW_APPROVER_WAITS // timedelta(hours=1)
    most_days: int = MOST_DAYS


@router.get(ADDRESS)
def get(page: ThePage) -> Response:
    return _show(page)


@router.post(ADDRESS)
def post(form: CheckedForm, page: ForApprovers) -> Response:
    """Name a deputy. An earlier one's time ends."""
    try:
        last_day: date = read_date(form.text("ngay").strip())
        with page.office.database.writing() as session:
            name_deputy(session, page.now, page.officer, form.text("can-bo"), last_day)
    except Invalid as error:
        return _show(page, form, error)
    return page.go(ADDRESS)


@router.post(ADDRESS + "/{deputy}/thoi")
def post_end(form: CheckedForm, page: ThePage, deputy: str) -> Response:
    """Take it back, or decline it."""
    del form
    with page.office.database.writing() as session:
        end_deputy(session, page.now, page.officer, deputy)
    return page.go(ADDRESS)


@router.post(ADDRESS + "/{deputy}/ngay")
def post_begin(form: CheckedForm, page: ForAdministrators, deputy: str) -> Response:
    """Let a deputy who has to wait begin now."""
    del form
    with page.office.database.writing() as session:
        let_begin(session, page.now, page.officer, deputy)
    return page.go(ADDRESS)


def _show(page: Page, form: Form | None = None, error: Invalid | None = None) -> Response:
    with page.reading() as session:
        own = own_charge(page.officer).holds("approver")
        offered = may_be_named(all_officers(session), page.officer) if own else []
        values = DeputiesPage(
            lines=deputies_of_interest(session, page.now, page.officer, page.charges),
            offered=offered,
            begin_later={each.officer for each in offered if not own_charge(each).holds("approver")},
            typed=form,
            wrong=FieldErrors.of(error, _FIELDS),
        )
    return page.show(values, 422 if error else 200)
