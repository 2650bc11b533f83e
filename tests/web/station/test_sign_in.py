"""Signing in and out: the page that follows, the cookies, and the limits on wrong passwords."""

import re
from pathlib import Path

import pytest

from controller.few_threads import FewThreads
from tests.people import PASSWORD
from tests.web.conftest import Browser, Website, make_website

WRONG = {"ten": "tham", "mat-khau": "khong-phai-the"}
RIGHT = {"ten": "tham", "mat-khau": PASSWORD}


def test_a_page_asks_to_sign_in_and_signing_in_leads_back_to_it(website: Website) -> None:
    browser = website.visitor()
    answer = browser.client.get("/luot-phat?loc=tat-ca")
    assert answer.status_code == 303
    browser.get(answer.headers["location"])
    done = browser.send("/dang-nhap", RIGHT)
    assert (done.status_code, done.headers["location"]) == (303, "/luot-phat?loc=tat-ca")
    assert "Kết quả phát" in browser.get("/luot-phat")


def test_signing_in_never_leads_to_another_host(website: Website) -> None:
    browser = website.visitor()
    browser.get("/dang-nhap?tiep=//evil.example/")
    assert browser.send("/dang-nhap", RIGHT).headers["location"] == "/"


def test_after_a_wrong_password_the_page_gives_hints_and_keeps_the_user_name(website: Website) -> None:
    browser = website.visitor()
    browser.get("/dang-nhap")
    answer = browser.send("/dang-nhap", WRONG)
    assert answer.status_code == 401
    assert "Tên hoặc mật khẩu chưa đúng. Xem bộ gõ tiếng Việt" in answer.text
    assert 'value="tham"' in answer.text
    assert WRONG["mat-khau"] not in answer.text


def test_after_five_wrong_passwords_an_address_waits_on_pages_and_rest_and_another_does_not(
    website: Website,
) -> None:
    browser = website.visitor()
    browser.get("/dang-nhap")
    for _ in range(5):
        assert browser.send("/dang-nhap", WRONG).status_code == 401
    refused = browser.send("/dang-nhap", RIGHT)
    assert refused.status_code == 429
    assert "Chờ 1 giây rồi thử lại" in refused.text
    assert refused.headers["retry-after"] == "1"
    by_script = {"username": "tham", "password": PASSWORD}
    assert browser.client.post("/api/v1/sessions", json=by_script).status_code == 429

    elsewhere = website.visitor(address="10.0.0.7")
    elsewhere.get("/dang-nhap")
    assert elsewhere.send("/dang-nhap", RIGHT).status_code == 303

    website.later(seconds=1)
    browser.get("/dang-nhap")
    assert browser.send("/dang-nhap", RIGHT).status_code == 303


@pytest.mark.parametrize("door", ["page", "REST"])
def test_a_device_that_signed_in_before_gets_in_while_its_own_address_is_refused(website: Website, door: str) -> None:
    browser = website.visitor()

    def sign_in(username: str) -> int:
        if door == "REST":
            body = {"username": username, "password": PASSWORD}
            return int(browser.client.post("/api/v1/sessions", json=body).status_code)
        browser.get("/dang-nhap")
        return int(browser.send("/dang-nhap", {**RIGHT, "ten": username}).status_code)

    assert sign_in(" Tham ") in (201, 303)
    if door == "page":
        browser.get("/")
        browser.send("/dang-xuat")
    stranger = website.visitor()
    for _ in range(20):
        stranger.client.post("/api/v1/sessions", json={"username": "tham", "password": "khong-phai-the"})
    assert stranger.client.post("/api/v1/sessions", json={"username": "tham", "password": PASSWORD}).status_code == 429
    assert sign_in("quang") == 429, "nobody has signed in there as this officer"
    assert sign_in("tham") in (201, 303)


