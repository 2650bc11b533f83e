"""Passkeys on the pages: added by who knows the password, removed, and signed in by; what isn't right opens nothing."""

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlmodel import select

from controller.database.tables import AuditEntry, Officer, Passkey
from controller.few_threads import FewThreads
from controller.people.passkeys import MOST
from controller.planning.submission import submit_announcement
from controller.station import facts
from tests.controller.people.test_passkeys import add
from tests.controller.people.test_password_links import link_of, use
from tests.fakes.authenticator import Authenticator
from tests.people import PASSWORD, manifests_waiting
from tests.web.conftest import Browser, Website, make_website
from tests.web.people.test_second_factor import code_of, half_way, switch_on

ADD, CONFIRM = "/tai-khoan/khoa-truy-cap", "/tai-khoan/khoa-truy-cap/xac-nhan"
SIGN_IN, BEGIN = "/dang-nhap/khoa-truy-cap", "/dang-nhap/khoa-truy-cap/bat-dau"
FIELDS = {"ten-khoa": "Máy ở nhà", "mat-khau-khoa": PASSWORD}


def begin_to_add(browser: Browser, **fields: str) -> dict[str, Any]:
    """Show the password; returns what the authenticator is told."""
    browser.get("/tai-khoan")
    answer = browser.send(ADD, FIELDS | fields)
    assert answer.status_code == 200, answer.text[:2000]
    browser.page = answer.text
    [found] = re.findall(r'data-options="([^"]+)"', browser.page)
    options: dict[str, Any] = json.loads(html.unescape(found))
    return options


def add_passkey(website: Website, device: Authenticator, username: str = "quang") -> Browser:
    """Add a passkey by the pages; returns the browser in which the officer is signed in."""
    browser = website.officer(username)
    options = begin_to_add(browser)
    browser.follow(browser.send(CONFIRM, {"khoa": device.create(options)}))
    assert "Đã thêm khóa truy cập" in browser.seen
    return browser


def begin(browser: Browser) -> tuple[str, dict[str, Any]]:
    """Press the button on the sign-in page; returns the challenge, and what the authenticator is asked."""
    browser.get("/dang-nhap?tiep=/lich-tuan")
    answer = fetch_challenge(browser)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["challenge"], told["options"]


def fetch_challenge(browser: Browser) -> Response:
    """As the script does: the fields of the form, to another address."""
    [csrf] = set(re.findall(r'name="csrf" value="([^"]+)"', browser.page))
    answer: Response = browser.client.post(BEGIN, data={"csrf": csrf})
    return answer


def send(browser: Browser, challenge: str, answer: str) -> Response:
    return browser.send(SIGN_IN, {"thu-thach": challenge, "khoa": answer})


def sign_in(browser: Browser, device: Authenticator) -> Response:
    challenge, options = begin(browser)
    return send(browser, challenge, device.get(options))


def refused(browser: Browser, answer: Response) -> bool:
    """Whether nothing was opened, and the page says so."""
    assert "Khóa truy cập chưa đúng, đã bị bỏ, hoặc quá lâu" in html.unescape(answer.text), answer.text[:3000]
    return (answer.status_code, "loa_phien" in browser.client.cookies) == (401, False)


@pytest.fixture
def device(website: Website) -> Authenticator:
    """On which officer quang has a passkey."""
    made = Authenticator()
    add_passkey(website, made)
    return made


def test_a_passkey_signs_in_without_name_and_password(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    done = sign_in(browser, device)
    assert (done.status_code, done.headers["location"]) == (303, "/lich-tuan")
    browser.get("/tai-khoan")
    assert "Lê Minh Quang" in browser.seen
    assert "chưa dùng" not in browser.seen
    assert any(name.startswith("loa_may_") for name in browser.client.cookies), "the device is known from now on"
    assert "loa_dang_nhap" not in browser.client.cookies
    with website.office.database.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "signed in")).all()
    assert website.commune.officers["quang"].officer in [each.officer for each in entries]


