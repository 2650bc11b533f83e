"""Corrections of how a text is read (POST to /ban-tin/{announcement}/cach-doc), from the page “Soạn bản tin”.

Words are said otherwise this time or always, a reading is confirmed, or the text itself is changed. A button sends the
place and the deed as one query string (`answer`). The place is told by its position and by what is written there, so
that it is found again if an officer has typed text before it meanwhile.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from controller.announcements import corrections
from controller.announcements.lists import require_announcement
from controller.errors import Conflict, Invalid
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import ForEditors
from controller.web.writing.reading_view import place_of, read_answer
from controller.web.writing.write import shown_again

router = APIRouter(include_in_schema=False)


@router.post("/ban-tin/{announcement}/cach-doc")
def post(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Do what the button says. The announcement is a draft again."""
    place, deed, words = read_answer(form.text("sua"))
    words = form.text("loi") if deed == "loi" else words
    always = place_of(place.start, place.end) in form.texts("luon")
    try:
        with page.office.database.writing() as session:
            row = require_announcement(session, announcement)
            if deed == "giu":
                corrections.confirm(session, page.now, page.officer, row, place)
            elif deed == "thay":
                corrections.change_text(session, page.now, page.officer, row, place, words)
            else:
                say = corrections.correct_always if always else corrections.correct
                say(session, page.now, page.officer, row, place, words)
    except Invalid as error:
        return shown_again(page, announcement, place_of(place.start, place.end), error.of("loi"), words)
    written = "?" + urlencode({"ghi": place.written}) if always and deed in ("doc", "loi") else ""
    return page.go(f"/ban-tin/{announcement}{written}#h-loi")


@router.post("/ban-tin/{announcement}/cach-doc/bo")
def post_undo(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Take a correction back."""
    with page.office.database.writing() as session:
        row = require_announcement(session, announcement)
        if row.version != form.whole("ban", 0, 10**9):
            raise Conflict("announcement_changed_not_corrected")
        corrections.undo(session, page.now, page.officer, row, form.whole("cho", 0, 10**6))
    return page.go(f"/ban-tin/{announcement}#h-loi")


@router.post("/ban-tin/{announcement}/doc-lai")
def post_again(form: CheckedForm, page: ForEditors, announcement: str) -> Response:
    """Read the text by the lexicon as it is now."""
    del form
    with page.office.database.writing() as session:
        row = require_announcement(session, announcement)
        corrections.read_again(session, page.now, page.officer, row)
    return page.go(f"/ban-tin/{announcement}#h-loi")
