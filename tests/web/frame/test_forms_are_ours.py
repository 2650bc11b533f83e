"""Each address that changes something takes only a form of ours: without the session's token it is 403.

And each is the action of a form on some page.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

import pytest

from controller.database.tables import metadata
from tests.web.conftest import Forms, Website, make_website
from tests.web.frame import page_addresses
from tests.web.frame.one_of_everything import add_one_of_everything
from tests.web.frame.page_addresses import assert_walked_all, filled, route_of, walk

POSTS = sorted(set(page_addresses.POSTS) - set(page_addresses.FOR_VISITORS))
WITHOUT_A_FORM: Mapping[str, str] = {
    "/dang-nhap/ma": "is the answer to a right password of somebody with a second factor",
    "/dang-nhap/khoa-truy-cap/bat-dau": "is fetched by the script of the form that signs in with a passkey",
    "/tai-khoan/khoa-truy-cap/xac-nhan": "stands where a passkey is made, in answer to the password",
    "/tai-khoan/hai-buoc/xac-nhan": "stands where the secret is shown, in answer to the password",
    "/tai-khoan/hai-buoc/tat": "stands in place of the form that switches it on",
}
"""The addresses that take a POST and are the action of no form, with why."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One for all of them: nothing here changes anything, which is what is shown."""
    made = make_website(tmp_path_factory.mktemp("site"))
    for number in range(2):
        add_one_of_everything(made.commune, number)
    yield made
    made.office.database.close()
    made.commune.database.close()


@pytest.fixture(scope="module")
def paths(site: Website) -> dict[str, str]:
    """Each address with an existing row in its place."""
    with site.office.database.reading() as session:
        return {post: filled(session, post)[0] for post in POSTS}


def _state(site: Website) -> list[list[object]]:
    """Every row of every table, so that nothing can have been changed unseen."""
    with site.office.database.reading() as session:
        return [[tuple(row) for row in session.execute(table.select()).all()] for table in metadata.sorted_tables]


def test_there_are_forms_to_be_tried() -> None:
    assert len(POSTS) >= 18


@pytest.mark.parametrize("post", POSTS)
def test_without_the_sessions_token_nothing_happens(site: Website, paths: dict[str, str], post: str) -> None:
    mine, theirs = site.officer(), site.officer("quang")
    token_of_another = re.search(r'name="csrf" value="([^"]+)"', theirs.get("/"))
    assert token_of_another
    before = _state(site)
    for token in (None, "", "wrong", "ký tự lạ", token_of_another.group(1)):
        fields = {"khoa": "1", "tat": "1", "giu": "1", "viec": "luu"} | ({} if token is None else {"csrf": token})
        answer = mine.client.post(paths[post], data=fields)
        assert answer.status_code == 403, (token, answer.text[:500])
        assert "Phiên đăng nhập đã hết" in answer.text
    assert site.visitor().client.post(paths[post]).status_code == 403
    assert _state(site) == before


@pytest.fixture(scope="module")
def walked(site: Website) -> list[tuple[str, str]]:
    """Each address of each page, with its HTML."""
    return list(walk(site, site.officer()))


def test_no_form_of_ours_goes_without_a_token(walked: list[tuple[str, str]]) -> None:
    assert_walked_all([address for address, _ in walked])
    posting = [
        (address, action, dict(fields))
        for address, html in walked
        for method, action, fields in Forms(html).forms
        if method.lower() == "post"
    ]
    assert len(posting) > len(walked), "each page but the fragments has the form that signs out"
    assert [(address, action) for address, action, fields in posting if not fields.get("csrf")] == []
    assert [(address, action) for address, action, _ in posting if route_of(action, "POST") is None] == []


def test_every_address_that_takes_a_form_is_the_action_of_one(walked: list[tuple[str, str]]) -> None:
    actions = {action for _, html in walked for action in _Actions(html).found}
    without = set(page_addresses.POSTS) - {route_of(action, "POST") for action in actions}
    assert without == set(WITHOUT_A_FORM)


class _Actions(HTMLParser):
    """Where the forms of a page that are posted go, by their own actions and by those of their buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and (given.get("method") or "").lower() == "post":
            self.found.add(given.get("action") or "")
        if given.get("formaction"):
            self.found.add(given["formaction"] or "")
