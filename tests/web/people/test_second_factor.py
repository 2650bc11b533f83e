"""The second factor on the pages and by REST: switched on, asked when signing in, lost, and wanted of approvers."""

import re
from typing import Any

import pyotp
import pytest

from controller.station import facts
from tests.people import PASSWORD
from tests.web.api.scripts import Api
from tests.web.conftest import Browser, Website
from tests.web.people.test_officers import SET, link_on

RIGHT = {"ten": "editor", "mat-khau": PASSWORD}


def code_of(website: Website, secret: str) -> str:
    """What the telephone shows now."""
    return pyotp.TOTP(secret).at(website.commune.now)


def switch_on(website: Website, username: str = "editor") -> tuple[str, list[str]]:
    """By the pages; returns the secret and the recovery codes."""
    browser = website.officer(username)
    browser.get("/tai-khoan")
    browser.page = browser.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": PASSWORD}).text
    found = re.search(r'<b id="khoa">([A-Z2-7 ]+)</b>', browser.page)
    assert found, browser.page[:3000]
    secret = found.group(1).replace(" ", "")
    browser.page = browser.send("/tai-khoan/hai-buoc/xac-nhan", {"ma": code_of(website, secret)}).text
    codes = re.findall(r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}", browser.page)
    assert len(codes) == 8
    website.later(minutes=2)
    return secret, codes


def half_way(website: Website, fields: dict[str, str] | None = None) -> Browser:
    """A browser that is asked for the code."""
    browser = website.visitor()
    browser.get("/dang-nhap?tiep=/lich-tuan")
    answer = browser.send("/dang-nhap", fields or RIGHT)
    assert (answer.status_code, "loa_phien" in browser.client.cookies) == (200, False)
    browser.page = answer.text
    assert "Nhập mã xác nhận" in browser.seen
    return browser


def test_an_officer_switches_it_on_and_is_asked_for_the_code(website: Website) -> None:
    secret, _ = switch_on(website)
    browser = half_way(website)
    assert browser.client.get("/").headers["location"] == "/dang-nhap", "the password alone opens nothing"
    done = browser.send("/dang-nhap/ma", {"ma": code_of(website, secret)})
    assert (done.status_code, done.headers["location"]) == (303, "/lich-tuan")
    browser.get("/tai-khoan")
    assert "Xác nhận hai bước đang bật" in browser.seen
    assert "Còn 8 mã dự phòng" in browser.seen


