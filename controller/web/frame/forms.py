"""Forms that officers send. Each form that changes something carries the session's token (CSRF).

The pages' addresses are Vietnamese, and so are the fields; `csrf` and `once` are the machine's own.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData, UploadFile

from controller.errors import Forbidden, Invalid, NotSignedIn
from controller.running.app import Office
from controller.web.frame.access import SignedIn, TheOffice, asker_of, office_of, set_cookie
from controller.web.frame.page import Asker, FrameValues, PageValues, rendered, station_facts
from controller.words.phrases import Phrase

CSRF, ONCE = "csrf", "once"
LONGEST_FIELD_BYTES = 256 * 1024


class SessionOver(Forbidden):
    """The form's token isn't the session's: mostly a page open since yesterday. `text`: what was written in it."""

    title = Phrase("session_over")

    def __init__(self, text: str = "") -> None:
        super().__init__("session_over_draft_kept")
        self.text = text


class Form:
    """The fields of one form, as they were sent. Those that were not sent are empty."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, default: str = "") -> str:
        """The first text of a field."""
        value = self._data.get(name)
        return value if isinstance(value, str) else default

    def texts(self, name: str) -> list[str]:
        """All texts of a field that comes more than once."""
        return [value for value in self._data.getlist(name) if isinstance(value, str)]

    def pairs(self) -> list[tuple[str, str]]:
        """All texts with their names, without the session's token."""
        return [(name, value) for name, value in self._data.multi_items() if isinstance(value, str) and name != CSRF]

    def line(self, name: str) -> str:
        """The first text of a field, white space folded."""
        return " ".join(self.text(name).split())

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number; raises Invalid."""
        text = self.text(name).strip()
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise Invalid(name, "number_range", least=low, most=high)
        return int(text)

    def degrees(self, name: str, most: int) -> float | None:
        """A latitude or longitude, with comma or dot; None where the field is empty. Raises Invalid."""
        text = self.text(name).strip().replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,12})?", text) or abs(float(text)) > most:
            raise Invalid(name, "degrees_form")
        return float(text)

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file; None where none was chosen."""
        value = self._data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def fingerprint(self, *but: str) -> str:
        """SHA-256 of the texts of all fields except these: the same for a form that is sent twice."""
        texts = [(name, value) for name, value in self.pairs() if name not in but]
        return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


class FieldErrors(dict[str, str]):
    """What is wrong with each field of a form, by the field's name; empty for every other field."""

    def __missing__(self, _field: str) -> str:
        return ""

    @classmethod
    def of(cls, error: Exception | None, form_names: Mapping[str, str] | None = None) -> "FieldErrors":
        """The field that was refused, if one was. `form_names`: what the form calls fields that the office names."""
        if not isinstance(error, Invalid):
            return cls()
        return cls({(form_names or {}).get(error.field, error.field): str(error)})


async def _checked(request: Request, asker: Asker) -> Form:
    if asker is None and not request.headers.get("content-length", "").isdecimal():
        raise SessionOver
    if asker is None and int(request.headers["content-length"]) > LONGEST_FIELD_BYTES:
        raise SessionOver  # a stranger's upload would fill the disk
    form = Form(await request.form(max_files=1, max_part_size=LONGEST_FIELD_BYTES))
    if asker is not None:
        asker = await run_in_threadpool(_still, office_of(request), asker)
    token = form.text(CSRF)
    if asker is None or not secrets.compare_digest(token.encode(), asker.session.csrf.encode()):
        raise SessionOver(form.text("van-ban") if _came_from_here(request) else "")
    return form


def _still(office: Office, asker: SignedIn) -> SignedIn | None:
    """The asker, unless the session ended while the form came in: whoever took the cookie may have held it back."""
    try:
        return asker_of(office, asker.token)
    except NotSignedIn:
        return None


def _came_from_here(request: Request) -> bool:
    """Whether one of our own pages sent it: what another site wrote is not shown as the officer's words."""
    return request.headers.get("origin", "").partition("//")[2] == request.headers.get("host", "-")


CheckedForm = Annotated[Form, Depends(_checked)]
"""A form with the session's token; raises SessionOver for any other."""


def strangers_token(request: Request, office: Office) -> str:
    """The token of forms that a browser without a session sends: that of its cookie, or a new one."""
    return request.cookies.get(strangers_cookie(office)) or secrets.token_urlsafe(32)


def strangers_cookie(office: Office) -> str:
    """The name of the cookie that a stranger's form repeats."""
    return "__Host-loa_dang_nhap" if office.settings.https else "loa_dang_nhap"


@dataclass(frozen=True, kw_only=True)
class StrangersPage(PageValues):
    """`csrf`: by `strangers_token`."""

    csrf: str


def show_to_stranger(request: Request, office: Office, values: StrangersPage, status: int = 200) -> HTMLResponse:
    """A page with a form for somebody who isn't signed in, and the cookie that the form repeats."""
    with office.database.reading() as session:
        facts = station_facts(office, session, to_officer=False)
    answer = rendered(request, values.template, values, FrameValues(facts, facts.clock), status)
    set_cookie(answer, office, strangers_cookie(office), values.csrf, None)
    return answer


async def _checked_of_stranger(request: Request, office: TheOffice) -> Form:
    form = Form(await request.form(max_files=0, max_fields=10))
    expected = request.cookies.get(strangers_cookie(office), "")
    if not expected or not secrets.compare_digest(form.text(CSRF).encode(), expected.encode()):
        raise SessionOver
    return form


StrangersForm = Annotated[Form, Depends(_checked_of_stranger)]
"""A form of somebody who isn't signed in, with the token of the browser's cookie; raises SessionOver for any other."""
