"""One request of a signed-in officer for a page: who asks, at what instant, and what every page shows around its own.

Templates get values and decide nothing that a test should see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlmodel import Session

from controller.announcements.one_officer_rule import rule_in_force
from controller.database.tables import Officer, Silence
from controller.errors import NotSignedIn
from controller.planning.approvals import waiting_for_approval
from controller.running.app import Office
from controller.station import facts
from controller.station.area_tree import AreaTree, area_tree
from controller.station.held_silent import silences_in_force
from controller.station.officers import who_is
from controller.web.frame.access import SignedIn, TheOffice, cookie_name
from controller.web.frame.static_files import StaticFiles
from controller.web.words import states, vietnamese
from controller.web.words.place_names import in_sentence
from controller.web.words.vietnamese import StationClock
from controller.words import numbers
from controller.words.translation import _, ngettext


def make_templates(files: StaticFiles) -> Environment:
    """The templates, with the words and shapes that they all use."""
    templates = Environment(
        loader=PackageLoader("controller.web", ""),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]  # i18n adds it
    templates.globals.update(
        asset=files.url,
        words=states,
        word=states.word,
        duration=vietnamese.duration,
        number=numbers.number,
        decimal=numbers.decimal,
        about=vietnamese.about,
        inside=vietnamese.inside,
        telephone_link=telephone_link,
    )
    return templates


@dataclass(frozen=True)
class StationFacts:
    """What the station says of itself."""

    name: str
    technician: str
    technician_phone: str
    clock: StationClock

    @property
    def phone_link(self) -> str:
        """The technician's number as a telephone dials it."""
        return telephone_link(self.technician_phone)


@dataclass(frozen=True)
class HeldSilent:
    """One area that is held silent, as every page says it."""

    silence: Silence
    area_name: str
    everywhere: bool
    by: str


@dataclass(frozen=True)
class Frame:
    """What stands around every page."""

    waiting: int
    held: tuple[HeldSilent, ...]
    one_officer: bool
    broker_down: bool


@dataclass(frozen=True)
class Page:
    """A page that is being answered."""

    request: Request
    office: Office
    asker: SignedIn
    now: datetime
    clock: StationClock

    @property
    def officer(self) -> Officer:
        """Who asks."""
        return self.asker.officer

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One state of the database."""
        with self.office.database.reading() as session:
            yield session

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page itself, in its frame."""
        with self.reading() as session:
            frame, about_station = read_frame(self.office, session), station_facts(self.office, session)
        return rendered(
            self.request, template, status, page=self, frame=frame, station=about_station, clock=self.clock, **values
        )

    def fragment(self, template: str, **values: Any) -> HTMLResponse:
        """A part of a page, for its script."""
        with self.reading() as session:
            about_station = station_facts(self.office, session)
        return rendered(self.request, template, 200, page=self, station=about_station, clock=self.clock, **values)

    def go(self, path: str) -> RedirectResponse:
        """After a deed: look at what became of it."""
        return RedirectResponse(path, 303)


def rendered(request: Request, template: str, status: int, **values: Any) -> HTMLResponse:
    """A template with its values; nobody keeps a copy of a page."""
    templates: Environment = request.app.state.templates
    html = templates.get_template(template).render(path=request.url.path, **values)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


def station_facts(office: Office, session: Session) -> StationFacts:
    """The station's name and who helps. Without a name it is its only root area."""
    name = facts.read(session, "name")
    if not name:
        tree = area_tree(session)
        roots = tree.children.get(None, [])
        name = in_sentence(roots[0]) if len(roots) == 1 else ""
    return StationFacts(
        name=name,
        technician=facts.read(session, "technician"),
        technician_phone=facts.read(session, "technician_phone"),
        clock=StationClock(office.now(), ZoneInfo(facts.time_zone(session))),
    )


def read_frame(office: Office, session: Session) -> Frame:
    """What stands around every page now."""
    held = silences_in_force(session)
    tree = area_tree(session) if held else None
    return Frame(
        waiting=len(waiting_for_approval(session, office.now())),
        held=tuple(_held_silent(session, tree, each) for each in held if tree is not None),
        one_officer=rule_in_force(session) is not None,
        broker_down=not office.link.connected(),
    )


def telephone_link(phone: str) -> str:
    """`tel:` with the digits alone."""
    return "tel:" + "".join(each for each in phone if each.isascii() and (each.isdecimal() or each == "+"))


def sign_in_path(request: Request) -> str:
    """Where to sign in, and to come back to this page."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/dang-nhap" if here == "/" else f"/dang-nhap?tiep={quote(here, safe='')}"


def _held_silent(session: Session, tree: AreaTree, silence: Silence) -> HeldSilent:
    return HeldSilent(
        silence=silence,
        area_name=in_sentence(tree.by_id[silence.area]),
        everywhere=tree.by_id[silence.area].parent is None and len(tree.children.get(None, [])) == 1,
        by=session.get_one(Officer, silence.held_by).name,
    )


def _asker(request: Request, office: TheOffice) -> SignedIn | None:
    token = request.cookies.get(cookie_name(office))
    try:
        with office.database.reading() as session:
            officer, sign_in = who_is(session, token, office.now())
    except NotSignedIn:
        return None
    return SignedIn(officer, sign_in, token or "")


Asker = Annotated[SignedIn | None, Depends(_asker)]
"""Whoever the cookie says; None: nobody."""


def _page(request: Request, office: TheOffice, asker: Asker) -> Page:
    if asker is None:
        raise NotSignedIn("sign_in_first")
    now = office.now()
    with office.database.reading() as session:
        zone = ZoneInfo(facts.time_zone(session))
    return Page(request, office, asker, now, StationClock(now, zone))


ThePage = Annotated[Page, Depends(_page)]
"""A page for a signed-in officer; else NotSignedIn."""