def test_with_a_passkey_no_code_is_asked_and_none_is_wanted_to_approve(website: Website, device: Authenticator) -> None:
    switch_on(website, "quang")
    browser = website.visitor()
    browser.follow(sign_in(browser, device))
    with website.commune.writing() as session:
        facts.write(session, "approvers_second_factor", "on")
        session.delete(session.get_one(Passkey, session.exec(select(Passkey.passkey)).one()))
    browser.get("/")
    assert "Đài yêu cầu người phê duyệt" not in browser.seen


def test_who_signed_in_by_a_passkey_approves_and_who_did_by_password_does_not(
    website: Website, device: Authenticator
) -> None:
    commune = website.commune
    announcement = commune.announcement(author="editor")
    commune.order(announcement, "ấp 1", starts_in_s=600, by="editor")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
        facts.write(session, "approvers_second_factor", "on")
    by_password, by_passkey = website.officer("quang"), website.visitor()
    by_passkey.follow(sign_in(by_passkey, device))
    path = f"/phe-duyet/{announcement}"
    by_password.get(path)
    assert by_password.send(path).status_code == 403
    assert manifests_waiting(commune, announcement)
    by_passkey.get(path)
    assert by_passkey.send(path).status_code == 303
    assert not manifests_waiting(commune, announcement)


def test_a_session_by_password_of_who_has_a_passkey_alone_is_told_what_is_wanted(
    website: Website, device: Authenticator
) -> None:
    with website.commune.writing() as session:
        facts.write(session, "approvers_second_factor", "on")
    by_password, by_passkey = website.officer("quang"), website.visitor()
    by_password.get("/")
    assert "Đài yêu cầu người phê duyệt" in by_password.seen
    by_passkey.follow(sign_in(by_passkey, device))
    by_passkey.get("/")
    assert "Đài yêu cầu người phê duyệt" not in by_passkey.seen


def test_it_is_listed_by_the_name_that_its_owner_gave_and_removed(website: Website, device: Authenticator) -> None:
    browser = website.officer("quang")
    browser.get("/tai-khoan")
    assert "Máy ở nhà" in browser.seen
    assert "chưa dùng" in browser.seen
    browser.follow(browser.send("/tai-khoan/khoa-truy-cap/bo"))
    assert "Máy ở nhà" not in browser.seen
    visitor = website.visitor()
    assert refused(visitor, sign_in(visitor, device))


def test_nobody_removes_anothers(website: Website, device: Authenticator) -> None:
    other = website.officer("editor")
    add_passkey(website, Authenticator(), "editor")
    other.get("/tai-khoan")
    with website.office.database.reading() as session:
        owner = website.commune.officers["quang"].officer
        quangs = session.exec(select(Passkey.passkey).where(Passkey.officer == owner)).one()
    other.follow(other.send("/tai-khoan/khoa-truy-cap/bo", {"khoa": quangs}))
    assert sign_in(website.visitor(), device).status_code == 303


def test_an_open_session_alone_adds_none(website: Website) -> None:
    browser = website.officer("quang")
    browser.get("/tai-khoan")
    for password in ("khong-phai-the", ""):
        answer = browser.send(ADD, FIELDS | {"mat-khau-khoa": password})
        assert answer.status_code == 422
        assert "Mật khẩu hiện nay chưa đúng." in answer.text
        assert 'value="Máy ở nhà"' in answer.text, "the name is kept"
        assert "data-options" not in answer.text


def test_where_a_code_is_asked_to_sign_in_adding_one_asks_for_it_too(website: Website) -> None:
    secret, codes = switch_on(website, "quang")
    browser = website.officer("quang")
    browser.get("/tai-khoan")
    for typed in ("", "12"):
        answer = browser.send(ADD, FIELDS | {"ma-khoa": typed})
        assert answer.status_code == 422
        assert "Mã chưa đúng" in answer.text
        assert "data-options" not in answer.text
    device = Authenticator()
    options = begin_to_add(browser, **{"ma-khoa": code_of(website, secret)})
    browser.follow(browser.send(CONFIRM, {"khoa": device.create(options)}))
    assert sign_in(website.visitor(), device).status_code == 303
    assert begin_to_add(browser, **{"ma-khoa": codes[0]})


