"""“Mã cài đặt”: a speaker's enrolment file, shown once, after it was admitted or was given new credentials.

It is read, copied, or saved as the file that the box reads.
"""

import json
from dataclasses import dataclass
from typing import ClassVar

from fastapi import Response

from controller.web.api.views import SpeakerAdmitted
from controller.web.frame.forms import Form
from controller.web.frame.page import Page, PageValues


@dataclass(frozen=True, kw_only=True)
class CredentialsPage(PageValues):
    """`text`: the file. `action`, `sent`: the form that led here, so that the page can send it again."""

    template: ClassVar[str] = "speakers/credentials.html"
    speaker: SpeakerAdmitted
    text: str
    action: str
    sent: list[tuple[str, str]]


def credentials_page(page: Page, form: Form, speaker: SpeakerAdmitted, action: str) -> Response:
    """The page, or (`viec=tai`) the file. The page's own form sends the same fields again, with the same token."""
    text = json.dumps(speaker.config.fields(), ensure_ascii=False, indent=2) + "\n"
    if form.text("viec") == "tai":
        headers = {
            "Content-Disposition": f'attachment; filename="{speaker.speaker}.json"',
            "Cache-Control": "no-store",
        }
        return Response(text, media_type="application/json; charset=utf-8", headers=headers)
    sent = [(name, value) for name, value in form.pairs() if name != "viec"]
    return page.show(CredentialsPage(speaker=speaker, text=text, action=action, sent=sent))
