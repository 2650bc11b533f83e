"""Passkeys in a real browser that has an authenticator: added, signed in by, removed; and where there are none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.people import PASSWORD
from tests.web.conftest import make_website
from tests.web.running import chromium, serving

pytestmark = pytest.mark.acceptance

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
BUTTON = "Đăng nhập bằng khóa truy cập"


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Page, str]]:
    """A window with an authenticator, and the address by which the office's settings know its pages."""
    site = make_website(folder)
    with serving(site.office) as served, chromium() as browser:
        address = served.replace("127.0.0.1", "localhost")
        site.office.settings = site.office.settings.model_copy(update={"address": address})
        page = browser.new_page()
        devices = page.context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        added: dict[str, Any] = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        assert added["authenticatorId"]
        yield page, address
    site.office.database.close()
    site.commune.database.close()


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/dang-nhap?tiep=/tai-khoan")
    page.fill("#ten", "quang")
    page.fill("#mk", PASSWORD)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
    page.wait_for_url(f"{address}/tai-khoan")


def _ask_to_add(page: Page, name: str) -> None:
    page.fill("#ten-khoa", name)
    page.fill("#mat-khau-khoa", PASSWORD)
    page.get_by_role("button", name="Thêm khóa truy cập…").click()
    expect(page.get_by_role("button", name="Tạo khóa truy cập")).to_be_focused()
    page.keyboard.press("Enter")


def test_a_passkey_is_added_signs_in_and_is_removed(tmp_path: Path) -> None:
    with _opened(tmp_path) as (page, address):
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        _sign_in(page, address)
        expect(page.get_by_text("chỉ dùng được ở địa chỉ")).to_be_hidden()
        _ask_to_add(page, "Máy ở nhà")
        expect(page.get_by_role("heading", name="Đã thêm khóa truy cập")).to_be_visible()
        expect(page.get_by_role("rowheader", name="Máy ở nhà")).to_be_visible()
        _ask_to_add(page, "Máy này lần nữa")
        expect(page.get_by_role("heading", name="Chưa tạo được khóa truy cập")).to_be_visible()
        page.locator("header").get_by_role("button", name="Đăng xuất").first.click()

        page.goto(f"{address}/lich-tuan")
        page.get_by_role("button", name=BUTTON).click()
        page.wait_for_url(f"{address}/lich-tuan")
        page.goto(f"{address}/tai-khoan")
        expect(page.get_by_text("chưa dùng")).to_be_hidden()
        page.get_by_role("button", name="Bỏ khóa Máy ở nhà").click()
        expect(page.get_by_role("rowheader", name="Máy ở nhà")).to_be_hidden()
        page.locator("header").get_by_role("button", name="Đăng xuất").first.click()

        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_text("Khóa truy cập chưa đúng, đã bị bỏ")).to_be_visible()
        assert [each for each in complaints if "401" not in each] == []


def test_without_a_key_on_the_device_the_page_says_what_to_do(tmp_path: Path) -> None:
    with _opened(tmp_path) as (page, address):
        page.goto(f"{address}/dang-nhap")
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_text("máy này không có khóa truy cập của đài")).to_be_visible()
        expect(page.get_by_role("button", name=BUTTON)).to_be_enabled()


def test_at_another_address_nothing_is_offered(tmp_path: Path) -> None:
    with _opened(tmp_path) as (page, address):
        elsewhere = address.replace("localhost", "127.0.0.1")
        page.goto(f"{elsewhere}/dang-nhap")
        expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()
        _sign_in(page, elsewhere)
        expect(page.get_by_text(f"Khóa truy cập chỉ dùng được ở địa chỉ {address}")).to_be_visible()
        expect(page.locator("#ten-khoa")).to_be_hidden()