def test_who_is_half_way_adds_none(website: Website) -> None:
    switch_on(website)
    browser = half_way(website)
    fields = {"csrf": re.findall(r'name="csrf" value="([^"]+)"', browser.page)[0], **FIELDS}
    for path in (ADD, CONFIRM):
        assert browser.client.post(path, data=fields).status_code == 403
    with website.office.database.reading() as session:
        assert session.exec(select(Passkey)).all() == []


def _in_another_session(website: Website, browser: Browser, device: Authenticator) -> Response:
    options = begin_to_add(browser)
    other = website.officer("quang")
    challenge = re.findall(r'name="thu-thach" value="([^"]+)"', browser.page)[0]
    begin_to_add(other)
    return other.send(CONFIRM, {"thu-thach": challenge, "khoa": device.create(options)})


def _too_late(website: Website, browser: Browser, device: Authenticator) -> Response:
    options = begin_to_add(browser)
    website.later(minutes=5, seconds=2)
    return browser.send(CONFIRM, {"khoa": device.create(options)})


def _of_another_page(_website: Website, browser: Browser, device: Authenticator) -> Response:
    device.origin = "http://127.0.0.1:8000"
    return browser.send(CONFIRM, {"khoa": device.create(begin_to_add(browser))})


def _not_verified(_website: Website, browser: Browser, device: Authenticator) -> Response:
    device.verifies_user = False
    return browser.send(CONFIRM, {"khoa": device.create(begin_to_add(browser))})


def _for_signing_in(website: Website, browser: Browser, device: Authenticator) -> Response:
    options = begin_to_add(browser)
    challenge, asked = begin(website.visitor())
    answer = device.create(options | {"challenge": asked["challenge"]})
    return browser.send(CONFIRM, {"thu-thach": challenge, "khoa": answer})


def _nothing(_website: Website, browser: Browser, _device: Authenticator) -> Response:
    begin_to_add(browser)
    return browser.send(CONFIRM)


@pytest.mark.parametrize(
    "wrong",
    [_in_another_session, _too_late, _of_another_page, _not_verified, _for_signing_in, _nothing],
    ids=lambda each: each.__name__.strip("_"),
)
def test_none_is_added_by_an_answer_that_is_not_right(
    website: Website, wrong: Callable[[Website, Browser, Authenticator], Response]
) -> None:
    answer = wrong(website, website.officer("quang"), Authenticator())
    assert answer.status_code == 409
    assert "Chưa thêm khóa nào." in answer.text
    with website.office.database.reading() as session:
        assert session.exec(select(Passkey)).all() == []


def test_an_answer_adds_one_once(website: Website) -> None:
    browser, device = website.officer("quang"), Authenticator()
    answer = device.create(begin_to_add(browser))
    assert browser.send(CONFIRM, {"khoa": answer}).status_code == 303
    shown = browser.page
    browser.get("/tai-khoan")
    browser.send("/tai-khoan/khoa-truy-cap/bo")
    browser.page = shown
    assert browser.send(CONFIRM, {"khoa": answer}).status_code == 409


def test_who_has_ten_is_told_to_remove_one(website: Website) -> None:
    for number in range(MOST):
        add(website.commune, passkey=f"key{number}")
    browser = website.officer("quang")
    browser.get("/tai-khoan")
    answer = browser.send(ADD, FIELDS)
    assert answer.status_code == 409
    assert "Mỗi tài khoản có nhiều nhất 10 khóa truy cập. Chưa thêm khóa nào." in answer.text


