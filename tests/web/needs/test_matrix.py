"""Role × route × area: a request is refused with 403 exactly where what the route needs isn't covered, and never 5xx.

The routes are those of the application: a new one fails here until it says what it needs and has an example.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI

from controller.people.sessions import token_hash
from controller.places import speakers
from controller.web.frame.access import Needs
from controller.web.frame.page import ForApprovers, ForEditors, ThePage
from tests.web.conftest import an_application
from tests.web.needs.examples import Example, add_things, examples_of
from tests.web.needs.routes import FOR_VIEWERS, PUBLIC, Route, routes_of, undeclared
from tests.web.needs.site import Person, Site, open_site

ROUTES = [each for each in routes_of(an_application()) if each.path not in PUBLIC]
STREAMS = ("/api/v1/events", "/phan/su-kien")
"""They don't end."""
_READS_SILENCE = ("/im-lang", "/im-lang/ket-qua", "/phan/im-lang", "/im-lang/mo-lai")
READS_BY_AREA = ("/ban-tin/{announcement}/kiem-tra", "/dia-ban/{area}", *_READS_SILENCE)
"""Reads that are refused outside one's areas."""
QUERIES = {
    "/ban-tin/{announcement}/phat": "dia-ban={area}&khi=gio-dinh&ngay=23/11/2026&gio=19:00",
    "/ban-tin/{announcement}/kiem-tra": "dia-ban={area}&khi=gio-dinh&ngay=23/11/2026&gio=19:00",
    "/phan/cau/{announcement}": "dia-ban={area}&khi=gio-dinh&ngay=23/11/2026&gio=19:00",
    **dict.fromkeys(_READS_SILENCE, "dia-ban={area}"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One office for all of them; after each request that was let in it is as before."""
    with open_site(tmp_path_factory.mktemp("site")) as made:
        add_things(made)
        yield made


def faults(site: Site, route: Route, people: Iterable[Person]) -> list[str]:
    """Where the answer to a person isn't what the route says that it needs."""
    examples = [_read(route)] if route.reads else examples_of(site).get(str(route), [])
    if not examples:
        return [f"{route} has no example"]
    found: list[str] = []
    for person in people:
        for example in examples:
            found += _faults_of(site, route, example, person)
    return found


def _read(route: Route) -> Example:
    return Example(where="here" if route.path in READS_BY_AREA else "anywhere")


def _faults_of(site: Site, route: Route, example: Example, person: Person) -> Iterator[str]:
    [declared] = route.needs
    needs = Needs(example.role or declared.role, declared.in_station or example.where == "station")
    own_session = token_hash(person.signed_in.token)
    path = route.path.format_map({**site.things, "session_id": own_session, **example.instead})
    if route.path in QUERIES:
        path += "?" + QUERIES[route.path].format_map(site.things)
    answer = site.call(person, route.method, path, **example.given)
    if answer.status_code < 400 and not route.reads:
        site.restore()
    covered = person.may(needs, in_area=example.where == "here") and not (example.not_deputies and person.is_deputy)
    what = f"{route} {example.name}, {person.name}: {answer.status_code}, covered: {covered}"
    if answer.status_code >= 500 or covered == (answer.status_code == 403):
        yield what
    elif covered and answer.status_code >= 400:
        yield f"{what}: the example doesn't succeed: {answer.text[:600]}"


def people_who_try(site: Site, route: Route) -> list[Person]:
    """All; for what doesn't depend on the area, those in charge of ấp 1 and of the station."""
    alike = route.reads and route.path not in READS_BY_AREA
    return [each for each in site.people if not alike or {"own", "station"} & each.charges.keys()]


@pytest.mark.parametrize("route", [each for each in ROUTES if each.path not in STREAMS], ids=str)
def test_a_request_is_refused_exactly_where_its_need_is_not_covered(site: Site, route: Route) -> None:
    assert faults(site, route, people_who_try(site, route)) == []


def test_every_route_says_what_it_needs() -> None:
    assert undeclared(ROUTES) == []
    assert len(ROUTES) > 90


def test_what_is_left_out_is_there() -> None:
    there = {each.path for each in routes_of(an_application())}
    assert {*PUBLIC, *FOR_VIEWERS, *STREAMS, *READS_BY_AREA, *QUERIES} <= there


class TestTheMatrixFails:
    """For each way in which a route or its deed can forget what it needs."""

    def _routes(self, router: APIRouter) -> list[Route]:
        app = FastAPI(openapi_url=None)
        app.include_router(router)
        return routes_of(app)

    def test_for_a_route_that_says_nothing(self) -> None:
        router = APIRouter()

        @router.get("/moi")
        def _get() -> None: ...

        @router.post("/moi")
        def _post(page: Annotated[None, Depends(_anybody)]) -> None:
            del page

        assert undeclared(self._routes(router)) == ["GET /moi says 0 needs", "POST /moi says 0 needs"]

    def test_for_a_change_that_any_viewer_may_make(self) -> None:
        router = APIRouter()

        @router.get("/moi")
        def _get(page: ThePage) -> None:
            del page

        @router.post("/moi")
        def _post(page: ThePage) -> None:
            del page

        assert undeclared(self._routes(router)) == ["POST /moi changes something and may be called by viewers"]

    def test_for_a_route_that_says_two_things(self) -> None:
        router = APIRouter()

        @router.post("/moi")
        def _post(page: ForEditors, same: ForApprovers) -> None:
            del page, same

        assert undeclared(self._routes(router)) == ["POST /moi says 2 needs"]

    def test_for_a_route_without_an_example(self, site: Site) -> None:
        route = Route("POST", "/moi", (Needs("editor"),))
        assert faults(site, route, site.people) == ["POST /moi has no example"]

    def test_for_a_deed_that_asks_nobody(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(speakers, "require", lambda *_given: None)
        [route] = [each for each in ROUTES if str(each) == "PATCH /api/v1/speakers/{speaker}"]
        found = faults(site, route, site.people)
        assert any("mute, editor sibling: 200, covered: False" in each for each in found)
        assert any("volume, editor own: 200, covered: False" in each for each in found)
        assert not any("viewer" in each for each in found), "the door refuses them"

    def test_for_a_door_that_lets_viewers_in(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Needs, "check", lambda *_given: None)
        [route] = [each for each in ROUTES if str(each) == "GET /cai-dat"]
        assert any("viewer own: 200, covered: False" in each for each in faults(site, route, site.people))


def _anybody() -> None:
    """A dependency that asks for no role."""
