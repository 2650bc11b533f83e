"""“Việc cần hai người quản trị”: asked on one page, told on all, agreed to by another administrator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from controller.people.weighty_deeds import carry_out_due
from controller.running.alarm_clock import AlarmClock
from tests.web.api.scripts import Api
from tests.web.conftest import Browser, Website, make_website
from tests.web.people.test_officers import NEW, SET, link_on


@pytest.fixture
def website(website: Website) -> Website:
    """With a second administrator."""
    website.commune.officer("hai", "administrator", name="Người Thứ Hai")
    return website


def _raise(website: Website, browser: Browser) -> str:
    """Ask that the editor becomes an approver; returns the path of the editor's page."""
    path = f"/can-bo/{website.commune.officers['editor'].officer}"
    browser.get(path)
    browser.follow(browser.send(f"{path}/vai-tro", {"vai-tro": "approver", "dia-ban": ""}))
    return path


def _form(browser: Browser, deed: str) -> str:
    """The address of the page's form that ends so; empty: there is none."""
    found = [each.split('"')[0] for each in browser.page.split('action="/viec-hai-nguoi')[1:]]
    return next((f"/viec-hai-nguoi{each}" for each in found if each.endswith(deed)), "")


SAYS = "Nguyễn Thị Hồng Thắm xin giao vai trò cho Biên tập: Lãnh đạo: soạn, đặt phát và phê duyệt. Phụ trách: Toàn đài."


def test_it_is_told_on_every_page_and_agreed_to_by_the_other(website: Website) -> None:
    tham, other, editor = website.officer(), website.officer("hai"), website.officer("editor")
    path = _raise(website, tham)
    assert "Đang chờ một người quản trị khác" in tham.seen
    assert "Biên tập: soạn và đặt phát" in tham.seen
    for browser in (tham, other, editor):
        browser.get("/")
        assert f"{SAYS} Có hiệu lực lúc 17:00 ngày mai" in browser.seen
    website.officer("quang").get("/")
    tham.get("/viec-hai-nguoi")
    assert not _form(tham, "/dong-y")
    other.get("/viec-hai-nguoi")
    other.follow(other.send(_form(other, "/dong-y")))
    assert "Không có việc nào đang chờ." in other.seen
    other.get(path)
    assert "Lãnh đạo: soạn, đặt phát và phê duyệt" in other.seen
    editor.get("/")
    assert SAYS not in editor.seen
    other.get("/nhat-ky")
    assert "giao vai trò: Lãnh đạo: soạn, đặt phát và phê duyệt" in other.seen


def test_a_form_that_the_page_does_not_show_is_refused_all_the_same(website: Website) -> None:
    tham, other = website.officer(), website.officer("hai")
    _raise(website, tham)
    other.get("/viec-hai-nguoi")
    address = _form(other, "/dong-y")
    csrf = tham.page.split('name="csrf" value="')[1].split('"')[0]
    refused = tham.client.post(address, data={"csrf": csrf})
    assert refused.status_code == 403
    assert "Cần một người quản trị khác đồng ý" in refused.text


def test_the_other_withdraws_it(website: Website) -> None:
    _raise(website, website.officer())
    other = website.officer("hai")
    other.get("/viec-hai-nguoi")
    other.follow(other.send(_form(other, "/rut-lai")))
    website.later(hours=25)
    carry_out_due(website.office.database, website.commune.now)
    browser = website.officer("hai")
    browser.get(f"/can-bo/{website.commune.officers['editor'].officer}")
    assert "Biên tập: soạn và đặt phát" in browser.seen


def test_a_link_for_an_approver_says_that_it_waits_to_both(website: Website) -> None:
    tham = website.officer()
    path = f"/can-bo/{website.commune.officers['quang'].officer}"
    tham.get(path)
    tham.page = tham.send(f"{path}/duong-dan").text
    assert "Đường dẫn chưa dùng được" in tham.seen
    link = link_on(tham.page)
    stranger = website.visitor()
    stranger.get(link, 409)
    assert "phải chờ một người quản trị khác đồng ý, hoặc chờ 24 giờ" in stranger.seen
    website.later(hours=24)
    carry_out_due(website.office.database, website.commune.now)
    stranger.get(link)
    assert stranger.send("/dat-mat-khau", SET).status_code == 303


