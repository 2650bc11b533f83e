"""A pasted notice has six doubts; after two corrections for always the same notice has four."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_pages_in_browser import _site, browser, watched  # noqa: F401  # a fixture
from tests.servers.waiting import wait_for
from tests.web.pictures import sign_in

pytestmark = pytest.mark.acceptance

NOTICE = (
    "UBND xã Phú Lâm thông báo: CT của tỉnh và XBT tổ chức họp thứ Năm, 25/11/2026 tại NVH ấp 3 ✓ mang theo 5/6 sổ. "
    "LH: chị Hạnh, 0251.3856.12."
)
MARKS = ".write-spoken a.doubtful, .write-spoken a.blocked"


def _paste(page: Page, title: str) -> None:
    page.goto("/ban-tin/moi")
    page.fill("#ten", title)
    page.fill("#van-ban", NOTICE)
    page.click("#nghe-thu")
    page.wait_for_url("**/ban-tin/0*")


def test_of_six_doubtful_places_two_corrected_for_always_are_read_right_the_next_time(
    browser: Browser,  # noqa: F811  # the fixture above
    tmp_path: Path,
) -> None:
    with _site(tmp_path) as (_, _made, address), watched(browser, address) as page:
        sign_in(page, "hongtham")
        _paste(page, "Lần thứ nhất")
        expect(page.locator(MARKS)).to_have_count(6)
        expect(page.locator("#h-van-de")).to_have_text("6 chỗ cần xem lại")

        abbreviation = page.locator(".issues li", has_text="“CT” có nhiều cách đọc")
        abbreviation.get_by_label("Từ nay luôn đọc như vậy").check()
        abbreviation.get_by_role("button", name="chương trình").click()
        expect(page.locator("#h-van-de")).to_have_text("5 chỗ cần xem lại")

        page.locator(MARKS, has_text="XBT").click()
        page.get_by_label("Đọc là").fill("xưởng bánh tráng")
        page.get_by_label("Từ nay luôn đọc như vậy (ghi vào từ điển đọc của đài)").check()
        page.get_by_role("button", name="Ghi cách đọc").click()
        expect(page.locator("#h-van-de")).to_have_text("4 chỗ cần xem lại")
        expect(page.locator(".spoken")).to_contain_text("chương trình của tỉnh và xưởng bánh tráng tổ chức")

        _paste(page, "Lần thứ hai")
        expect(page.locator(MARKS)).to_have_count(4)
        expect(page.locator("#h-van-de")).to_have_text("4 chỗ cần xem lại")


def test_a_correction_also_saves_text_that_was_typed_meanwhile(
    browser: Browser,  # noqa: F811  # the fixture above
    tmp_path: Path,
) -> None:
    with _site(tmp_path) as (site, _made, address), watched(browser, address) as page:
        sign_in(page, "hongtham")
        _paste(page, "Đang viết dở")
        page.fill("#van-ban", "Kính mời bà con. " + NOTICE)
        page.get_by_role("button", name="chương trình").click()
        expect(page.locator("#h-van-de")).to_have_text("5 chỗ cần xem lại")
        row = site.commune.row(_announcement(page))
        assert row.text.startswith("Kính mời bà con. UBND")
        assert row.spoken_text.startswith("Kính mời bà con. ủy ban nhân dân xã Phú Lâm thông báo: chương trình")


def test_the_saving_of_the_text_keeps_words_that_are_being_typed_for_a_place(
    browser: Browser,  # noqa: F811  # the fixture above
    tmp_path: Path,
) -> None:
    with _site(tmp_path) as (site, _made, address), watched(browser, address) as page:
        sign_in(page, "hongtham")
        _paste(page, "Đang sửa dở")
        page.locator(MARKS, has_text="XBT").click()
        page.fill("#van-ban", "Kính mời bà con. " + NOTICE)
        page.get_by_label("Đọc là").fill("xưởng bánh tráng")
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            pass  # the draft is saved by itself
        expect(page.get_by_label("Đọc là")).to_have_value("xưởng bánh tráng")
        page.get_by_role("button", name="Ghi cách đọc").click()
        expect(page.locator(".spoken")).to_contain_text("xưởng bánh tráng tổ chức")
        assert site.commune.row(_announcement(page)).text.startswith("Kính mời bà con.")


def test_leaving_the_page_at_once_loses_no_text(
    browser: Browser,  # noqa: F811  # the fixture above
    tmp_path: Path,
) -> None:
    with _site(tmp_path) as (site, _made, address), watched(browser, address) as page:
        sign_in(page, "hongtham")
        _paste(page, "Đi vội")
        announcement = _announcement(page)
        page.fill("#van-ban", "Lời viết sau cùng.")
        page.get_by_role("link", name="Các bản tin").first.click()
        page.wait_for_url("**/ban-tin")
        wait_for(
            lambda: site.commune.row(announcement).text == "Lời viết sau cùng.",
            lambda: site.commune.row(announcement).text,
        )


def _announcement(page: Page) -> str:
    return page.url.partition("#")[0].partition("?")[0].rsplit("/", 1)[1]
