"""A newcomer's first try: a fresh clone, `make demo`, two officers with a browser each; every loudspeaker plays it."""

import os
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from audio.sound.opus import decode
from tests.correlation import RATE, Samples, likeness, samples
from tests.servers.demonstration import Demonstration, free_port
from tests.web.running import chromium

pytestmark = pytest.mark.acceptance

SPEAKERS = ("demo-1", "demo-2", "demo-3")
TITLE = "Tiêm chủng cho trẻ em"
TEXT = "Kính mời bà con đưa trẻ em đến nhà văn hóa ấp để tiêm chủng vào sáng thứ Bảy. Xin cảm ơn bà con đã lắng nghe."
LIMIT_MS = 60_000
_ROOT = Path(__file__).parent.parent.parent
_INSTALLED_AND_READY_WITHIN_S = 600.0


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A fresh clone of HEAD, set up and started by `make demo`."""
    clone = tmp_path_factory.mktemp("newcomer") / "loa-xa"
    subprocess.run(["git", "clone", "--quiet", str(_ROOT), str(clone)], check=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOA_", "MAKE", "PYTHON"))}
    running = Demonstration(
        ["make", f"PYTHON={Path(sys.executable).resolve()}", "demo"],
        data_dir=clone / "var" / "demo",
        port=free_port(),
        cwd=clone,
        environment=environment,
    )
    try:
        running.start(_INSTALLED_AND_READY_WITHIN_S)
        yield running
    finally:
        running.close()


@dataclass(frozen=True)
class Sounded:
    """One broadcast by two officers: its approved sound, and each loudspeaker's recording."""

    states: dict[str, str]
    clip: Samples
    heard: dict[str, Samples]


@pytest.fixture(scope="module")
def sounded(demonstration: Demonstration) -> Sounded:
    online = {each["speaker"]: each["online"] for each in demonstration.call("GET", "/speakers")["items"]}
    assert online == dict.fromkeys(SPEAKERS, True)
    with chromium() as browser:
        author = _signed_in(browser, demonstration, demonstration.access)
        _write(author)
        _order_now_for_the_whole_commune(author)
        broadcast = author.url.rpartition("/")[2]
        approver = _signed_in(browser, demonstration, demonstration.access["approver"])
        _approve(approver)
        for speaker in SPEAKERS:  # it appears by itself: the page isn't loaded again
            expect(author.locator(f"#loa-{speaker}")).to_contain_text("Đã phát", timeout=LIMIT_MS)
    result = demonstration.call("GET", f"/broadcasts/{broadcast}")
    clip = demonstration.call("GET", f"/announcements/{result['announcement']}/audio")
    return Sounded(
        states={each["speaker"]: each["state"] for each in result["deliveries"]},
        clip=samples(b"".join(decode(clip))),
        heard={speaker: _heard(demonstration, speaker, broadcast) for speaker in SPEAKERS},
    )


def test_a_broadcast_ordered_in_the_browser_is_played_by_all_three_loudspeakers(sounded: Sounded) -> None:
    assert sounded.states == dict.fromkeys(SPEAKERS, "played")


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_each_recording_is_the_approved_sound(sounded: Sounded, speaker: str) -> None:
    alike = likeness(sounded.heard[speaker], sounded.clip)
    assert alike.is_all_there, alike


def test_a_recording_without_its_last_tenth_of_a_second_is_found(sounded: Sounded) -> None:
    dropped = sounded.heard["demo-1"][: -RATE // 10]
    assert not likeness(dropped, sounded.clip).is_all_there


def _signed_in(browser: Browser, demonstration: Demonstration, who: dict[str, str]) -> Page:
    """Sign in, in a browser window of its own."""
    page = browser.new_context(base_url=demonstration.url, locale="vi-VN").new_page()
    page.set_default_timeout(LIMIT_MS)
    page.goto("/")
    page.get_by_label("Tên đăng nhập").fill(who["username"])
    page.get_by_label("Mật khẩu", exact=True).fill(who["password"])
    page.get_by_role("main").get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(demonstration.url + "/")
    return page


def _write(page: Page) -> None:
    page.goto("/ban-tin/moi")
    page.get_by_label("Tên bản tin").fill(TITLE)
    page.get_by_label("Văn bản").fill(TEXT)
    page.get_by_role("button", name="Tiếp tục: chọn nơi và giờ phát").click()
    page.wait_for_url(re.compile("/ban-tin/[0-9A-Z]{26}/phat"))


def _order_now_for_the_whole_commune(page: Page) -> None:
    page.get_by_role("checkbox", name="Xã Phú Lâm").check()
    page.get_by_role("radio", name="Ngay bây giờ").check()
    page.get_by_role("button", name="Tiếp tục: kiểm tra lần cuối").click()
    page.wait_for_url(re.compile("/kiem-tra"))
    page.locator("form[method=post] button.button-main").click()
    page.wait_for_url(re.compile("/luot-phat/[0-9A-Z]{26}$"))


def _approve(page: Page) -> None:
    page.goto("/phe-duyet")
    page.get_by_role("link", name=f"Nghe và phê duyệt {TITLE}").click()
    page.get_by_role("button", name="Phê duyệt", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Đã phê duyệt")


def _heard(demonstration: Demonstration, speaker: str, broadcast: str) -> Samples:
    [recording] = (demonstration.data_dir / "heard").glob(f"{speaker}_*_{broadcast}.wav")
    with wave.open(str(recording)) as file:
        return samples(file.readframes(file.getnframes()))
