"""“Việc cần hai người quản trị” (/viec-hai-nguoi): what one administrator asked, and a second one agrees to."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.people.weighty_deeds import WAITS, Waiting, agree, deeds_to_tell, withdraw
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import ForAdministrators, PageValues

router = APIRouter(include_in_schema=False)

ADDRESS = "/viec-hai-nguoi"


@dataclass(frozen=True, kw_only=True)
class WeightyDeedsPage(PageValues):
    """What waits."""

    template: ClassVar[str] = "people/weighty_deeds.html"
    lines: list[Waiting]
    waits_hours: int = WAITS // timedelta(hours=1)


@router.get(ADDRESS)
def get(page: ForAdministrators) -> Response:
    with page.reading() as session:
        lines = deeds_to_tell(session, page.officer, page.charges)
    return page.show(WeightyDeedsPage(lines=lines))


@router.post(ADDRESS + "/{weighty}/dong-y")
def post_agree(form: CheckedForm, page: ForAdministrators, weighty: str) -> Response:
    """Carry it out as the second administrator."""
    del form
    with page.office.database.writing() as session:
        agree(session, page.now, page.officer, weighty)
    return page.go(ADDRESS)


@router.post(ADDRESS + "/{weighty}/rut-lai")
def post_withdraw(form: CheckedForm, page: ForAdministrators, weighty: str) -> Response:
    """Withdraw it."""
    del form
    with page.office.database.writing() as session:
        withdraw(session, page.now, page.officer, weighty)
    return page.go(ADDRESS)