def test_an_open_session_alone_does_not_switch_it_on(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    answer = browser.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": "khong-phai-the"})
    assert answer.status_code == 422
    assert "Mật khẩu hiện nay chưa đúng." in answer.text
    assert browser.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": ""}).status_code == 422


def test_a_wrong_first_code_shows_the_same_secret_again(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    browser.page = browser.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": PASSWORD}).text
    secret = re.findall(r'<b id="khoa">([A-Z2-7 ]+)</b>', browser.page)
    answer = browser.send("/tai-khoan/hai-buoc/xac-nhan", {"ma": "12"})
    assert answer.status_code == 422
    assert re.findall(r'<b id="khoa">([A-Z2-7 ]+)</b>', answer.text) == secret
    assert "Mã chưa đúng, đã dùng rồi hoặc đã quá hạn." in answer.text
    website.visitor()
    again = website.visitor()
    again.get("/dang-nhap")
    assert again.send("/dang-nhap", RIGHT).status_code == 303, "it isn't on yet"


def test_an_open_session_reads_no_secret_that_another_one_began(website: Website) -> None:
    owner, thief = website.officer("editor"), website.officer("editor")
    owner.get("/tai-khoan")
    owner.page = owner.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": PASSWORD}).text
    [secret] = re.findall(r'name="khoa" value="([A-Z2-7]+)"', owner.page)
    thief.get("/")
    csrf = thief.page.split('name="csrf" value="')[1].split('"')[0]
    for guess in ("", "A" * 32):
        fields = {"csrf": csrf, "khoa": guess, "ma": "000000"}
        refused = thief.client.post("/tai-khoan/hai-buoc/xac-nhan", data=fields)
        assert refused.status_code == 409
        assert secret not in refused.text.replace(" ", "")


def test_wrong_first_codes_are_counted(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    browser.page = browser.send("/tai-khoan/hai-buoc", {"mat-khau-hai-buoc": PASSWORD}).text
    statuses = [browser.send("/tai-khoan/hai-buoc/xac-nhan", {"ma": "12"}).status_code for _ in range(11)]
    assert statuses == [422] * 5 + [429] * 6
    website.later(minutes=2)
    [secret] = re.findall(r'name="khoa" value="([A-Z2-7]+)"', browser.page)
    assert browser.send("/tai-khoan/hai-buoc/xac-nhan", {"ma": code_of(website, secret)}).status_code == 200


def test_a_code_that_was_used_is_refused_on_another_device(website: Website) -> None:
    secret, _ = switch_on(website)
    first, second = half_way(website), half_way(website)
    code = code_of(website, secret)
    assert first.send("/dang-nhap/ma", {"ma": code}).status_code == 303
    refused = second.send("/dang-nhap/ma", {"ma": code})
    assert refused.status_code == 401
    assert "đã dùng rồi" in refused.text
    second.page = refused.text
    website.later(seconds=30)
    assert second.send("/dang-nhap/ma", {"ma": code_of(website, secret)}).status_code == 303


def test_wrong_codes_are_counted_and_stand_in_the_audit(website: Website) -> None:
    secret, _ = switch_on(website)
    browser = half_way(website)
    wrong = "000000" if code_of(website, secret) != "000000" else "111111"
    statuses = [browser.send("/dang-nhap/ma", {"ma": wrong}).status_code for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    refused = browser.send("/dang-nhap/ma", {"ma": code_of(website, secret)})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    website.later(seconds=100)
    website.office.failed_sign_ins.step(website.commune.now)
    reader = website.officer()
    reader.get("/nhat-ky")
    assert "Đăng nhập không thành: sai 5 lần, 4 lần chưa xét vì quá nhiều" in reader.seen
    assert browser.send("/dang-nhap/ma", {"ma": code_of(website, secret)}).status_code == 303


def test_what_says_that_the_password_was_right_ends_after_five_minutes_and_with_the_password(website: Website) -> None:
    secret, _ = switch_on(website)
    browser = half_way(website)
    website.later(minutes=5, seconds=2)
    late = browser.send("/dang-nhap/ma", {"ma": code_of(website, secret)})
    assert late.status_code == 401
    assert "Quá lâu từ lúc nhập mật khẩu." in late.text
    for forged in ("", "x", website.commune.officers["editor"].officer + ".1.x"):
        assert browser.send("/dang-nhap/ma", {"nua": forged, "ma": code_of(website, secret)}).status_code == 401
    assert "loa_phien" not in browser.client.cookies


def test_a_lost_telephone_a_recovery_code_does_once(website: Website) -> None:
    _, codes = switch_on(website)
    browser = half_way(website)
    browser.follow(browser.send("/dang-nhap/ma", {"ma": codes[0]}))
    browser.get("/tai-khoan")
    assert "Còn 7 mã dự phòng" in browser.seen
    assert half_way(website).send("/dang-nhap/ma", {"ma": codes[0]}).status_code == 401
    browser.follow(browser.send("/tai-khoan/hai-buoc/tat", {"ma-tat": codes[1]}))
    assert "Bật xác nhận hai bước…" in browser.seen
    again = website.visitor()
    again.get("/dang-nhap")
    assert again.send("/dang-nhap", RIGHT).status_code == 303


def test_it_is_not_switched_off_without_a_code(website: Website) -> None:
    secret, _ = switch_on(website)
    browser = website.officer("editor")
    browser.get("/tai-khoan")
    wrong = "000000" if code_of(website, secret) != "000000" else "111111"
    answer = browser.send("/tai-khoan/hai-buoc/tat", {"ma-tat": wrong})
    assert answer.status_code == 422
    assert "Mã chưa đúng" in answer.text
    half_way(website)


def test_a_telephone_and_codes_are_lost_a_reset_link_does(website: Website) -> None:
    switch_on(website)
    tham = website.officer()
    path = f"/can-bo/{website.commune.officers['editor'].officer}"
    tham.get(path)
    link = link_on(tham.send(f"{path}/duong-dan").text)
    half_way(website)
    browser = website.visitor()
    browser.get(link)
    browser.send("/dat-mat-khau", SET)
    browser.get("/dang-nhap")
    assert browser.send("/dang-nhap", {"ten": "editor", "mat-khau": SET["mat-khau-moi"]}).status_code == 303


def test_where_the_commune_wants_it_an_approver_is_reminded_and_told_what_to_do(website: Website) -> None:
    says = "Đài yêu cầu người phê duyệt bật xác nhận hai bước."
    tham, quang, editor = website.officer(), website.officer("quang"), website.officer("editor")
    tham.get("/cai-dat")
    tham.follow(tham.send("/cai-dat", {"approvers_second_factor": "1"}))
    with website.office.database.reading() as session:
        assert facts.read(session, "approvers_second_factor") == "on"
    quang.get("/")
    assert says in quang.seen
    editor.get("/")
    assert says not in editor.seen
    switch_on(website, "quang")
    quang = website.officer("quang")
    quang.get("/")
    assert says not in quang.seen


def test_a_password_alone_opens_nothing_where_it_was_switched_on_meanwhile(
    website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password was checked before, and the session would be opened after it ended all others."""
    switch_on(website)
    for door in ("station.sign_in", "api.sessions"):
        monkeypatch.setattr(f"controller.web.{door}.wants_code", lambda *_given: False)
    browser = website.visitor()
    browser.get("/dang-nhap")
    refused = browser.send("/dang-nhap", RIGHT)
    assert (refused.status_code, "loa_phien" in browser.client.cookies) == (401, False)
    assert "Đăng nhập lại." in refused.text
    body = {"username": "editor", "password": PASSWORD}
    assert browser.client.post("/api/v1/sessions", json=body).status_code == 401


class TestByRest:
    """`POST /sessions` with `code`, and `/account/second-factor`."""

    @pytest.fixture
    def api(self, website: Website) -> Api:
        return Api(website)

    def _switch_on(self, api: Api) -> tuple[str, list[str]]:
        script = api.script("editor")
        assert script.post("/account/second-factor", {"present": "khong-phai-the"}).status_code == 422
        made = script.post("/account/second-factor", {"present": PASSWORD})
        assert made.status_code == 201
        secret = made.json()["secret"]
        wrong = script.call("PUT", "/account/second-factor", {"on": True, "code": "12"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "code_wrong")
        on = script.call("PUT", "/account/second-factor", {"on": True, "code": code_of(api.website, secret)})
        assert on.status_code == 200
        api.website.later(minutes=2)
        return secret, on.json()["recovery_codes"]

    def test_wrong_first_codes_are_counted(self, api: Api) -> None:
        script = api.script("editor")
        script.post("/account/second-factor", {"present": PASSWORD})
        guesses = [script.call("PUT", "/account/second-factor", {"on": True, "code": "12"}) for _ in range(11)]
        assert [each.status_code for each in guesses] == [422] * 5 + [429] * 6

    def test_a_program_sends_the_code_along(self, api: Api) -> None:
        secret, codes = self._switch_on(api)
        body = {"username": "editor", "password": PASSWORD}
        needed = api.nobody.post("/sessions", body)
        assert (needed.status_code, needed.json()["code"]) == (401, "code_needed")
        refused = api.nobody.post("/sessions", {**body, "code": "12"})
        assert (refused.status_code, refused.json()["code"]) == (401, "code_wrong")
        code = code_of(api.website, secret)
        assert api.nobody.post("/sessions", {**body, "password": "khong-phai-the", "code": code}).status_code == 401
        assert api.nobody.post("/sessions", {**body, "code": code}).status_code == 201
        assert api.nobody.post("/sessions", {**body, "code": code}).status_code == 401
        assert api.nobody.post("/sessions", {**body, "code": codes[0]}).status_code == 201

    def test_a_program_that_lost_the_answer_asks_again_with_another_code(self, api: Api) -> None:
        secret, _ = self._switch_on(api)

        def sign_in(code: str) -> Any:
            body = {"username": "editor", "password": PASSWORD, "code": code}
            return api.nobody.post("/sessions", body, headers={"Idempotency-Key": "1"})

        code = code_of(api.website, secret)
        first = sign_in(code)
        assert first.status_code == 201
        assert sign_in(code).status_code == 401, "somebody may have guessed the key, and read the code"
        api.website.later(seconds=30)
        assert sign_in(code_of(api.website, secret)).json() == first.json()

    def test_a_program_without_it_signs_in_as_before(self, api: Api) -> None:
        assert api.nobody.post("/sessions", {"username": "quang", "password": PASSWORD}).status_code == 201

    def test_it_is_switched_off_by_a_code(self, api: Api) -> None:
        _, codes = self._switch_on(api)
        script = api.script("editor")
        assert script.get("/account").json()["second_factor"]
        assert script.post("/account/second-factor", {"present": PASSWORD}).json()["code"] == "second_factor_is_on"
        assert script.call("PUT", "/account/second-factor", {"on": False, "code": "12"}).status_code == 422
        assert script.call("PUT", "/account/second-factor", {"on": False, "code": codes[0]}).status_code == 200
        assert not script.get("/account").json()["second_factor"]
