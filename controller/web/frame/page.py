"""One request of a signed-in officer for a page, and how its answer is made of values, a template and the frame.

What a page shows is a frozen dataclass of `PageValues`. Its fields are the variables of its template, next to those of
`FrameValues`, `path`, `address_again`, and the words and shapes that `make_templates` gives to all. Templates
decide nothing that a test should see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlmodel import Session

from controller.database.column_types import Role
from controller.database.tables import Officer, Silence
from controller.errors import NotSignedIn
from controller.people.deputies import Deputation, deputies_of_interest
from controller.people.one_officer_rule import rule_in_force
from controller.people.password_links import ToldLink, links_to_tell
from controller.people.second_factor import lacks_second_factor
from controller.people.weighty_deeds import Waiting, deeds_to_tell
from controller.planning.waiting_count import count_waiting
from controller.running.app import Office
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.station.charges import Charges, may, may_anywhere, may_in_station
from controller.station.held_silent import silences_in_force
from controller.station.officers import all_officers
from controller.web.frame.access import Needs, SignedIn, TheOffice, asker_of, cookie_name
from controller.web.frame.local_path import SIGN_IN, SIGN_IN_CODE, SIGN_IN_PASSKEY
from controller.web.frame.static_files import StaticFiles
from controller.web.words import states, vietnamese
from controller.web.words.place_names import in_sentence
from controller.web.words.vietnamese import StationClock
from controller.words import numbers
from controller.words.translation import _, language, ngettext, pgettext


@dataclass(frozen=True)
class PageValues:
    """What a page shows in its frame: each field is a variable of `template`."""

    template: ClassVar[str]


@dataclass(frozen=True)
class FragmentValues:
    """What a script fetches to put into a page that is open: each field is a variable of `fragment`."""

    fragment: ClassVar[str]


def make_templates(files: StaticFiles) -> Environment:
    """The environment of all templates, with the words and shapes that they share."""
    templates = Environment(
        loader=PackageLoader("controller.web", ""),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.install_gettext_callables(  # type: ignore[attr-defined]  # i18n adds it
        _, ngettext, newstyle=True, pgettext=pgettext
    )
    templates.globals.update(
        asset=files.url,
        language=language,
        words=states,
        word=states.word,
        duration=vietnamese.duration,
        counted=numbers.counted,
        number=numbers.number,
        decimal=numbers.decimal,
        about=vietnamese.about,
        capital=vietnamese.capital,
        inside=vietnamese.inside,
        telephone_link=telephone_link,
    )
    return templates


@dataclass(frozen=True)
class StationFacts:
    """The station's name, and who helps; `clock` says instants in its zone."""

    name: str
    technician: str
    technician_phone: str
    clock: StationClock

    @property
    def phone_link(self) -> str:
        """A `tel:` link to the technician."""
        return telephone_link(self.technician_phone)


@dataclass(frozen=True)
class HeldSilent:
    """One area that is held silent, and the name of the officer who ordered that. `everywhere`: it is the only root.

    `may_lift`: the reader may let it sound again.
    """

    silence: Silence
    area_name: str
    everywhere: bool
    by: str
    may_lift: bool


@dataclass(frozen=True)
class Frame:
    """What every page reminds of. `waiting`: how many announcements wait for approval.

    `lacks_second_factor`: the reader can't approve before it is switched on.

    `deputies`: those of whom the reader is one of the two, and those whom the reader may let begin. `invited`: names of
    those whom others have invited lately, and by whom; empty: nobody, or the reader is no administrator.
    """

    waiting: int
    deputies: tuple[Deputation, ...]
    resets: tuple[ToldLink, ...]
    invited: str
    weighty: tuple[Waiting, ...]
    lacks_second_factor: bool
    held: tuple[HeldSilent, ...]
    one_officer: bool
    broker_down: bool


@dataclass(frozen=True)
class FrameValues:
    """The variables of the frame. `page` and `frame` are None if no officer is signed in; a fragment has no `frame`."""

    station: StationFacts
    clock: StationClock
    page: "Page | None" = None
    frame: Frame | None = None