def test_a_new_approver_is_shown_as_an_editor_who_waits(website: Website) -> None:
    browser = website.officer()
    browser.get("/can-bo")
    link = link_on(browser.send("/can-bo", {**NEW, "vai-tro": "approver"}).text)
    browser.get("/viec-hai-nguoi")
    assert "xin giao vai trò cho Trần Văn Dũng: Lãnh đạo" in browser.seen
    stranger = website.visitor()
    stranger.get(link)


def test_a_role_that_is_none_is_said_at_its_field(website: Website) -> None:
    browser = website.officer()
    path = f"/can-bo/{website.commune.officers['editor'].officer}"
    browser.get(path)
    answer = browser.send(f"{path}/vai-tro", {"vai-tro": "king"})
    assert answer.status_code == 422
    assert "Chọn vai trò." in answer.text


def test_an_office_that_runs_carries_out_what_nobody_withdrew_and_writes_when_sessions_were_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: dict[str, Callable[[], None]] = {}
    monkeypatch.setattr(AlarmClock, "every", lambda _clock, _seconds, call, name: jobs.setdefault(name, call))
    website = make_website(tmp_path)
    path = _raise(website, website.officer())
    website.later(hours=24)
    jobs["weighty deeds"]()
    browser = website.officer()
    browser.get(path)
    assert "Đang chờ một người quản trị khác" not in browser.seen
    for _ in range(3):
        website.later(hours=11)
        browser.get("/")
        jobs["session uses"]()
    website.office.database.close()
    website.commune.database.close()


class TestByRest:
    """`/weighty-deeds`: the same by bearer token."""

    def test_a_raise_is_asked_agreed_to_and_read(self, website: Website) -> None:
        api, editor = Api(website), website.commune.officers["editor"].officer
        tham, other = api.script(), api.script("hai")
        asked = tham.patch(f"/officers/{editor}", {"role": "approver"}).json()
        assert asked["role"] == "editor"
        [deed] = asked["weighty_deeds"]
        [listed] = other.get("/weighty-deeds").json()["items"]
        assert (listed["deed"], listed["kind"], listed["role"]) == (deed, "charge", "approver")
        assert tham.post(f"/weighty-deeds/{deed}/agreement").json()["code"] == "deed_needs_another"
        done = other.post(f"/weighty-deeds/{deed}/agreement", headers={"Idempotency-Key": "k"})
        assert done.status_code == 200
        again = other.post(f"/weighty-deeds/{deed}/agreement", headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json()) == (200, done.json())
        assert other.post(f"/weighty-deeds/{deed}/agreement").json()["code"] == "deed_settled"
        assert tham.get(f"/officers/{editor}").json()["role"] == "approver"
        assert other.call("DELETE", f"/weighty-deeds/{deed}").status_code == 409
        assert other.call("DELETE", "/weighty-deeds/nothing").status_code == 404

    def test_a_link_that_waits_has_no_end_yet(self, website: Website) -> None:
        api, quang = Api(website), website.commune.officers["quang"].officer
        link = api.script().post(f"/officers/{quang}/password-link").json()
        assert (link["holds_from"], link["expires_at"]) == (None, None)
        [deed] = api.script().get("/weighty-deeds").json()["items"]
        assert api.script("hai").call("DELETE", f"/weighty-deeds/{deed['deed']}").json()["withdrawn_at"]

    def test_null_is_refused_where_it_says_nothing(self, website: Website) -> None:
        script, editor = Api(website).script(), website.commune.officers["editor"].officer
        for body in ({"role": None}, {"disabled": None}):
            assert script.patch(f"/officers/{editor}", body).status_code == 422
        assert script.patch(f"/officers/{editor}", {"area": website.commune.areas["ấp 1"]}).json()["area"]
        assert script.patch(f"/officers/{editor}", {"area": "nowhere"}).status_code == 422
