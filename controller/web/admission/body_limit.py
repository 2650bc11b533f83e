"""What bodies may be: a larger one is refused with 413 before it is read, a form in a strange charset with 400."""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audio.sound.recording import MAX_RECORDING_BYTES

LARGEST_TEXT_BYTES = 2**20
"""Four times what a form needs for the 20,000 characters that an announcement may have."""
LARGEST_UPLOAD_BYTES = MAX_RECORDING_BYTES + 2**20
"""The largest recording, and 1 MiB for the rest of the form."""

_IN_UTF_8 = re.compile(rb"^(?![^\n]*charset)|charset=\"?utf-?8\"?\s*(;|$)", re.IGNORECASE)
"""Browsers send forms in no other charset, and some of those that Python knows end in an error."""
_TAKES_RECORDINGS = re.compile(r"/ban-tin/[^/]+|/api/v1/announcements/[^/]+/recording")
"""All other addresses read the whole body into memory, most of them before they know who sent it."""


class BodyLimit:
    """Counts the bytes that come, because a request can send more than its header says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        is_form = headers.get(b"content-type", b"").startswith(b"multipart/form-data")
        if is_form and not _IN_UTF_8.search(headers[b"content-type"]):
            raise HTTPException(400)
        is_upload = is_form and _TAKES_RECORDINGS.fullmatch(scope.get("path", ""))
        most = LARGEST_UPLOAD_BYTES if is_upload else LARGEST_TEXT_BYTES
        said = headers.get(b"content-length", b"")
        come = int(said) if said.isdigit() and len(said) < 20 and int(said) > most else 0

        async def counted() -> Message:
            nonlocal come
            message = {} if come > most else await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted if scope["type"] == "http" else receive, send)