def test_an_answer_opens_one_session(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    challenge, options = begin(browser)
    device.sign_count = None  # as of a passkey that several devices share
    with website.commune.writing() as session:
        row = session.exec(select(Passkey)).one()
        row.sign_count = 0
        session.add(row)
    answer, shown, cookie = device.get(options), browser.page, browser.client.cookies["loa_dang_nhap"]
    assert send(browser, challenge, answer).status_code == 303
    thief = website.visitor()
    thief.client.cookies.set("loa_dang_nhap", cookie)
    thief.page = shown
    assert refused(thief, send(thief, challenge, answer))


def test_another_browsers_challenge_opens_nothing(website: Website, device: Authenticator) -> None:
    victim, thief = website.visitor(), website.visitor()
    challenge, options = begin(victim)
    begin(thief)
    assert refused(thief, send(thief, challenge, device.get(options)))


def test_a_challenge_ends_after_five_minutes(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    challenge, options = begin(browser)
    website.later(minutes=5, seconds=2)
    assert refused(browser, send(browser, challenge, device.get(options)))


def test_a_challenge_to_add_one_opens_nothing(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    _, options = begin(browser)
    signed_in = website.officer("quang")
    asked = begin_to_add(signed_in)["challenge"]
    challenge = re.findall(r'name="thu-thach" value="([^"]+)"', signed_in.page)[0]
    assert refused(browser, send(browser, challenge, device.get(options | {"challenge": asked})))


def test_a_fake_page_gets_an_answer_that_opens_nothing(website: Website, device: Authenticator) -> None:
    device.origin = "http://localhost:8001"
    browser = website.visitor()
    assert refused(browser, sign_in(browser, device))


def test_the_address_is_the_settings_and_no_header_changes_it(website: Website, device: Authenticator) -> None:
    device.origin = "https://evil.example"
    browser = website.visitor(base_url="https://evil.example")
    browser.client.headers.update({"origin": "https://evil.example", "x-forwarded-host": "evil.example"})
    challenge, options = begin(browser)
    assert options["rpId"] == "localhost"
    answer = device.get(options | {"rpId": "evil.example"})
    assert refused(browser, send(browser, challenge, answer))


def test_a_device_that_does_not_verify_its_user_opens_nothing(website: Website, device: Authenticator) -> None:
    device.verifies_user = False
    browser = website.visitor()
    assert refused(browser, sign_in(browser, device))


def test_another_officers_key_opens_nothing(website: Website, device: Authenticator) -> None:
    add_passkey(website, other := Authenticator(), "editor")
    other.key_id = device.key_id
    for user in (device.user, other.user):
        other.user = user
        browser = website.visitor()
        assert refused(browser, sign_in(browser, other))


def test_a_disabled_officers_passkey_opens_nothing(website: Website, device: Authenticator) -> None:
    with website.commune.writing() as session:
        officer = session.get_one(Officer, website.commune.officers["quang"].officer)
        officer.disabled = True
        session.add(officer)
    browser = website.visitor()
    assert refused(browser, sign_in(browser, device))


def test_a_passkey_opens_nothing_after_a_reset_link_was_used(website: Website) -> None:
    add_passkey(website, device := Authenticator(), "editor")
    browser = website.visitor()
    challenge, options = begin(browser)
    use(website.commune, link_of(website.commune, "editor"))
    assert refused(browser, send(browser, challenge, device.get(options)))


def test_a_copied_passkey_opens_nothing_and_is_told(
    website: Website, device: Authenticator, caplog: pytest.LogCaptureFixture
) -> None:
    copy = Authenticator(sign_count=device.sign_count, key_id=device.key_id, key=device.key, user=device.user)
    assert sign_in(website.visitor(), device).status_code == 303
    assert sign_in(website.visitor(), device).status_code == 303
    browser = website.visitor()
    assert refused(browser, sign_in(browser, copy))
    assert "a passkey of quang is refused: its counter went back" in caplog.text
    reader = website.officer()
    reader.get("/nhat-ky")
    assert "Từ chối một khóa truy cập: bộ đếm của khóa lùi lại" in reader.seen
    assert "“Máy ở nhà”" in reader.seen


def test_wrong_ones_are_counted_like_passwords_and_stand_in_the_audit(website: Website, device: Authenticator) -> None:
    thief = Authenticator(key_id=device.key_id, user=device.user)
    browser = website.visitor()
    statuses = [sign_in(browser, thief).status_code for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    held_up = sign_in(browser, device)
    assert (held_up.status_code, held_up.headers["retry-after"]) == (429, "1")
    assert sign_in(website.visitor(address="10.0.0.7"), device).status_code == 303
    website.later(seconds=100)
    website.office.failed_sign_ins.step(website.commune.now)
    reader = website.officer()
    reader.get("/nhat-ky")
    assert "Đăng nhập không thành: sai 5 lần, 4 lần chưa xét vì quá nhiều" in reader.seen
    assert sign_in(browser, device).status_code == 303


def test_what_names_no_passkey_is_counted_by_its_network(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    challenge, _ = begin(browser)
    guesses = ["", "{}", "ký tự lạ", Authenticator().get({"rpId": "localhost", "challenge": "AA"}), "[" * 20_000, "x"]
    assert [send(browser, challenge, guess).status_code for guess in guesses] == [401] * 5 + [429]
    assert sign_in(website.visitor(address="10.0.0.7"), device).status_code == 303


def test_a_known_device_gets_in_while_its_own_address_is_refused(website: Website, device: Authenticator) -> None:
    browser = website.visitor()
    browser.follow(sign_in(browser, device))
    browser.get("/")
    browser.send("/dang-xuat")
    stranger, thief = website.visitor(), Authenticator(key_id=device.key_id, user=device.user)
    for _ in range(8):
        sign_in(stranger, thief)
    assert sign_in(stranger, device).status_code == 429
    assert sign_in(browser, device).status_code == 303


def test_a_full_queue_answers_503_without_looking_at_it(website: Website, device: Authenticator) -> None:
    website.office.password_checks = FewThreads("test", at_a_time=0, most_waiting=1)
    website.office.password_checks.put(lambda: None)
    browser = website.visitor()
    for _ in range(8):
        answer = sign_in(browser, device)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), "it doesn't count"


def test_the_forms_need_the_browsers_own_token(website: Website) -> None:
    browser, stranger = website.visitor(), website.visitor()
    begin(browser)
    stranger.page = browser.page
    assert stranger.client.post(BEGIN, data={"csrf": "x"}).status_code == 403
    assert stranger.send(SIGN_IN).status_code == 403


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"https": True}, "trang của đài phải có tên miền và HTTPS"),
        ({"https": True, "address": "https://10.0.0.5"}, "trang của đài phải có tên miền và HTTPS"),
        ({"https": True, "address": "https://loa.example.vn"}, "chỉ dùng được ở địa chỉ https://loa.example.vn"),
    ],
)
def test_the_account_says_where_passkeys_can_be_used(tmp_path: Path, settings: dict[str, Any], says: str) -> None:
    site = make_website(tmp_path, **settings)
    offered = settings.get("address") == "https://loa.example.vn"
    visitor = site.visitor("https://testserver")
    visitor.get("/dang-nhap")
    assert (SIGN_IN in visitor.page) == offered
    if not offered:
        answer = fetch_challenge(visitor)
        assert answer.status_code == 409
        assert "tên miền và HTTPS" in answer.text
    visitor.follow(visitor.send("/dang-nhap", {"ten": "quang", "mat-khau": PASSWORD}))
    visitor.get("/tai-khoan")
    assert says in visitor.seen
    assert (f'action="{ADD}"' in visitor.page) == offered
    site.office.database.close()
    site.commune.database.close()


def test_without_a_script_nothing_of_it_is_offered(website: Website) -> None:
    visitor, browser = website.visitor(), website.officer("quang")
    assert re.search(rf'<form[^>]*action="{SIGN_IN}"[^>]*hidden', visitor.get("/dang-nhap"))
    assert re.search(rf'<form[^>]*action="{ADD}"[^>]*hidden', browser.get("/tai-khoan"))
    assert "Khóa truy cập chỉ dùng được ở địa chỉ http://localhost:8000, bằng trình duyệt mới." in browser.seen
