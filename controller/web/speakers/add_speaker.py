"""“Thêm cụm loa” (/cum-loa/moi): its name as people call it, and its area; then its enrolment file, shown once."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import ClassVar

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.errors import Conflict, Invalid
from controller.places.speakers import SpeakerOptions, admit_speaker
from controller.station.area_tree import area_tree
from controller.station.charges import tops
from controller.station.speaker_lists import all_speakers
from controller.web.api.speakers import admitted
from controller.web.api.views import SpeakerAdmitted
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import ForAdministrators, Page, PageValues
from controller.web.speakers.credentials_page import credentials_page
from controller.web.words.place_names import AreaChoice, area_choices
from wire.ids import is_name

router = APIRouter(include_in_schema=False)

ADDRESS = "/cum-loa/moi"
LONGEST_ID = 64
FIELDS = {
    "speaker": "ma",
    "area": "dia-ban",
    "name": "ten",
    "caretaker": "nguoi-trong",
    "caretaker_phone": "dien-thoai",
}


@dataclass(frozen=True, kw_only=True)
class AddSpeakerPage(PageValues):
    """The form."""

    template: ClassVar[str] = "speakers/add_speaker.html"
    areas: list[AreaChoice]
    typed: Form | None
    wrong: FieldErrors
    once: str = field(default_factory=new_token)


@router.get(ADDRESS)
def get(page: ForAdministrators) -> Response:
    return _show_form(page, None)


@router.post(ADDRESS)
def post(form: CheckedForm, page: ForAdministrators) -> Response:
    """Admit the speaker. Pressed twice, it is admitted once, and the same file is shown."""

    def deed(session: Session) -> SpeakerAdmitted:
        name, area = form.line("ten"), form.text("dia-ban")
        options = _read_options(form)
        wanted = form.text("ma").strip().lower()
        if wanted == "moi":
            raise Invalid("ma", "speaker_id_reserved")
        speaker = wanted or free_id(name, set(all_speakers(session)))
        row, password = admit_speaker(session, page.now, page.officer, speaker=speaker, name=name, area=area, **options)
        return admitted(page.office, session, row, page.charges, password)

    try:
        answer = do_once(page, form, SpeakerAdmitted, deed, "viec")
    except (Invalid, Conflict) as error:
        wrong = FieldErrors.of(error, FIELDS) if isinstance(error, Invalid) else FieldErrors({"ma": str(error)})
        return _show_form(page, form, 422, wrong)
    return credentials_page(page, form, answer, ADDRESS)


def free_id(name: str, taken: set[str]) -> str:
    """An id made of a name: nha-van-hoa-ap-3 of “Nhà văn hóa ấp 3”; with a number if it is taken."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    base = re.sub(r"[^a-z0-9]+", "-", "".join(each for each in plain if not unicodedata.combining(each))).strip("-")
    base = base[: LONGEST_ID - 6].strip("-")
    if not is_name(base) or base == "moi":
        base = "cum-loa"
    number = 1
    while (found := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return found


def _read_options(form: Form) -> SpeakerOptions:
    """Raises Invalid."""
    return {
        "latitude": form.degrees("vi-do", 90),
        "longitude": form.degrees("kinh-do", 180),
        "caretaker": form.line("nguoi-trong"),
        "caretaker_phone": form.line("dien-thoai"),
    }


def _show_form(page: Page, form: Form | None, status: int = 200, wrong: FieldErrors | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        areas = area_choices(tree, tree.subtree(tops(page.charges, "administrator", tree)))
    return page.show(AddSpeakerPage(areas=areas, typed=form, wrong=wrong or FieldErrors()), status)
