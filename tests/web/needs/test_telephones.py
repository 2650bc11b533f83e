"""Names and telephones of caretakers are read by those in charge of the area; the technician's by officers alone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from controller.database.column_types import Role
from controller.database.tables import Speaker
from controller.database.transactions import Change
from controller.station import facts
from controller.web.api.views import event_body
from tests.web.conftest import an_application
from tests.web.frame.page_addresses import EXAMPLES, TRIES, filled, parameters_of
from tests.web.needs.examples import add_things
from tests.web.needs.routes import PUBLIC, routes_of
from tests.web.needs.site import PLACES, Person, Site, open_site
from tests.web.needs.test_matrix import STREAMS

SPEAKERS = {"loa-1a": "ấp 1", "loa-1b": "ấp 1", "loa-2": "ấp 2", "loa-xa": "xã"}
READ = {
    "station": set(SPEAKERS),
    "above": set(SPEAKERS),
    "own": {"loa-1a", "loa-1b"},
    "below": set(),
    "sibling": {"loa-2"},
}
"""Whose caretakers are read by those in charge of each of `PLACES`."""
TECHNICIAN = "0988 777 666"


def _caretaker(speaker: str) -> str:
    return f"Người trông {speaker}"


def _phone(speaker: str) -> str:
    return f"09{len(speaker)}{sum(speaker.encode()):06d}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Each speaker has a caretaker with a telephone; their reports of a broadcast are overdue."""
    with open_site(tmp_path_factory.mktemp("site")) as made:
        add_things(made)
        commune = made.commune
        commune.order(made.things["approved"], "xã", starts_in_s=60)
        with commune.writing() as session:
            for row in session.exec(select(Speaker)).all():
                row.caretaker, row.caretaker_phone = _caretaker(row.speaker), _phone(row.speaker)
                session.add(row)
            facts.write(session, "technician", "anh Nam")
            facts.write(session, "technician_phone", TECHNICIAN)
        made.commune.now += timedelta(hours=2)
        made.keep()
        yield made


def _examples(session: Session, path: str) -> list[str]:
    return filled(session, path) if set(parameters_of(path)) <= EXAMPLES.keys() else []


def _addresses(site: Site) -> list[str]:
    """All that can be read, at every address that there is."""
    reads = [each.path for each in routes_of(an_application()) if each.reads]
    left_out = {*PUBLIC, *STREAMS, "/giong-doc/{voice}"}
    with site.commune.database.reading() as session:
        return [
            address
            for path in dict.fromkeys([*reads, *TRIES])
            if path.partition("?")[0] not in left_out
            for address in _examples(session, path)
        ]


def _said(site: Site, person: Person) -> tuple[set[str], str]:
    """The speakers whose caretaker is named anywhere to this person, and all that is said."""
    texts = []
    for address in _addresses(site):
        answer = site.call(person, "GET", address)
        assert answer.status_code < 500, (address, answer.text[:500])
        texts.append(answer.text)
    everything = "\n".join(texts)
    named = {each for each in SPEAKERS if _caretaker(each) in everything}
    assert named == {each for each in SPEAKERS if _phone(each) in everything}
    return named, everything


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("viewer", "own"),
        ("administrator", "sibling"),
        pytest.param("editor", "below", marks=pytest.mark.soak),
        pytest.param("viewer", "station", marks=pytest.mark.soak),
    ],
)
def test_caretakers_are_read_by_those_in_charge_of_the_area_alone(site: Site, role: Role, place: str) -> None:
    [person] = [each for each in site.people if each.charges == {place: role}]
    named, everything = _said(site, person)
    assert named == READ[place]
    assert TECHNICIAN in everything


def test_the_table_of_results_and_its_file_name_whom_to_call_where_the_reader_is_in_charge(site: Site) -> None:
    [person] = [each for each in site.people if each.charges == {"own": "viewer"}]
    path = f"/luot-phat/{site.things['broadcast']}"
    for address in (path, f"{path}/bang.csv"):
        assert f"Gọi {_caretaker('loa-1a')}" in site.call(person, "GET", address).text


def test_a_list_by_rest_says_null_of_speakers_elsewhere(site: Site) -> None:
    [person] = [each for each in site.people if each.charges == {"sibling": "editor"}]
    items = site.call(person, "GET", "/api/v1/speakers").json()["items"]
    found = {each["speaker"]: (each["caretaker"], each["caretaker_phone"]) for each in items}
    assert found == {each: (_caretaker(each), _phone(each)) if each == "loa-2" else (None, None) for each in SPEAKERS}


def test_an_event_says_null_of_a_speaker_elsewhere(site: Site) -> None:
    with site.commune.database.reading() as session:
        for place in PLACES:
            officer = site.commune.officers[f"viewer.{place}"]
            body = event_body(session, Change("speaker", "loa-1a"), site.commune.now, officer)
            assert body is not None
            said = body.model_dump()["caretaker_phone"]
            assert said == (_phone("loa-1a") if "loa-1a" in READ[place] else None)


@pytest.mark.parametrize("path", ["/dang-nhap", "/", "/khong-co", "/api/v1/openapi.json", "/health"])
def test_a_stranger_reads_no_telephone(site: Site, path: str) -> None:
    answer = site.client.get(path, follow_redirects=True)
    assert TECHNICIAN not in answer.text
    assert TECHNICIAN.replace(" ", "") not in answer.text