@dataclass(frozen=True)
class Page:
    """A signed-in officer's request for a page. All that its answer says holds at `now`."""

    request: Request
    office: Office
    asker: SignedIn
    now: datetime
    clock: StationClock

    @property
    def officer(self) -> Officer:
        """The officer who asks."""
        return self.asker.officer

    @property
    def charges(self) -> Charges:
        """The officer's charges at `now`."""
        return self.asker.charges

    def holds(self, role: Role) -> bool:
        """Whether the officer has this role in any area: what needs it may be offered."""
        return may_anywhere(self.charges, role)

    def holds_in_station(self, role: Role) -> bool:
        """Whether the officer has this role in the whole station."""
        return may_in_station(self.charges, role)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database."""
        with self.office.database.reading() as session:
            yield session

    def show(self, values: PageValues, status: int = 200) -> HTMLResponse:
        """The whole page."""
        with self.reading() as session:
            frame, station = read_frame(self, session), station_facts(self.office, session, to_officer=True)
        around = FrameValues(station, self.clock, self, frame)
        return rendered(self.request, values.template, values, around, status)

    def fragment(self, values: FragmentValues) -> HTMLResponse:
        """A part of a page, without the frame."""
        with self.reading() as session:
            station = station_facts(self.office, session, to_officer=True)
        return rendered(self.request, values.fragment, values, FrameValues(station, self.clock, self))

    def go(self, path: str) -> RedirectResponse:
        """Look at `path` next: the answer to a form that was carried out."""
        return RedirectResponse(path, 303)


def rendered(
    request: Request,
    template: str,
    values: PageValues | FragmentValues,
    around: FrameValues | None,
    status: int = 200,
) -> HTMLResponse:
    """A template with its variables, as an answer that no cache keeps. `around` None: the template has no frame."""
    templates: Environment = request.app.state.templates
    variables = (vars(around) if around else {}) | vars(values)
    html = templates.get_template(template).render(
        path=request.url.path, address_again=address_again(request), **variables
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


def station_facts(office: Office, session: Session, *, to_officer: bool) -> StationFacts:
    """What the station says of itself. A station without a name is called like its only root area.

    Only officers read the technician's telephone: strangers see the page that signs in.
    """
    name = facts.read(session, "name")
    if not name:
        tree = area_tree(session)
        roots = tree.children.get(None, [])
        name = in_sentence(roots[0]) if len(roots) == 1 else ""
    return StationFacts(
        name=name,
        technician=facts.read(session, "technician"),
        technician_phone=facts.read(session, "technician_phone") if to_officer else "",
        clock=StationClock(office.now(), ZoneInfo(facts.time_zone(session))),
    )


def read_frame(page: Page, session: Session) -> Frame:
    """What every page reminds of."""
    officer = page.officer
    deputies = deputies_of_interest(session, page.now, officer, page.charges)
    links = links_to_tell(session, page.now, officer, page.charges)
    invitations = [each for each in links if each.row.kind == "invitation"]
    invited = [
        _("{officer} ({by} mời)").format(officer=each.officer.name, by=each.by.name) for each in reversed(invitations)
    ]
    return Frame(
        waiting=count_waiting(session, page.now),
        deputies=tuple(
            each for each in deputies if each.may_let_begin or officer.officer in (each.row.absent, each.row.officer)
        ),
        resets=tuple(each for each in links if each.row.kind == "reset"),
        invited=vietnamese.listed(invited),
        weighty=tuple(deeds_to_tell(session, officer, page.charges)),
        lacks_second_factor=page.holds("approver")
        and not page.asker.session.by_passkey
        and lacks_second_factor(session, officer.officer),
        held=_read_held_silent(session, page.charges),
        one_officer=rule_in_force(session) is not None,
        broker_down=not page.office.link.is_connected(),
    )


def telephone_link(phone: str) -> str:
    """`tel:` and the number without its spaces and signs; `+` stays."""
    return "tel:" + "".join(each for each in phone if each.isascii() and (each.isdecimal() or each == "+"))


def address_again(request: Request) -> str:
    """The path and query that give this page again; empty: it is a form's answer, and can't be asked for again.

    The sign-in page is the same after a wrong password, but for the name.
    """
    if request.method in ("GET", "HEAD"):
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN if request.url.path in (SIGN_IN, SIGN_IN_CODE, SIGN_IN_PASSKEY) else ""


def sign_in_path(request: Request) -> str:
    """The path of the sign-in page, with the page that was asked for as the one to go on to."""
    here = address_again(request)
    return SIGN_IN if here == "/" else f"{SIGN_IN}?tiep={quote(here, safe='')}"


def _read_held_silent(session: Session, charges: Charges) -> tuple[HeldSilent, ...]:
    silences = silences_in_force(session)
    if not silences:
        return ()
    tree = area_tree(session)
    names = {each.officer: each.name for each in all_officers(session)}
    return tuple(
        HeldSilent(
            silence=each,
            area_name=in_sentence(tree.by_id[each.area]),
            everywhere=tree.by_id[each.area].parent is None and len(tree.children.get(None, [])) == 1,
            by=names[each.held_by] if each.held_by else _("người ở máy chủ"),
            may_lift=may(charges, "editor", [each.area], tree),
        )
        for each in silences
    )


def _asker(request: Request, office: TheOffice) -> SignedIn | None:
    try:
        asker = asker_of(office, request.cookies.get(cookie_name(office)))
    except NotSignedIn:
        return None
    if not request.url.path.startswith("/phan/"):  # a page that is left open fetches its parts for ever
        office.session_uses.note(asker.session, office.now())
    return asker


Asker = Annotated[SignedIn | None, Depends(_asker)]
"""The officer whose session the cookie names; None: no session."""


def _page(request: Request, office: TheOffice, asker: Asker) -> Page:
    if asker is None:
        raise NotSignedIn("sign_in_first")
    now = office.now()
    with office.database.reading() as session:
        zone = ZoneInfo(facts.time_zone(session))
    return Page(request, office, asker, now, StationClock(now, zone))


class PageNeeds(Needs):
    """What a page, or a form that it sends, needs. Raises NotSignedIn, Forbidden."""

    async def __call__(self, page: Annotated[Page, Depends(_page)]) -> Page:
        self.check(page.asker)
        return page


ThePage = Annotated[Page, Depends(PageNeeds("viewer"))]
"""The request of any officer who is signed in."""
ForEditors = Annotated[Page, Depends(PageNeeds("editor"))]
ForApprovers = Annotated[Page, Depends(PageNeeds("approver"))]
ForAdministrators = Annotated[Page, Depends(PageNeeds("administrator"))]
ForStationAdministrators = Annotated[Page, Depends(PageNeeds("administrator", in_station=True))]