@pytest.mark.parametrize("body", ["right", "wrong"])
def test_a_full_queue_answers_503_without_looking_at_the_password(website: Website, body: str) -> None:
    website.office.password_checks = FewThreads("test", at_a_time=0, most_waiting=1)
    website.office.password_checks.put(lambda: None)
    browser = website.visitor()
    browser.get("/dang-nhap")
    for _ in range(20):
        by_page = browser.send("/dang-nhap", RIGHT if body == "right" else WRONG)
        password = PASSWORD if body == "right" else "khong-phai-the"
        by_script = browser.client.post("/api/v1/sessions", json={"username": "tham", "password": password})
        assert (by_page.status_code, by_script.status_code) == (503, 503), "it wasn't examined, so it doesn't count"
    assert "Nhiều yêu cầu khác đang chờ" in by_page.text
    assert by_page.headers["retry-after"] == by_script.headers["retry-after"] == "5"
    assert by_script.json()["code"] == "too_many_waiting"


def test_failed_attempts_stand_in_the_audit(website: Website) -> None:
    stranger = website.visitor()
    for _ in range(8):
        stranger.client.post("/api/v1/sessions", json={"username": "quang", "password": "khong-phai-the"})
    website.later(minutes=2)
    website.office.failed_sign_ins.step(website.commune.now)
    reader = website.officer()
    reader.get("/nhat-ky")
    assert "Đăng nhập không thành: sai 5 lần, 3 lần chưa xét vì quá nhiều, từ 1 mạng" in reader.seen
    assert "Lê Minh Quang" in reader.seen


def test_the_sign_in_form_needs_its_own_token(website: Website) -> None:
    browser = website.visitor()
    browser.get("/dang-nhap")
    for fields in ({**RIGHT, "csrf": "another"}, {**RIGHT, "csrf": ""}):
        assert browser.send("/dang-nhap", fields).status_code == 403
    stranger = website.visitor()
    stranger.page = browser.page
    assert stranger.send("/dang-nhap", RIGHT).status_code == 403


def test_signing_out_ends_the_session_in_the_database(website: Website) -> None:
    browser = website.officer()
    stolen = website.visitor()
    stolen.client.cookies.update(browser.client.cookies)
    stolen.get("/")
    browser.get("/")
    assert browser.send("/dang-xuat").status_code == 303
    assert stolen.client.get("/").status_code == 303


def test_each_sign_in_has_a_session_of_its_own(website: Website) -> None:
    one, two = website.officer(), website.officer()
    assert one.client.cookies["loa_phien"] != two.client.cookies["loa_phien"]
    assert _csrf(one) != _csrf(two)


@pytest.mark.parametrize(("https", "prefix"), [(False, ""), (True, "__Host-")])
def test_the_cookies_have_the_strictest_attributes_for_http_and_https(tmp_path: Path, https: bool, prefix: str) -> None:
    site = make_website(tmp_path, https=https)
    browser = site.visitor("https://testserver" if https else "http://testserver")
    form = browser.client.get("/dang-nhap")
    browser.page = form.text
    done = browser.send("/dang-nhap", RIGHT)
    for answer, name in ((form, f"{prefix}loa_dang_nhap"), (done, f"{prefix}loa_phien")):
        cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}="))
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        assert {"httponly", "samesite=lax", "path=/"} <= flags
        assert ("secure" in flags) == https
        assert not any(flag.startswith("domain") for flag in flags)
    site.office.database.close()


def test_an_expired_session_leads_to_signing_in_and_its_forms_are_refused(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    website.later(hours=13)
    assert browser.client.get("/").headers["location"] == "/dang-nhap"
    assert browser.client.get("/phan/trang-dau").status_code == 401
    browser.client.headers["origin"] = "http://testserver"
    answer = browser.send("/ban-tin/moi", {"ten": "Họp", "van-ban": "Lời đã viết cả buổi."})
    assert answer.status_code == 403
    assert "Phiên đăng nhập đã hết. Bản nháp còn nguyên. Đăng nhập lại." in answer.text
    assert "Lời đã viết cả buổi." in answer.text


def test_text_posted_by_another_site_is_not_shown(website: Website) -> None:
    browser = website.visitor()
    browser.client.headers["origin"] = "http://evil.example"
    answer = browser.client.post("/ban-tin/moi", data={"van-ban": "Gọi ngay số này"})
    assert answer.status_code == 403
    assert "Gọi ngay số này" not in answer.text


def _csrf(browser: Browser) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', browser.get("/"))
    assert found
    return found.group(1)
