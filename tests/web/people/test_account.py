"""“Tài khoản của tôi”: everybody changes the own password, and sees and ends the own sessions."""

import re

import pytest

from controller.few_threads import FewThreads
from controller.station.officers import check_password
from tests.people import PASSWORD
from tests.web.api.scripts import Api
from tests.web.conftest import Browser, Website

NEW = "Nang-tren-dong-lua-9"
CHANGE = {"mat-khau-cu": PASSWORD, "mat-khau-moi": NEW, "mat-khau-lai": NEW}
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"


def _holds(website: Website, username: str, password: str) -> bool:
    with website.office.database.reading() as session:
        return check_password(session, username, password) is not None


def _sign_in(website: Website, username: str, agent: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/133.0") -> Browser:
    browser = website.visitor()
    browser.client.headers["user-agent"] = agent
    browser.get("/dang-nhap")
    browser.follow(browser.send("/dang-nhap", {"ten": username, "mat-khau": PASSWORD}))
    return browser


@pytest.mark.parametrize("username", ["editor", "quang", "tham"])
def test_everybody_changes_the_own_password_and_stays_signed_in_here_alone(website: Website, username: str) -> None:
    here, elsewhere = website.officer(username), website.officer(username)
    here.get("/tai-khoan")
    here.follow(here.send("/tai-khoan/mat-khau", CHANGE))
    assert "Đã đổi mật khẩu" in here.seen
    assert elsewhere.client.get("/").status_code == 303
    assert (_holds(website, username, PASSWORD), _holds(website, username, NEW)) == (False, True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mat-khau-cu": "khong-phai-the"}, "Mật khẩu hiện nay chưa đúng."),
        ({"mat-khau-cu": ""}, "Mật khẩu hiện nay chưa đúng."),
        ({"mat-khau-moi": "ngan", "mat-khau-lai": "ngan"}, "Mật khẩu cần ít nhất 10 ký tự."),
        ({"mat-khau-lai": "khac-hoan-toan"}, "Hai lần nhập không giống nhau."),
        ({"mat-khau-moi": "a" * 1025, "mat-khau-lai": "a" * 1025}, "Dài nhất 1.024 ký tự."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_shown_again(
    website: Website, fields: dict[str, str], words: str
) -> None:
    browser, elsewhere = website.officer("editor"), website.officer("editor")
    browser.get("/tai-khoan")
    answer = browser.send("/tai-khoan/mat-khau", CHANGE | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert NEW not in answer.text
    assert PASSWORD not in answer.text
    assert _holds(website, "editor", PASSWORD)
    elsewhere.get("/")


def test_who_found_an_open_session_cannot_guess_its_password(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    statuses = [
        browser.send("/tai-khoan/mat-khau", {**CHANGE, "mat-khau-cu": f"doan-lan-{n}"}).status_code for n in range(8)
    ]
    assert statuses == [422] * 5 + [429] * 3
    refused = browser.send("/tai-khoan/mat-khau", CHANGE)
    assert refused.status_code == 429, "it counts together with signing in"
    assert refused.headers["retry-after"] == "1"
    assert "Chưa đổi được" in refused.text
    website.later(seconds=1)
    assert browser.send("/tai-khoan/mat-khau", CHANGE).status_code == 303


def test_a_full_queue_changes_nothing_and_says_so(website: Website) -> None:
    website.office.password_checks = FewThreads("test", at_a_time=0, most_waiting=1)
    website.office.password_checks.put(lambda: None)
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    answer = browser.send("/tai-khoan/mat-khau", CHANGE)
    assert answer.status_code == 503
    assert "Nhiều yêu cầu khác đang chờ" in answer.text
    assert _holds(website, "editor", PASSWORD)


def test_sessions_are_listed_in_plain_words_with_this_one_marked(website: Website) -> None:
    browser = _sign_in(website, "editor")
    website.later(minutes=90)
    _sign_in(website, "editor", PHONE)
    program = {"username": "editor", "password": PASSWORD}
    website.visitor().client.post("/api/v1/sessions", json=program, headers={"user-agent": "curl/8.5.0"})
    browser.get("/tai-khoan")
    assert "Firefox trên WindowsPhiên này 17:00 hôm nay đang dùng" in browser.seen
    assert "Chrome trên Android 18:30 hôm nay 18:30 hôm nay Kết thúc" in browser.seen
    assert "Chương trình (curl)" in browser.seen
    assert browser.page.count('name="phien"') == 2, "this one ends by signing out"


def test_one_session_is_ended_or_all_others(website: Website) -> None:
    browser, phone, third = (_sign_in(website, "editor", agent) for agent in ("Firefox", PHONE, "Opera"))
    stranger = website.officer("quang")
    browser.get("/tai-khoan")
    of_phone = re.search(r'Chrome trên Android.*?name="phien" value="([0-9a-f]{64})"', " ".join(browser.page.split()))
    assert of_phone
    browser.follow(browser.send("/tai-khoan/phien", {"phien": of_phone.group(1)}))
    assert phone.client.get("/").status_code == 303
    third.get("/")
    browser.follow(browser.send("/tai-khoan/phien-khac"))
    assert third.client.get("/").status_code == 303
    stranger.get("/")
    assert "Kết thúc tất cả các phiên khác" not in browser.seen


def test_a_page_that_is_left_open_does_not_keep_its_session(website: Website) -> None:
    browser = website.officer("editor")
    for _ in range(12):
        website.later(hours=1)
        browser.client.get("/phan/trang-dau")
        website.office.session_uses.step()
    assert browser.client.get("/").status_code == 303


def test_a_page_that_is_read_keeps_its_session(website: Website) -> None:
    browser = website.officer("editor")
    for _ in range(3):
        website.later(hours=11)
        browser.get("/lich-tuan")
        website.office.session_uses.step()


class TestByRest:
    """`/account`: the same by bearer token."""

    def test_the_own_password_is_changed_and_other_sessions_end(self, website: Website) -> None:
        api = Api(website)
        script, other = api.script("editor"), api.script("editor")
        wrong = script.call("PUT", "/account/password", {"present": "khong-phai-the", "new": NEW})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "present_password_wrong")
        short = script.call("PUT", "/account/password", {"present": PASSWORD, "new": "ngan"})
        assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "new")
        assert script.call("PUT", "/account/password", {"present": PASSWORD, "new": NEW}).status_code == 204
        assert script.get("/account").json()["username"] == "editor"
        assert other.get("/account").status_code == 401
        assert _holds(website, "editor", NEW)

    def test_sessions_are_listed_and_ended_and_those_of_another_are_not_there(self, website: Website) -> None:
        api = Api(website)
        script, other, third, stranger = (api.script(each) for each in ("editor", "editor", "editor", "quang"))
        items = script.get("/account/sessions").json()["items"]
        assert sorted(each["this"] for each in items) == [False, False, True]
        theirs = stranger.get("/account/sessions").json()["items"][0]["session"]
        assert script.call("DELETE", f"/account/sessions/{theirs}").status_code == 404
        of_other = next(each["session"] for each in other.get("/account/sessions").json()["items"] if each["this"])
        assert script.call("DELETE", f"/account/sessions/{of_other}").status_code == 204
        assert other.get("/account").status_code == 401
        assert script.call("DELETE", "/account/sessions").status_code == 204
        assert third.get("/account").status_code == 401
        assert stranger.get("/account").status_code == 200
