"""Inviting officers, and resetting a forgotten password: a link is shown once, and its owner sets the password."""

import re

import pytest
from sqlmodel import select

from controller.database.tables import Officer, PasswordLink, StoredAnswer
from controller.people.accounts import set_disabled
from controller.station.officers import check_password
from tests.people import PASSWORD
from tests.web.api.scripts import Api
from tests.web.conftest import Browser, Website

NEW = {"ten": "Trần Văn Dũng", "ten-dang-nhap": "dung", "vai-tro": "editor"}
OWN = "Nang-tren-dong-lua-9"
SET = {"mat-khau-moi": OWN, "mat-khau-lai": OWN}


def _holds(website: Website, username: str, password: str) -> bool:
    with website.office.database.reading() as session:
        return check_password(session, username, password) is not None


def link_on(page: str) -> str:
    """The path of the link that a page shows."""
    found = re.search(r"http://testserver(/dat-mat-khau\?ma=[\w-]{43})\s*</textarea>", page)
    assert found, page[:3000]
    return found.group(1)


def _invited(website: Website) -> str:
    browser = website.officer()
    browser.get("/can-bo")
    return link_on(browser.send("/can-bo", NEW).text)


def _reset(website: Website, username: str = "editor") -> str:
    browser = website.officer()
    officer = website.commune.officers[username].officer
    browser.get(f"/can-bo/{officer}")
    return link_on(browser.send(f"/can-bo/{officer}/duong-dan").text)


def _opened(website: Website, link: str, address: str = "testclient") -> Browser:
    browser = website.visitor(address=address)
    browser.get(link)
    return browser


def test_an_invited_officer_sets_the_own_password_and_signs_in(website: Website) -> None:
    browser = _opened(website, _invited(website))
    assert "Trần Văn Dũng đặt mật khẩu của mình ở đây, rồi đăng nhập bằng tên “dung”." in browser.seen
    browser.follow(browser.send("/dat-mat-khau", SET))
    assert "Đã đặt mật khẩu" in browser.seen
    browser.follow(browser.send("/dang-nhap", {"ten": "dung", "mat-khau": OWN}))
    assert "Trần Văn Dũng" in browser.seen


def test_no_page_asks_an_administrator_for_anothers_password(website: Website) -> None:
    browser = website.officer()
    for path in ("/can-bo", f"/can-bo/{website.commune.officers['editor'].officer}"):
        browser.get(path)
        assert 'type="password"' not in browser.page
    answer = browser.client.post(
        "/can-bo", data={**NEW, "csrf": _csrf(browser), "once": "x" * 20, "mat-khau": "mat-khau-dai-lam"}
    )
    assert answer.status_code == 200
    assert not _holds(website, "dung", "mat-khau-dai-lam")


def _csrf(browser: Browser) -> str:
    return browser.page.split('name="csrf" value="')[1].split('"')[0]


def test_a_link_is_shown_once_and_a_form_that_is_sent_again_shows_none(website: Website) -> None:
    browser = website.officer()
    browser.get("/can-bo")
    link = link_on(browser.send("/can-bo", NEW).text)
    again = browser.send("/can-bo", NEW)
    assert again.status_code == 303
    browser.follow(again)
    assert "Chưa đặt mật khẩu" in browser.seen
    assert "ma=" not in browser.page
    with website.office.database.reading() as session:
        kept = [each.token_hash for each in session.exec(select(PasswordLink)).all()]
        answers = [bytes(each.answer) for each in session.exec(select(StoredAnswer)).all()]
    token = link.partition("ma=")[2]
    assert token not in kept
    assert not any(token.encode() in each for each in answers)
    browser.send(f"/can-bo/{_officer(website, 'dung').officer}/duong-dan")
    stranger = website.visitor()
    stranger.get(link, 409)
    assert "đã được thay bằng đường dẫn mới hơn" in stranger.seen


def _officer(website: Website, username: str) -> Officer:
    with website.office.database.reading() as session:
        return session.exec(select(Officer).where(Officer.username == username)).one()


def test_the_page_with_the_link_has_its_code_for_a_telephone(website: Website) -> None:
    browser = website.officer()
    browser.get("/can-bo")
    browser.page = browser.send("/can-bo", NEW).text
    assert browser.page.count("<svg") >= 2
    assert 'class="qr" role="img" aria-label="Mã QR của đường dẫn"' in browser.page


def test_a_link_that_was_used_says_so_and_changes_nothing(website: Website) -> None:
    link = _reset(website)
    first, second = _opened(website, link), _opened(website, link)
    first.follow(first.send("/dat-mat-khau", SET))
    other = {"mat-khau-moi": "cua-nguoi-khac-12", "mat-khau-lai": "cua-nguoi-khac-12"}
    refused = second.send("/dat-mat-khau", other)
    assert refused.status_code == 409
    assert "Đường dẫn này đã dùng một lần." in refused.text
    assert _holds(website, "editor", OWN)
    website.visitor().get(link, 409)


def test_a_link_is_not_used_by_somebody_who_is_signed_in(website: Website) -> None:
    link = _reset(website)
    page = _opened(website, link).page
    for username in ("tham", "quang", "editor"):
        browser = website.officer(username)
        browser.get(link, 409)
        assert "đang đăng nhập bằng tài khoản của" in browser.seen
        browser.client.get("/dang-xuat")
        browser.page = page
        browser.client.cookies.set("loa_dang_nhap", page.split('name="csrf" value="')[1].split('"')[0])
        assert browser.send("/dat-mat-khau", SET).status_code == 409
    assert _holds(website, "editor", PASSWORD)
    _opened(website, link)


