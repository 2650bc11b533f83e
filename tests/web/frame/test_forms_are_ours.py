"""Each address that changes something takes only a form of ours: without the session's token it is 403."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi.routing import APIRoute

from controller.announcements.lexicon import Wording, set_entry
from controller.database.tables import metadata
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from controller.web.pages import PAGES
from tests.web.conftest import Website, make_website

POSTS = sorted(
    route.path
    for page in PAGES
    for route in page.router.routes
    if isinstance(route, APIRoute) and "POST" in (route.methods or set()) and route.path != "/dang-nhap"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One for all of them: nothing here changes anything, which is what is shown."""
    made = make_website(tmp_path_factory.mktemp("site"))
    yield made
    made.office.database.close()
    made.commune.database.close()


@pytest.fixture(scope="module")
def paths(site: Website) -> dict[str, str]:
    """Each address with something that is there in its place."""
    commune = site.commune
    announcement = commune.approved()
    names = {
        "announcement": announcement,
        "broadcast": commune.order(announcement, "ấp 1", starts_in_s=600).broadcast,
        "speaker": "loa-1a",
        "area": commune.areas["ấp 1"],
        "officer": commune.officers["editor"].officer,
        "schedule": _schedule(site),
        "year": "2026",
        "entry": _entry(site),
    }
    return {post: re.sub(r"\{(\w+)\}", lambda match: names[match.group(1)], post) for post in POSTS}


def _schedule(site: Website) -> str:
    commune = site.commune
    first = datetime.fromisoformat("2026-11-24T05:00:00")
    order = ScheduleOrder(commune.approved(), (commune.areas["ấp 1"],), (), first, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
    with commune.writing() as session:
        return add_schedule(session, commune.now, commune.officers["tham"], order).schedule


def _entry(site: Website) -> str:
    commune = site.commune
    with commune.writing() as session:
        return set_entry(session, commune.now, commune.officers["tham"], None, Wording("XBT", "xưởng")).entry


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
        assert "Phiên làm việc đã hết" in answer.text
    assert site.visitor().client.post(paths[post]).status_code == 403
    assert _state(site) == before


def test_no_form_of_ours_goes_without_a_token(site: Website) -> None:
    browser = site.officer()
    announcement = site.commune.announcement()
    paths = ["/", "/ban-tin/moi", f"/ban-tin/{announcement}", "/im-lang", "/cum-loa/moi", "/cum-loa/loa-1a", "/dia-ban"]
    for path in [*paths, f"/dia-ban/{site.commune.areas['xã']}", "/cai-dat", "/can-bo"]:
        for form in re.findall(r'(?s)<form[^>]*method="post".*?</form>', browser.get(path)):
            assert 'name="csrf"' in form, f"{path}: {form[:200]}"
