"""A speaker's configuration, shown once: to be read, copied, or saved as the file that its box reads."""

import json
from typing import Any

from fastapi import Response

from controller.web.frame.forms import Form
from controller.web.frame.page import Page


def credentials_page(page: Page, form: Form, answer: dict[str, Any], action: str) -> Response:
    """The page, or (`viec=tai`) the file. The page's own form sends the same again, with the same token for once."""
    text = json.dumps(answer["config"], ensure_ascii=False, indent=2) + "\n"
    if form.text("viec") == "tai":
        headers = {
            "Content-Disposition": f'attachment; filename="{answer["speaker"]}.json"',
            "Cache-Control": "no-store",
        }
        return Response(text, media_type="application/json; charset=utf-8", headers=headers)
    sent = [(name, value) for name, value in form.pairs() if name != "viec"]
    return page.show("speakers/credentials.html", speaker=answer, text=text, action=action, sent=sent)
