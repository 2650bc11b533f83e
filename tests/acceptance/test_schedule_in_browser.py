"""“Each weekday at 17:00, hamlets 1 to 3, not on holidays, from Monday”, in a real browser, by the keyboard alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select

from controller.database.tables import Broadcast, Schedule
from tests.acceptance.test_pages_in_browser import _site, browser, watched  # noqa: F401  # a fixture
from tests.web.pictures import sign_in

pytestmark = pytest.mark.acceptance

FEWER_THAN = 12
MOST_TABS = 200


class Keyboard:
    """An officer without a mouse. One action: going to one control by Tab or arrows, and using it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def press(self, selector: str, key: str = "Space") -> None:
        """Go to a control and press a key: tick, choose or press it."""
        self._go_to(selector)
        self.page.keyboard.press(key)
        self.actions += 1

    def choose(self, group: str, value: str) -> None:
        """Choose one of several radio buttons: Tab goes to the group, the arrows to the one."""
        self._go_to(f'input[name="{group}"]')
        for _ in range(10):
            if self.page.evaluate("document.activeElement.value") == value:
                break
            self.page.keyboard.press("ArrowRight")
        assert self.page.evaluate("document.activeElement.value") == value
        self.actions += 1

    def write(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        self._go_to(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.actions += 1

    def _go_to(self, selector: str) -> None:
        for _ in range(MOST_TABS):
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {selector}")


def test_a_weekday_schedule_is_made_by_keyboard_in_fewer_than_twelve_actions(
    browser: Browser,  # noqa: F811  # the fixture above
    tmp_path: Path,
) -> None:
    with _site(tmp_path) as (site, made, address), watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto(f"/ban-tin/{made.announcements['power']}/phat")
        keyboard = Keyboard(page)
        hamlets = [made.areas[name] for name in ("ấp 1", "ấp 2", "ấp 3")]
        # The tree is sorted by names; controls after it are reached by Tab alone.
        for hamlet in hamlets:
            keyboard.press(f'input[value="{hamlet}"]')
        keyboard.choose("khi", "lap-lai")
        keyboard.write("#ngay", "30/11/2026")
        keyboard.write("#gio", "17:00")
        says = page.locator("#cau")
        expect(says).to_contain_text("lúc 17:00 từ thứ Hai đến thứ Sáu, bắt đầu thứ Hai 30/11/2026, trừ ngày lễ")
        expect(says).to_contain_text(
            "Những lần đầu: thứ Hai 30/11, thứ Ba 1/12, thứ Tư 2/12, thứ Năm 3/12, thứ Sáu 4/12."
        )
        expect(says).to_contain_text("Nghỉ ngày 01/01/2027 (Tết Dương lịch).")
        keyboard.press("form.place-time button.button-main", "Enter")
        page.wait_for_url("**/kiem-tra?**")
        expect(page.locator(".says")).to_contain_text("ấp 1, ấp 2 và ấp 3")
        keyboard.press("main form .button-main", "Enter")
        page.wait_for_url("**/lich/*")
        assert keyboard.actions == 8 < FEWER_THAN
        schedule_id = page.url.rsplit("/", 1)[1]
        with site.office.database.reading() as session:
            schedule = session.get_one(Schedule, schedule_id)
            rows = session.exec(
                select(Broadcast).where(Broadcast.schedule == schedule_id).order_by(col(Broadcast.starts_at))
            ).all()
        assert schedule.rrule == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=17;BYMINUTE=0"
        assert schedule.first_start == "2026-11-30T17:00:00"
        assert sorted(schedule.areas) == sorted(hamlets)
        assert schedule.skip_holidays
        assert [f"{row.occurrence}" for row in rows] == [
            f"2026-{day}T17:00:00" for day in ("11-30", "12-01", "12-02", "12-03", "12-04", "12-07")
        ]
