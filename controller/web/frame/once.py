"""A form that is sent twice is carried out once: it holds a token that is new each time the form is shown."""

import secrets
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlmodel import Session

from controller.errors import Invalid
from controller.web.frame.forms import ONCE, Form
from controller.web.frame.idempotency import LONGEST_KEY, Act, KeyUsed
from controller.web.frame.page import Page

Answer = TypeVar("Answer", bound=BaseModel)


def new_token() -> str:
    """A token for one showing of a form."""
    return secrets.token_urlsafe(24)


def do_once(page: Page, form: Form, answer: type[Answer], deed: Callable[[Session], Answer], *ignored: str) -> Answer:
    """Carry out the deed, or answer as it was answered the first time.

    The second sending may differ in the fields `ignored`. Raises Invalid where the token is missing, or was sent with
    other fields.
    """
    key = form.text(ONCE)
    if not key or len(key) > LONGEST_KEY:
        raise Invalid(ONCE, "page_outdated")
    act = Act(
        page.office,
        key,
        page.asker.token,
        f"{page.request.method} {page.request.url.path}",
        form.fingerprint(ONCE, *ignored),
    )
    try:
        done = act.perform(deed)
    except KeyUsed:
        raise Invalid(ONCE, "form_sent_before") from None
    return answer.model_validate_json(bytes(done.body))
