"""The way in of all requests: each waits in the lane that it belongs to, and is refused at once where too many wait.

What stops sound has a lane of its own, for officers, in an event loop of its own. Strangers share a small one, and
devices on which an officer has signed in before another. Neither a session nor a device is asked of the database here:
a flood must cost nothing.
"""

import re
from functools import partial

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from controller.errors import TooManyAttempts
from controller.running.app import Office
from controller.web.admission.own_loop import OwnLoop
from controller.web.admission.places import LaneName, lane, put_into
from controller.web.frame.access import address_of, tokens_of
from controller.web.frame.local_path import (
    BY_LINK,
    SIGN_IN,
    SIGN_IN_CODE,
    SIGN_IN_PASSKEY,
    SIGN_IN_PASSKEY_BEGIN,
)
from controller.web.frame.signing_in import is_known_device

URGENT = re.compile(
    r"(GET|POST) /im-lang"
    r"|GET /(im-lang/ket-qua|phan/im-lang)"
    r"|(GET|POST) /luot-phat/[^/]+/dung"
    r"|POST /cum-loa/[^/]+/tat-tieng"
    r"|(POST|DELETE) /api/v1/areas/[^/]+/silence"
    r"|POST /api/v1/broadcasts/[^/]+/cancellation"
    r"|PATCH /api/v1/speakers/[^/]+"
)
"""What stops sound, and the pages on the way to it."""
_SIGNING_IN = frozenset(
    {
        *(f"POST {each}" for each in (SIGN_IN, SIGN_IN_CODE, SIGN_IN_PASSKEY, SIGN_IN_PASSKEY_BEGIN, BY_LINK)),
        "POST /api/v1/sessions",
        f"GET {BY_LINK}",
    }
)
UNKNOWN_BODY_WITHIN_S = 20.0
"""The form of whoever isn't signed in is small; who sends it slower holds the lane."""


class Entrance:
    """The middleware. Raises Overloaded and TooManyAttempts before it has read anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._urgent = OwnLoop("urgent requests")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        office: Office = request.app.state.office
        what = f"{scope['method']} {scope['path']}"
        officer = officer_of(request, office)
        name = lane_of(request, office, what, officer)
        if name == "strangers" and what in _SIGNING_IN:
            try:
                office.sign_in_guard.refuse_if_pressing(address_of(request), office.now())
            except TooManyAttempts:
                office.failed_sign_ins.note("", address_of(request), "refused")
                raise
        if name == "urgent":
            await self._urgent.run(partial(self._work, name, officer), scope, receive, send)
        else:
            await self._work(name, officer, scope, receive, send)

    async def _work(self, name: LaneName, officer: str, scope: Scope, receive: Receive, send: Send) -> None:
        async with lane(name).admitted(officer) as place:
            put_into(scope, place)
            within_s = UNKNOWN_BODY_WITHIN_S if name in ("strangers", "devices") else None
            await self._app(scope, place.receiving(receive, within_s), place.sending(send))


def lane_of(request: HTTPConnection, office: Office, what: str, officer: str) -> LaneName:
    """The lane of an officer's or a stranger's (empty) request; `what` is its method and path."""
    if officer:
        return "urgent" if URGENT.fullmatch(what) else "officers"
    return "devices" if is_known_device(request, office) else "strangers"


def officer_of(request: HTTPConnection, office: Office) -> str:
    """Whose request it is, by what is in memory; empty: a stranger's."""
    found = (office.seen_tokens.officer_of(token) for token in tokens_of(request, office))
    return next(filter(None, found), "")
