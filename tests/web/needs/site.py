"""One office for the whole matrix: an officer for each role in each place, and one thing of each kind in ấp 1.

xã ── ấp 1 ── tổ 1
   └─ ấp 2
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from httpx import Response
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from controller.database.column_types import ROLES, Role
from controller.people.deputies import let_begin, name_deputy
from controller.people.sessions import Credentials, open_session
from controller.places.areas import add_area
from controller.web.frame.access import COOKIE, Needs
from controller.web.frame.problems import is_for_programs
from tests.people import Commune
from tests.web.conftest import Website, application_of, make_website
from wire.ids import new_ulid

PLACES: Mapping[str, str | None] = {
    "station": None,
    "above": "xã",
    "own": "ấp 1",
    "below": "tổ 1",
    "sibling": "ấp 2",
}
"""Where an officer is in charge, by how that lies to ấp 1, in which all things are."""
COVERING = ("station", "above", "own")


@dataclass(frozen=True)
class Person:
    """An officer of the matrix, by the charges that a test knows without asking the program.

    `charges`: the role in each of `PLACES` where there is one. `is_deputy`: the one in ấp 1 is another officer's.
    """

    name: str
    charges: Mapping[str, Role]
    signed_in: Credentials
    is_deputy: bool = False

    def may(self, needs: Needs, *, in_area: bool) -> bool:
        """Whether these needs are covered: in the whole station, in ấp 1 (`in_area`), or anywhere."""
        held = [place for place, role in self.charges.items() if ROLES.index(role) >= ROLES.index(needs.role)]
        if needs.in_station:
            return "station" in held
        return any(place in COVERING or not in_area for place in held)


@dataclass
class Site:
    """The office, its people and the ids of its things, by the names of the routes' parameters."""

    website: Website
    client: TestClient
    people: list[Person] = field(default_factory=list)
    things: dict[str, str] = field(default_factory=dict)
    _kept: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))

    @property
    def commune(self) -> Commune:
        return self.website.commune

    def keep(self) -> None:
        """From now on `restore` leads back to what is there now."""
        with closing(self._file()) as file:
            file.backup(self._kept)

    def restore(self) -> None:
        """Undo all that requests have changed, so that each is tried on the same rows."""
        with closing(self._file()) as file:
            self._kept.backup(file)

    def _file(self) -> sqlite3.Connection:
        return sqlite3.connect(make_url(self.website.office.settings.database).database or "")

    def call(self, person: Person, method: str, path: str, **given: Any) -> Response:
        """One request, by bearer token or by cookie; a form (`data`) with the session's token."""
        if is_for_programs(path):
            headers = {"Authorization": f"Bearer {person.signed_in.token}"}
        else:
            headers = {"Cookie": f"{COOKIE}={person.signed_in.token}"}
            if method == "POST":
                given["data"] = {
                    "csrf": person.signed_in.csrf,
                    "once": new_ulid(self.commune.now),
                    **given.get("data", {}),
                }
        headers |= given.pop("headers", {})
        answer: Response = self.client.request(method, path, headers=headers, **given)
        return answer


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """The site with its people; a test adds things and calls `keep`."""
    website = make_website(folder)
    commune = website.commune
    site = Site(
        website, TestClient(application_of(website.office), raise_server_exceptions=False, follow_redirects=False)
    )
    with commune.writing() as session:
        lower = add_area(session, commune.now, None, name="Tổ 1", kind="tổ", parent=commune.areas["ấp 1"])
    commune.areas["tổ 1"] = lower.area
    for place, area in PLACES.items():
        for role in ROLES:
            row = commune.officer(f"{role}.{place}", role, area, f"{role} {place}")
            with commune.writing() as session:
                site.people.append(Person(row.name, {place: role}, open_session(session, commune.now, row)))
    site.people.append(_add_deputy(commune))
    yield site
    website.office.database.close()
    commune.database.close()


def _add_deputy(commune: Commune) -> Person:
    """A viewer of ấp 2 who approves in the place of an approver of ấp 1."""
    absent = commune.officer("absent", "approver", "ấp 1")
    deputy = commune.officer("deputy", "viewer", "ấp 2")
    with commune.writing() as session:
        named = name_deputy(session, commune.now, absent, deputy.officer, (commune.now + timedelta(days=9)).date())
        let_begin(session, commune.now, commune.officers["tham"], named.deputy)
        return Person(
            "deputy", {"sibling": "viewer", "own": "approver"}, open_session(session, commune.now, deputy), True
        )