def test_a_link_that_is_too_late_or_of_a_disabled_account_is_refused_also_while_its_form_is_open(
    website: Website,
) -> None:
    website.commune.officer("hai", "editor")
    late, link = _opened(website, _reset(website)), _reset(website, "hai")
    website.later(days=3)
    assert late.send("/dat-mat-khau", SET).status_code == 409
    website.later(days=-1)
    disabled = _opened(website, link)
    with website.office.database.writing() as session:
        commune = website.commune
        set_disabled(session, commune.now, commune.officers["tham"], commune.officers["hai"].officer, disabled=True)
    refused = disabled.send("/dat-mat-khau", SET)
    assert refused.status_code == 409
    assert "đang khóa" in refused.text
    assert _holds(website, "editor", PASSWORD)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mat-khau-moi": "ngan", "mat-khau-lai": "ngan"}, "Mật khẩu cần ít nhất 10 ký tự."),
        ({"mat-khau-lai": "khac-hoan-toan"}, "Hai lần nhập không giống nhau."),
    ],
)
def test_a_password_that_will_not_do_is_said_at_its_field_and_the_link_stays(
    website: Website, fields: dict[str, str], words: str
) -> None:
    browser = _opened(website, _reset(website))
    answer = browser.send("/dat-mat-khau", SET | fields)
    assert answer.status_code == 422
    assert words in answer.text
    browser.page = answer.text
    assert browser.send("/dat-mat-khau", SET).status_code == 303


def test_who_guesses_links_has_to_wait_and_the_officer_elsewhere_does_not(website: Website) -> None:
    link = _reset(website)
    guesser = website.visitor(address="10.0.0.9")
    statuses = [guesser.client.get(f"/dat-mat-khau?ma=doan-{n}").status_code for n in range(8)]
    assert statuses == [404] * 5 + [429] * 3
    browser = _opened(website, link, "10.0.0.7")
    assert browser.send("/dat-mat-khau", SET).status_code == 303


def test_the_form_needs_its_own_token(website: Website) -> None:
    browser = _opened(website, _reset(website))
    for csrf in ("", "another"):
        assert browser.send("/dat-mat-khau", {**SET, "csrf": csrf}).status_code == 403
    assert _holds(website, "editor", PASSWORD)


def test_an_address_without_a_link_says_what_to_do(website: Website) -> None:
    browser = website.visitor()
    browser.get("/dat-mat-khau")
    assert "Mở trang này bằng đúng đường dẫn người quản trị đã đưa" in browser.seen


def test_the_officer_reads_of_a_reset_on_every_page_until_it_is_acknowledged(website: Website) -> None:
    website.commune.officer("khac", "administrator", name="Người Khác")
    link = _reset(website)
    editor, other = website.officer("editor"), website.officer("khac")
    editor.get("/")
    assert "Nguyễn Thị Hồng Thắm đã tạo đường dẫn đặt lại mật khẩu của chị, anh lúc 17:00 hôm nay." in editor.seen
    other.get("/")
    assert "Nguyễn Thị Hồng Thắm đã tạo đường dẫn đặt lại mật khẩu của Biên tập lúc 17:00 hôm nay." in other.seen
    browser = _opened(website, link)
    browser.send("/dat-mat-khau", SET)
    browser.get("/dang-nhap")
    browser.follow(browser.send("/dang-nhap", {"ten": "editor", "mat-khau": OWN}))
    assert "Mật khẩu của chị, anh đã được đặt lại lúc 17:00 hôm nay" in browser.seen
    browser.follow(browser.send("/tai-khoan/da-biet"))
    assert "đã được đặt lại" not in browser.seen
    other.get("/")
    assert "Mật khẩu của Biên tập đã được đặt lại lúc 17:00 hôm nay" in other.seen


class TestByRest:
    """`/officers`: the same by bearer token."""

    def test_an_account_is_made_with_a_link_and_never_with_a_password(self, website: Website) -> None:
        script = Api(website).script()
        body = {"username": "dung", "name": "Trần Văn Dũng", "role": "editor"}
        assert script.post("/officers", {**body, "password": OWN}).status_code == 422
        answer = script.post("/officers", body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
        made = answer.json()
        assert (made["has_password"], made["link"]["kind"]) == (False, "invitation")
        assert script.post("/officers", body, headers={"Idempotency-Key": "k"}).json() == made
        assert script.post("/officers", body).json()["code"] == "username_taken"
        browser = _opened(website, made["link"]["url"].removeprefix("http://testserver"))
        browser.send("/dat-mat-khau", SET)
        assert _holds(website, "dung", OWN)
        assert script.get(f"/officers/{made['officer']}").json()["has_password"]

    def test_a_reset_link_is_made_and_an_account_disabled(self, website: Website) -> None:
        script, editor = Api(website).script(), website.commune.officers["editor"].officer
        link = script.post(f"/officers/{editor}/password-link").json()
        assert (link["kind"], link["officer"]) == ("reset", editor)
        own = website.commune.officers["tham"].officer
        assert script.post(f"/officers/{own}/password-link").json()["code"] == "own_link"
        assert script.post("/officers/nobody/password-link").status_code == 404
        assert script.patch(f"/officers/{editor}", {"disabled": True}).json()["disabled"]
        assert script.post(f"/officers/{editor}/password-link").json()["code"] == "link_of_disabled"
        listed = {each["username"]: each["disabled"] for each in script.get("/officers").json()["items"]}
        assert listed == {"tham": False, "quang": False, "editor": True}

    def test_who_is_no_administrator_reads_and_makes_nothing(self, website: Website) -> None:
        script, editor = Api(website).script("quang"), website.commune.officers["editor"].officer
        assert script.get("/officers").status_code == 403
        assert script.post(f"/officers/{editor}/password-link").status_code == 403
