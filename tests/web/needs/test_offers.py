"""Pages × roles × areas: no form and no link on a page that a reader gets is refused to that reader with 403."""

from collections.abc import Iterator, Mapping

import pytest
from sqlmodel import col, select

from controller.announcements.drafts import change_announcement
from controller.database.tables import Broadcast, Delivery
from controller.planning.submission import submit_announcement
from controller.web.frame.page import Page
from tests.web.conftest import an_application
from tests.web.frame.page_addresses import FOR_VISITORS, NOT_HTML, TRIES, filled, route_of
from tests.web.needs.examples import add_things, examples_of
from tests.web.needs.offers import Offer, Offers
from tests.web.needs.routes import routes_of
from tests.web.needs.site import Person, Site, open_site
from tests.web.needs.test_matrix import READS_BY_AREA

READERS = (
    "editor own",
    "administrator own",
    *(
        pytest.param(name, marks=pytest.mark.soak)
        for name in (
            "viewer own",
            "approver own",
            "editor sibling",
            "administrator station",
            "administrator sibling",
            "deputy",
        )
    ),
)
FOR_ALL = {
    *NOT_HTML,
    *(
        each.path
        for each in routes_of(an_application())
        if each.reads and [need.role for need in each.needs] == ["viewer"] and each.path not in READS_BY_AREA
    ),
}
"""What any officer may read wherever it is, as the matrix tries."""
ONCE = frozenset({"once"})
"""Fields that are another each time the page is asked for."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The matrix's office, with things that concern ấp 2, both hamlets, or the whole station."""
    with open_site(tmp_path_factory.mktemp("site")) as made:
        add_things(made)
        _add_more(made)
        yield made


def _add_more(site: Site) -> None:
    commune = site.commune
    beside = commune.approved(title="Của ấp 2", author="editor", approver="quang", area=commune.areas["ấp 2"])
    commune.order(beside, "ấp 2", starts_in_s=1800)
    drafted = commune.approved(title="Của xã, đang sửa", author="editor", approver="quang")
    commune.order(drafted, "ấp 1", "ấp 2", starts_in_s=2400)
    both = commune.announcement(title="Hai nơi", author="editor")
    commune.order(both, "ấp 1", starts_in_s=2700, by="editor")
    commune.order(both, "ấp 2", starts_in_s=2700, by="editor")
    alone = commune.announcement(title="Chưa đặt nơi nào", author="editor")
    with commune.writing() as session:
        for each in (both, alone):
            submit_announcement(session, commune.now, commune.officers["editor"], each, [])
    heard = commune.order(drafted, "xã", starts_in_s=30).broadcast
    commune.later(minutes=20)
    with commune.writing() as session:
        for n, row in enumerate(session.exec(select(Delivery).where(Delivery.broadcast == heard)).all()):
            row.state, row.received_at = ("missed", "started")[n % 2], commune.now
            session.add(row)
    commune.announcement(title="Nháp của xã", author="editor")
    with commune.writing() as session:
        changed = change_announcement(session, commune.now, commune.officers["editor"], drafted, {"text": "Lời mới."})
        commune.give_sound(session, changed, b"OggS other words")
    site.keep()


def addresses(site: Site) -> list[str]:
    """Of all pages: each with every thing that it can be about, and with two examples of what its query adds.

    Of a schedule's broadcasts all but one are left out, and so are the parts that a script asks for of a page.
    """
    with site.commune.database.reading() as session:
        found = [(each, filled(session, each)) for each in TRIES if route_of(each) not in FOR_VISITORS]
        later = set(session.exec(select(Broadcast.broadcast).where(col(Broadcast.occurrence) > "2026-11-26T")).all())
    return [
        address
        for asked, filled_in in found
        for address in (filled_in if "?" not in asked else filled_in[:2])
        if not asked.startswith("/phan/") and not any(each in address for each in later)
    ]


def typed(site: Site) -> Mapping[str, Mapping[str, str]]:
    """{“POST path”: what its examples type}."""
    return {
        route: {name: text for each in examples for name, text in dict(each.given.get("data", {})).items()}
        for route, examples in examples_of(site).items()
    }


def refused(site: Site, person: Person, pages: list[str]) -> list[str]:
    """What these pages offer this person, and refuse."""
    words, found, tried = typed(site), [], dict[Offer, int]()

    def answer_of(offer: Offer) -> int:
        key = Offer(offer.method, offer.path, tuple(each for each in offer.fields if each[0] not in ONCE))
        if key not in tried:
            fields: dict[str, list[str]] = {}
            for name, value in offer.fields:
                fields.setdefault(name, []).append(value)
            given = {"data": fields} if offer.method == "POST" else {"params": fields} if fields else {}
            status = site.call(person, offer.method, offer.path, **given).status_code
            if offer.method == "POST" and status < 400:
                site.restore()
            tried[key] = status
        return tried[key]

    for address in pages:
        page = site.call(person, "GET", address)
        tried[Offer("GET", address)] = page.status_code
        if page.status_code != 200:
            assert page.status_code < 500, f"{address}: {page.text[:500]}"
            continue
        read = Offers(page.text)
        offers = [each for each in read.links if route_of(each.path) not in FOR_ALL]
        for form in read.forms:
            offers += form.offers(words.get(f"{form.method} {route_of(form.action, form.method)}", {}))
        for each in offers:
            status = answer_of(each)
            if status == 403 or status >= 500:
                found.append(f"{address} offers {each.method} {each.path} {each.fields}: {status}")
    return found


@pytest.mark.parametrize("name", READERS)
def test_a_page_offers_its_reader_nothing_that_is_refused(site: Site, name: str) -> None:
    person = next(each for each in site.people if each.name == name)
    assert refused(site, person, addresses(site)) == []


def test_what_stands_in_a_page_is_found() -> None:
    read = Offers(
        '<a href="/a#b">x</a><form method="post" action="/c" id="d">'
        '<input type="hidden" name="e" value="1">'
        '<select name="thuoc"><option value="2">x</option><option value="3">x</option></select>'
        '<input type="checkbox" name="luon" value="4"><input type="checkbox" name="f" value="6">'
        '<button name="h" value="5">x</button></form>'
        '<button form="d" formaction="/i">x</button>'
    )
    assert read.links == [Offer("GET", "/a")]
    assert [(each.path, dict(each.fields)) for each in read.forms[0].offers({})] == [
        ("/c", {"e": "1", "thuoc": "2", "h": "5"}),
        ("/i", {"e": "1", "thuoc": "2"}),
        ("/c", {"e": "1", "thuoc": "3", "h": "5"}),
        ("/c", {"e": "1", "thuoc": "2", "luon": "4", "h": "5"}),
    ]


def test_a_page_that_offers_everybody_everything_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "holds", lambda *_given: True)
    viewer = next(each for each in site.people if each.name == "viewer own")
    assert any("/ offers GET /ban-tin/moi" in each for each in refused(site, viewer, ["/"]))
