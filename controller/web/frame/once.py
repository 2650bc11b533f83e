"""A form that is sent twice does its deed once: it carries a token that is new each time it is shown."""

import json
import secrets
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from controller.errors import Invalid
from controller.web.frame.forms import ONCE, Form
from controller.web.frame.idempotency import LONGEST_KEY, Act, KeyUsed
from controller.web.frame.page import Page


def new_token() -> str:
    """For a form that is being shown."""
    return secrets.token_urlsafe(24)


def do_once(page: Page, form: Form, deed: Callable[[Session], BaseModel], *ignored: str) -> dict[str, Any]:
    """Do it, or answer as before; `ignored` fields may differ. Raises Invalid where the token is missing or used."""
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
    answer: dict[str, Any] = json.loads(bytes(done.body))
    return answer
