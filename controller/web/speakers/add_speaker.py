"""“Thêm cụm loa”: its name as people call it, and its area; then its configuration, this once."""

import re
import unicodedata
from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.errors import Conflict, Invalid
from controller.places.speakers import admit_speaker
from controller.station.area_tree import area_tree
from controller.station.officers import require_role
from controller.station.speakers_there import all_speakers
from controller.web.api.speakers import admitted
from controller.web.api.views import SpeakerAdmitted
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.once import do_once, new_token
from controller.web.frame.page import Page, ThePage
from controller.web.speakers.credentials_page import credentials_page
from wire.ids import is_name

router = APIRouter(include_in_schema=False)

ADDRESS = "/cum-loa/moi"
LONGEST_ID = 64
_FIELDS = {"speaker": "ma", "area": "dia-ban"}


@router.get(ADDRESS)
def get(page: ThePage) -> Response:
    """The form."""
    require_role(page.officer)
    return _shown(page, None)


@router.post(ADDRESS)
def post(form: CheckedForm, page: ThePage) -> Response:
    """Admit it; pressed twice, the same configuration is shown."""
    require_role(page.officer)

    def deed(session: Session) -> SpeakerAdmitted:
        fields = _fields(form)
        wanted = form.text("ma").strip().lower()
        if wanted == "moi":
            raise Invalid("ma", "speaker_id_reserved")
        speaker = wanted or free_id(fields["name"], set(all_speakers(session)))
        row, password = admit_speaker(session, page.now, page.officer, speaker=speaker, **fields)
        return admitted(page.office, session, row, password)

    try:
        answer = do_once(page, form, deed, "viec")
    except (Invalid, Conflict) as error:
        field = _FIELDS.get(error.field, error.field) if isinstance(error, Invalid) else "ma"
        return _shown(page, form, 422, wrong=Wrong({field: str(error)}))
    return credentials_page(page, form, answer, ADDRESS)


def free_id(name: str, taken: set[str]) -> str:
    """An id made of a name: “Nhà văn hóa ấp 3” is nha-van-hoa-ap-3; with a number where it is taken."""
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    base = re.sub(r"[^a-z0-9]+", "-", "".join(each for each in plain if not unicodedata.combining(each))).strip("-")
    base = base[: LONGEST_ID - 6].strip("-")
    if not is_name(base) or base == "moi":
        base = "cum-loa"
    number = 1
    while (found := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return found


def _fields(form: Form) -> dict[str, Any]:
    return {
        "name": form.line("ten"),
        "area": form.text("dia-ban"),
        "latitude": form.degrees("vi-do", 90),
        "longitude": form.degrees("kinh-do", 180),
        "caretaker": form.maybe_line("nguoi-trong"),
        "caretaker_phone": form.maybe_line("dien-thoai", 40),
    }


def _shown(page: Page, form: Form | None, status: int = 200, *, wrong: Wrong | None = None) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        areas = [(tree.by_id[each], len(tree.chain(each)) - 1) for each in tree.in_order()]
    return page.show(
        "speakers/add_speaker.html", status, typed=form, wrong=wrong or Wrong(), areas=areas, once=new_token()
    )
