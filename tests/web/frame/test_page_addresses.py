"""No page is forgotten by the tests that walk them: a new route of PAGES is walked, or fails here by its path."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from fastapi.sse import EventSourceResponse

from tests.web.conftest import Website, make_website
from tests.web.drawn_commune import DrawnCommune
from tests.web.frame.one_of_everything import add_one_of_everything
from tests.web.frame.page_addresses import (
    EVENTS,
    EXAMPLES,
    GETS,
    NOT_HTML,
    POSTS,
    QUERIES,
    ROUTES,
    TRIES,
    WALKED,
    filled,
    parameters_of,
    route_of,
)
from tests.web.pictures import SITES

_PARTS = "the parts of a page that its script fetches"
NOT_PICTURED: Mapping[str, str] = {
    "/phan/trang-dau": _PARTS,
    "/phan/cau/{announcement}": _PARTS,
    "/phan/luot-phat/{broadcast}": _PARTS,
    "/phan/cum-loa": _PARTS,
    "/phan/cum-loa/{speaker}": _PARTS,
    "/phan/im-lang": _PARTS,
}
"""What is walked and has no picture of its own, with why."""


def test_every_route_of_pages_has_an_example() -> None:
    assert len(GETS) > 35
    assert len(POSTS) > 30
    assert [path for path in (*GETS, *POSTS) if not set(parameters_of(path)) <= set(EXAMPLES)] == []


def test_what_is_said_of_routes_is_said_of_routes_that_are_there() -> None:
    assert set(NOT_HTML) <= set(GETS)
    assert set(QUERIES) <= set(WALKED)
    used = {name for text in (*GETS, *POSTS, *TRIES) for name in parameters_of(text)}
    assert set(EXAMPLES) == used


@pytest.mark.parametrize("path", [each for each in NOT_HTML if each != EVENTS])
def test_what_is_left_out_answers_no_html(website: Website, path: str) -> None:
    add_one_of_everything(website.commune, 0)
    with website.office.database.reading() as session:
        [address, *_] = filled(session, path)
    answer = website.officer().client.get(address)
    assert answer.status_code in (200, 303)
    assert "text/html" not in answer.headers.get("content-type", "")


def test_the_events_are_a_stream() -> None:
    [route] = (each for each in ROUTES if each.path == EVENTS)
    assert route.response_class is EventSourceResponse


def test_an_officer_who_is_signed_in_is_sent_on_from_the_form(website: Website) -> None:
    website.officer().get("/dang-nhap", 303)


def test_every_page_has_a_picture(tmp_path: Path) -> None:
    pictured: set[str | None] = set()
    for number, (make, pictures) in enumerate(SITES):
        folder = tmp_path / str(number)
        folder.mkdir()
        site = make_website(folder, make)
        made = site.commune
        assert isinstance(made, DrawnCommune)
        for picture in pictures:
            if picture.scene:
                picture.scene(made)
            pictured.add(route_of(picture.path(made)))
        site.office.database.close()
        made.database.close()
    assert set(WALKED) - pictured == set(NOT_PICTURED)
