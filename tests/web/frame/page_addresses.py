"""The addresses of all pages, for the tests that walk them: each GET of PAGES, with examples for its parameters.

A new page is in these tests by its route alone. What a new parameter stands for is said in EXAMPLES, and what follows
the question mark, where that makes the page another, in QUERIES.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastapi.routing import APIRoute
from sqlmodel import Session, col, select

from controller.database.tables import (
    Announcement,
    Area,
    AuditEntry,
    Broadcast,
    Deputy,
    LexiconEntry,
    Officer,
    PasswordLink,
    Schedule,
    Speaker,
    StandingText,
    WeightyDeed,
)
from controller.people.sessions import token_hash
from controller.web.pages import PAGES
from tests.web.conftest import Browser, Website
from tests.web.frame.links import LINKS

ROUTES = tuple(route for page in PAGES for route in page.router.routes if isinstance(route, APIRoute))
GETS = tuple(route.path for route in ROUTES if "GET" in (route.methods or ()))
POSTS = tuple(route.path for route in ROUTES if "POST" in (route.methods or ()))

EVENTS = "/phan/su-kien"
NOT_HTML: Mapping[str, str] = {
    "/ngon-ngu/{wanted}": "sends back to the page on which the language was chosen",
    EVENTS: "a stream of events, which doesn't end",
    "/giong-doc/{voice}": "a sound",
    "/luot-phat/{broadcast}/bang.csv": "a file",
    "/tu-dien.csv": "a file",
}
"""The GETs that these tests leave out, with what each answers."""
WALKED = tuple(path for path in GETS if path not in NOT_HTML)
FOR_VISITORS = (
    "/dang-nhap",
    "/dang-nhap/ma",
    "/dang-nhap/khoa-truy-cap",
    "/dang-nhap/khoa-truy-cap/bat-dau",
    "/dat-mat-khau",
)
"""The pages that only visitors see."""


def _all(column: Any) -> Callable[[Session], list[str]]:
    return lambda session: list(session.exec(select(column).order_by(column)).all())


def _standing_links(session: Session) -> list[str]:
    return [each for each in LINKS if session.get(PasswordLink, token_hash(each)) is not None]


def _newest_deed(session: Session) -> list[str]:
    return list(session.exec(select(AuditEntry.entry).order_by(col(AuditEntry.entry).desc()).limit(1)).all())


EXAMPLES: Mapping[str, Callable[[Session], list[str]]] = {
    "announcement": _all(Announcement.announcement),
    "area": _all(Area.area),
    "broadcast": _all(Broadcast.broadcast),
    "deed": _newest_deed,
    "deputy": _all(Deputy.deputy),
    "entry": _all(LexiconEntry.entry),
    "link": _standing_links,
    "officer": _all(Officer.officer),
    "schedule": _all(Schedule.schedule),
    "speaker": _all(Speaker.speaker),
    "standing": _all(StandingText.standing),
    "version": lambda _session: ["1"],
    "voice": lambda _session: ["north"],
    "weighty": _all(WeightyDeed.deed),
    "wanted": lambda _session: ["vi", "en"],
    "year": lambda _session: ["2026"],
}
"""What can stand in the place of each parameter of a path or of a query."""

_ONCE = "dia-ban={area}&khi=gio-dinh&ngay=23/11/2026&gio=17:45&lan=2"
_AGAIN = "dia-ban={area}&khi=lap-lai&nhung-ngay=t2-t6&gio=17:00&ngay=30/11/2026&lan=1&le=1&tru-le=co"
QUERIES: Mapping[str, tuple[str, ...]] = {
    "/dang-nhap": ("", "tiep=/lich", "da=mat-khau"),
    "/dat-mat-khau": ("", "ma={link}"),
    "/ban-tin/{announcement}": ("", "cho=0-4&ghi=XBT"),
    "/ban-tin/{announcement}/phat": ("", _ONCE, _AGAIN),
    "/phan/cau/{announcement}": (_ONCE, _AGAIN),
    "/ban-tin/{announcement}/kiem-tra": (_ONCE, _AGAIN),
    "/phe-duyet": ("", "xong={announcement}"),
    "/lich-tuan": ("", "tuan=30/11/2026&dia-ban={area}"),
    "/lich-ngay": ("", "ngay=24/11/2026"),
    "/ngay-nghi": ("", "nam={year}"),
    "/im-lang": ("", "dia-ban={area}"),
    "/im-lang/ket-qua": ("dia-ban={area}",),
    "/phan/im-lang": ("dia-ban={area}",),
    "/im-lang/mo-lai": ("dia-ban={area}",),
    "/nhat-ky": ("", "truoc={deed}"),
    "/tu-dien": ("", "dia_ban={area}", "chu=XBT&thay=xe", "bo=XBT", "da=1-2-3"),
    "/cai-dat": ("", "da=luu"),
    "/tai-khoan": ("", "da=doi", "da=them-khoa"),
}
"""The queries with which a page is tried; every other page is tried without one."""


def tries_of(path: str) -> list[str]:
    """A route's path with each of its queries; parameters still stand in both."""
    return [f"{path}?{query}" if query else path for query in QUERIES.get(path, ("",))]


TRIES = [each for path in WALKED for each in tries_of(path)]


def parameters_of(text: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", text)


def filled(session: Session, text: str) -> list[str]:
    """The addresses of one try: as many as the parameter with the most examples needs to show each of them once."""
    examples = {name: EXAMPLES[name](session) for name in parameters_of(text)}
    assert all(examples.values()), f"{text}: no row to stand in it"
    most = max((len(values) for values in examples.values()), default=1)
    rounds = ({name: values[number % len(values)] for name, values in examples.items()} for number in range(most))
    return [text.format_map(values) for values in rounds]


def route_of(address: str, method: str = "GET") -> str | None:
    """The path of the route that answers an address; None: no page does."""
    path = urlsplit(address).path
    answering = (route for route in ROUTES if method in (route.methods or ()))
    return next((route.path for route in answering if route.path_regex.match(path)), None)


def walk(website: Website, browser: Browser) -> Iterator[tuple[str, str]]:
    """Each address of each page, and the HTML that it answers."""
    with website.office.database.reading() as session:
        addresses = [address for each in TRIES for address in filled(session, each)]
    visitor = website.visitor()
    for address in addresses:
        reader = visitor if route_of(address) in FOR_VISITORS else browser
        yield address, reader.get(address)


def assert_walked_all(addresses: list[str]) -> None:
    """Every GET that answers HTML was seen."""
    unseen = set(WALKED) - {route_of(each) for each in addresses}
    assert not unseen, f"never looked at: {sorted(unseen)}"
