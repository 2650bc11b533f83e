"""How one text is read, mended where it is written: this time or always, confirmed, or the text itself.

A place is `from-to` of the text; an answer is `place:deed` or `place:deed:words`. The form carries the version that was
seen, so that nobody mends a place of another text.
"""

import re

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller import corrections
from controller.errors import Invalid
from controller.officers import require_role
from controller.tables import Announcement, Officer
from controller.web.forms import CheckedForm, Form
from controller.web.page import ThePage
from controller.web.page_write import shown_again
from controller.web.translation import _

router = APIRouter(include_in_schema=False)

_ANSWER = re.compile(r"([0-9]{1,5})-([0-9]{1,5}):(doc|loi|giu|thay)(?::(.*))?", re.DOTALL)


@router.post("/ban-tin/{announcement}/cach-doc")
def post(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Do what the pressed button says of its place; the announcement is a draft again."""
    require_role(page.officer, "editor", "approver")
    answer = _ANSWER.fullmatch(form.text("sua"))
    if answer is None:
        raise Invalid("sua", _("Bấm một trong các nút ở chỗ cần sửa."))
    try:
        with page.office.database.writing() as session:
            row = corrections.require_version(session, announcement, _version(form))
            _do(session, page.officer, row, answer, form, page)
    except Invalid as error:
        place = f"{answer[1]}-{answer[2]}"
        return shown_again(page, announcement, place, Invalid("loi", str(error)), form.text("loi"))
    return page.go(f"/ban-tin/{announcement}#h-loi")


@router.post("/ban-tin/{announcement}/cach-doc/bo")
def post_undo(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Take a correction back."""
    require_role(page.officer, "editor", "approver")
    with page.office.database.writing() as session:
        row = corrections.require_version(session, announcement, _version(form))
        corrections.undo(session, page.now, page.officer, row, form.text("chu"), form.text("truoc"))
    return page.go(f"/ban-tin/{announcement}#h-loi")


@router.post("/ban-tin/{announcement}/doc-lai")
def post_again(form: CheckedForm, page: ThePage, announcement: str) -> Response:
    """Read it by the lexicon as it is now."""
    require_role(page.officer, "editor", "approver")
    with page.office.database.writing() as session:
        row = corrections.require_version(session, announcement, _version(form))
        corrections.read_again(session, page.now, page.officer, row)
    return page.go(f"/ban-tin/{announcement}#h-loi")


def _version(form: Form) -> int:
    text = form.text("ban")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0


def _do(
    session: Session, officer: Officer, row: Announcement, answer: re.Match[str], form: Form, page: ThePage
) -> None:
    place = int(answer[1]), int(answer[2])
    deed, words = answer[3], answer[4] or ""
    if deed == "giu":
        corrections.confirm(session, page.now, officer, row, place)
    elif deed == "thay":
        corrections.change_text(session, page.now, officer, row, place, words)
    else:
        always = f"{answer[1]}-{answer[2]}" in form.texts("luon")
        said = corrections.correct_always if always else corrections.correct
        said(session, page.now, officer, row, place, form.text("loi") if deed == "loi" else words)
