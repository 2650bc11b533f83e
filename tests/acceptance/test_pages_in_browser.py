"""The officers' pages in a real browser. In both languages (English mostly by `make soak`) axe finds nothing and
nothing scrolls sideways; nothing that English pages say is Vietnamese, but what people wrote; nothing leaves the host.
The whole way from writing to approving is walked by the keyboard.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, expect
from sqlmodel import col, select

from controller.broadcasts.deliveries import ENDED
from controller.database.tables import Announcement, Broadcast, Delivery, Speaker
from controller.database.transactions import note_change
from controller.web.station.reading_language import COOKIE
from controller.words.translation import Language
from tests.web.conftest import Website, make_website
from tests.web.drawn_commune import DrawnCommune, at_1706, make_drawn_commune, with_a_timetable
from tests.web.english import vietnamese_left
from tests.web.pictures import SITES, Picture, sign_in
from tests.web.running import chromium, serving

pytestmark = pytest.mark.acceptance

WIDTHS = (1366, 390, 320)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def _site(
    folder: Path, make: Callable[[str, Path], DrawnCommune] = make_drawn_commune
) -> Iterator[tuple[Website, DrawnCommune, str]]:
    """The drawn commune on an address; its office makes sounds as it would on the air."""
    site = make_website(folder, make)
    made = site.commune
    assert isinstance(made, DrawnCommune)
    site.office.link.is_connected = lambda: True  # type: ignore[method-assign]  # no broker is needed here
    wanted, ending = threading.Event(), threading.Event()
    site.office.database.add_listener(lambda _: wanted.set())
    worker = threading.Thread(target=_make_sounds, args=(site, wanted, ending))
    worker.start()
    try:
        with serving(site.office) as address:
            yield site, made, address
    finally:
        ending.set()
        wanted.set()
        worker.join(30)
        site.office.database.close()
        made.database.close()


def _make_sounds(site: Website, wanted: threading.Event, ending: threading.Event) -> None:
    while not ending.is_set():
        wanted.wait()
        wanted.clear()
        site.make_sounds()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Website, DrawnCommune, str]]:
    with _site(tmp_path) as found:
        yield found


class Watched:
    """A window whose every word to the console and every request is looked at."""

    def __init__(self, browser: Browser, address: str, width: int = 1366) -> None:
        self.address = address
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=address, viewport={"width": width, "height": 768})
        self.page: Page = self.context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address + "/", "data:")):
            self.complaints.append(f"asked {request.url}")

    def reads(self, language: Language) -> None:
        self.context.add_cookies([{"name": COOKIE, "value": language, "url": self.address}])

    def close(self, *allowed: str) -> None:
        self.context.close()
        left = [each for each in self.complaints if not any(part in each for part in allowed)]
        assert left == []


@contextmanager
def watched(browser: Browser, address: str, width: int = 1366, allowed: tuple[str, ...] = ()) -> Iterator[Page]:
    window = Watched(browser, address, width)
    yield window.page
    window.close(*allowed)


@pytest.mark.parametrize(("make", "pictures"), SITES, ids=["a commune", "a new station"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser,
    tmp_path: Path,
    make: Callable[[str, Path], DrawnCommune],
    pictures: tuple[Picture, ...],
) -> None:
    """By axe at one width: the widest and the narrowest take turns. `make soak` reads all of the commune in English."""
    languages: tuple[Language, ...] = ("vi",) if make is make_drawn_commune else get_args(Language)
    for language in languages:
        widths = {
            each.name: [WIDTHS[0], WIDTHS[-1]][number % 2 :][:1] if language == "vi" else []
            for number, each in enumerate(pictures)
        }
        _walk(browser, tmp_path / language, make, pictures, language, widths)


@pytest.mark.soak
@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize(("make", "pictures"), SITES, ids=["a commune", "a new station"])
def test_axe_finds_nothing_at_any_width(
    browser: Browser,
    tmp_path: Path,
    make: Callable[[str, Path], DrawnCommune],
    pictures: tuple[Picture, ...],
    language: Language,
) -> None:
    _walk(browser, tmp_path, make, pictures, language, {each.name: WIDTHS for each in pictures})


def _walk(
    browser: Browser,
    folder: Path,
    make: Callable[[str, Path], DrawnCommune],
    pictures: tuple[Picture, ...],
    language: Language,
    axe_at: Mapping[str, Sequence[int]],
) -> None:
    """Look at all pictures at all widths. `axe_at`: {picture: widths at which axe looks too}."""
    folder.mkdir(exist_ok=True)
    found = []
    with _site(folder, make) as (_, made, address):
        windows: dict[str | None, Watched] = {}
        for picture in pictures:
            if picture.scene:
                picture.scene(made)
            if picture.who not in windows:
                windows[picture.who] = Watched(browser, address)
                if picture.who:
                    sign_in(windows[picture.who].page, picture.who)
                windows[picture.who].reads(language)
            found += _faults(windows[picture.who].page, made, picture, language, axe_at[picture.name])
        for window in windows.values():
            # A page that isn't there, a wrong password: the browser itself writes the status to the console.
            window.close("status of 404", "status of 401")
    assert not found, "\n".join(found)


def _faults(page: Page, made: DrawnCommune, picture: Picture, language: Language, axe_at: Sequence[int]) -> list[str]:
    page.emulate_media(media="screen")  # a picture of paper may have come before
    page.set_viewport_size({"width": WIDTHS[0], "height": 768})
    page.goto("about:blank")  # else an address with a place in it is no new page
    page.goto(picture.path(made))
    if picture.prepare:
        picture.prepare(page)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    on_paper = page.evaluate("matchMedia('print').matches")  # there nothing is pressed
    faults = []
    if page.locator("html").get_attribute("lang") != language:
        faults.append(f"{picture.name} isn't {language}")
    if language == "en":
        faults += [f"{picture.name} says {text!r}" for text in vietnamese_left(page, made.database)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        name = f"{picture.name} in {language} at {width}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{name}: {wide} wide: {_widest(page, width)}")
        if width in axe_at:
            results = Axe().run(page, options={**RULES, "rules": {"target-size": {"enabled": not on_paper}}})
            faults += [
                f"{name}: {each['id']}: {node['target']} {node.get('failureSummary', '')}"
                for each in results.response["violations"]
                for node in each["nodes"]
            ]
    return faults


def _widest(page: Page, width: int) -> str:
    return str(
        page.evaluate(
            """(width) => [...document.querySelectorAll('body *')]
            .filter((each) => each.getBoundingClientRect().right > width + 1)
            .map((each) => each.tagName + '.' + each.className).slice(0, 5).join(' ')""",
            width,
        )
    )


def _tab_to(page: Page, wanted: Callable[[], bool], most: int = 80) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted():
            return
    raise AssertionError(f"not reached by {most} presses; at {_focused(page)!r}")


def _focused(page: Page) -> str:
    text = page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText ?? ''")
    return " ".join(str(text).split())


def _is(page: Page, text: str) -> Callable[[], bool]:
    return lambda: text in _focused(page)


def test_the_whole_way_by_the_keyboard(browser: Browser, served: tuple[Website, DrawnCommune, str]) -> None:
    _, made, address = served
    with watched(browser, address) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        _tab_to(page, _is(page, "Tên đăng nhập"))
        page.keyboard.type("hongtham")
        page.keyboard.press("Tab")
        page.keyboard.type("Mua-lon-tren-song-7")
        page.keyboard.press("Enter")
        page.wait_for_url(address + "/")
        _tab_to(page, _is(page, "Soạn bản tin"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/ban-tin/moi")
        _tab_to(page, _is(page, "Tên bản tin"))
        page.keyboard.type("Họp dân ấp 3")
        _tab_to(page, _is(page, "Văn bản"))
        page.keyboard.type("Kính mời bà con ấp ba đến nhà văn hóa ấp.")
        _tab_to(page, _is(page, "Lưu và nghe thử"))
        page.keyboard.press("Enter")
        expect(page.locator("#loi-loa")).to_contain_text("Kính mời bà con ấp ba")
        expect(page.locator("#nghe .play")).to_be_visible(timeout=20_000)
        _tab_to(page, _is(page, "Tiếp tục: chọn nơi và giờ phát"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/phat")
        _tab_to(page, _is(page, "Ấp 3"))
        page.keyboard.press("Space")
        _tab_to(page, _is(page, "Giờ"))
        page.keyboard.type("18:30")
        expect(page.locator("#cau")).to_contain_text("Phát ở ấp 3, lúc 18:30 hôm nay, thứ Hai 23/11/2026")
        expect(page.locator(f"#so-{made.areas['xã']}")).to_have_text("3 trên 24 cụm loa")
        _tab_to(page, _is(page, "Tiếp tục: kiểm tra lần cuối"))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Kiểm tra lần cuối")
        _tab_to(page, _is(page, "Gửi phê duyệt và đặt phát lúc 18:30 ở 3 cụm loa"))
        page.keyboard.press("Enter")
        page.wait_for_url("**/luot-phat/*")
        expect(page.locator("#tom-tat")).to_contain_text("Chờ phê duyệt.")
        result = page.url

        with watched(browser, address, 390) as phone:
            sign_in(phone, "quang")
            phone.goto("/phe-duyet")
            _tab_to(phone, _is(phone, "Nghe và phê duyệt Họp dân ấp 3"))
            phone.keyboard.press("Enter")
            expect(phone.locator("h1")).to_have_text("Họp dân ấp 3")
            _tab_to(phone, lambda: phone.locator(".decide button:focus").count() == 1)
            phone.keyboard.press("Enter")
            expect(phone.locator(".alert-done")).to_contain_text("Đã phê duyệt lúc 17:03")

        # The first window follows by itself; nobody reloads it.
        expect(page.locator("#tom-tat")).to_contain_text("Sẵn sàng ở 0 trên 3 cụm loa", timeout=25_000)
    with made.database.reading() as session:
        assert session.get_one(Broadcast, result.rsplit("/", 1)[1]).planned_at is not None


def test_the_switch_saves_a_draft_and_asks_before_other_input_is_lost(
    browser: Browser, served: tuple[Website, DrawnCommune, str]
) -> None:
    _, _, address = served
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto("/ban-tin/moi")
        page.fill("#van-ban", "Kính mời bà con ấp ba đi họp.")
        page.click(".person a[hreflang=en]")  # at once: nothing is saved yet
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert "/ban-tin/moi" not in page.url
        expect(page.locator("#van-ban")).to_have_value("Kính mời bà con ấp ba đi họp.")

        page.goto("/cum-loa/moi")
        asked: list[str] = []

        def refuse(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        def agree(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.accept()

        page.fill("[name=ten]", "Nhà văn hóa ấp 9")
        page.once("dialog", refuse)
        page.click(".person a[hreflang=vi]")
        expect(page.locator("[name=ten]")).to_have_value("Nhà văn hóa ấp 9")
        page.once("dialog", agree)
        page.click(".person a[hreflang=vi]")
        expect(page.locator("html")).to_have_attribute("lang", "vi")
        assert len(asked) == 2
        page.click(".person a[hreflang=en]")  # nothing was typed: nothing is asked
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_results_follow_what_the_speakers_say(browser: Browser, served: tuple[Website, DrawnCommune, str]) -> None:
    _, made, address = served
    at_1706(made)
    vaccine = made.broadcasts["vaccine"]
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto(f"/luot-phat/{vaccine}")
        row = page.locator("#loa-ho-sau")
        expect(row).to_contain_text("Đang phát")
        expect(page.locator(".if-live")).to_be_visible()
        place = page.locator("tbody tr").all_inner_texts()
        with served[0].office.database.writing() as session:
            delivery = session.get_one(Delivery, (vaccine, "ho-sau"))
            delivery.state, delivery.heard_ms = "played", 260_000
            session.add(delivery)
            note_change(session, "delivery", f"{vaccine}/ho-sau")
        expect(row).to_contain_text("Đã phát", timeout=5_000)
        assert len(page.locator("tbody tr").all_inner_texts()) == len(place), "rows keep their place"
        expect(page.locator("#tom-tat")).to_contain_text("Phát đủ cả bài ở 19 cụm loa", timeout=25_000)


def test_a_draft_is_saved_while_it_is_written(browser: Browser, served: tuple[Website, DrawnCommune, str]) -> None:
    _, _, address = served
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto("/ban-tin/moi")
        page.fill("#ten", "Bản tin viết dở")
        page.fill("#van-ban", "Lời đầu tiên.")
        expect(page.locator("#da-luu")).to_contain_text("lưu lúc 17:03", timeout=20_000)
        assert page.url != address + "/ban-tin/moi"
        page.fill("#van-ban", "Lời thứ hai.")
        expect(page.locator("#loi-loa")).to_contain_text("Lời thứ hai.", timeout=20_000)
        page.reload()
        expect(page.locator("#van-ban")).to_have_value("Lời thứ hai.")
        page.goto("/ban-tin")
        expect(page.get_by_role("link", name="Bản tin viết dở")).to_have_count(1)


MEETS = """
    const real = window.fetch;
    window.fetch = async (...asked) => {
        const answer = await real(...asked);
        if (asked[1]?.method !== "POST" || "saved" in document.body.dataset) return answer;
        document.body.dataset.saved = ""; // by the office: what follows happens on the way back
        FATE
    };
"""


@pytest.mark.parametrize(
    "fate",
    ["return new Promise((come) => setTimeout(() => come(answer), 2000));", "throw new TypeError('the line was cut');"],
    ids=["late", "lost"],
)
def test_pressing_on_while_a_new_draft_is_being_saved_keeps_all_of_it_in_one(
    browser: Browser, served: tuple[Website, DrawnCommune, str], fate: str
) -> None:
    _, made, address = served
    with watched(browser, address) as page:
        page.add_init_script(MEETS.replace("FATE", fate))
        sign_in(page, "hongtham")
        page.goto("/ban-tin/moi")
        page.fill("#ten", "Viết vội")
        page.fill("#van-ban", "Lời đầu tiên.")
        page.wait_for_selector("body[data-saved]")
        page.fill("#van-ban", "Lời viết thêm.")
        page.click("text=Tiếp tục: chọn nơi và giờ phát")
        page.wait_for_url("**/phat")
    with made.database.reading() as session:
        [row] = session.exec(select(Announcement).where(Announcement.title == "Viết vội")).all()
    assert row.text == "Lời viết thêm."


def test_the_player_comes_by_itself_once_the_sound_is_made(
    browser: Browser, served: tuple[Website, DrawnCommune, str]
) -> None:
    site, made, address = served
    announcement = made.announcements["meeting"]
    with site.office.database.writing() as session:
        row = session.get_one(Announcement, announcement)
        row.version += 1
        session.add(row)
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto(f"/ban-tin/{announcement}")
        expect(page.locator("#nghe")).to_contain_text("Âm thanh đang được chuẩn bị")
        site.make_sounds()
        expect(page.locator("#nghe .play")).to_be_visible(timeout=15_000)
        page.click("#nghe .play")
        expect(page.locator("#nghe .play")).to_have_text("Tạm dừng")


def test_the_tree_ticks_as_people_expect(browser: Browser, served: tuple[Website, DrawnCommune, str]) -> None:
    _, made, address = served
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.goto(f"/ban-tin/{made.announcements['power']}/phat")

        def box(area: str) -> str:
            return f"input[value={made.areas[area]}]"

        page.check(box("cũ 1"))
        expect(page.locator(box("ấp 3"))).to_be_checked()
        expect(page.locator(f"#so-{made.areas['xã']}")).to_have_text("14 trên 24 cụm loa")
        assert page.locator(box("xã")).evaluate("(each) => each.indeterminate")
        page.uncheck(box("ấp 3"))
        expect(page.locator(box("cũ 1"))).not_to_be_checked()
        expect(page.locator(f"#so-{made.areas['cũ 1']}")).to_have_text("11 trên 14 cụm loa")
        page.fill("#gio", "18:00")
        expect(page.locator("#cau")).to_contain_text("qua 11 cụm loa")
        page.check("input[value=ngay-bay-gio]")
        expect(page.locator("#gio")).to_be_hidden()
        expect(page.locator("#cau")).to_contain_text("Phát ngay bây giờ")


def test_without_script_the_whole_way_is_open(browser: Browser, served: tuple[Website, DrawnCommune, str]) -> None:
    _, made, address = served
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, "hongtham")
    page.goto("/ban-tin/moi")
    page.fill("#ten", "Không có script")
    page.fill("#van-ban", "Kính mời bà con.")
    page.click("#nghe-thu")
    expect(page.locator("#nghe audio")).to_be_visible(timeout=20_000)
    page.click("text=Tiếp tục: chọn nơi và giờ phát")
    page.check(f"input[value={made.areas['ấp 4']}]")
    page.fill("#gio", "18:30")
    page.click("text=Xem lại câu")
    expect(page.locator("#cau")).to_contain_text("Phát ở ấp 4, lúc 18:30 hôm nay")
    page.click("text=Tiếp tục: kiểm tra lần cuối")
    page.click("text=Gửi phê duyệt và đặt phát lúc 18:30 ở 2 cụm loa")
    expect(page.locator("#tom-tat")).to_contain_text("Chờ phê duyệt.")
    page.goto("/im-lang")
    page.click("text=Dừng tiếng ở mọi cụm loa ngay")
    expect(page.locator("#tra-loi")).to_contain_text("chưa trả lời")
    context.close()
    with made.database.reading() as session:
        rows = session.exec(select(Broadcast).where(Broadcast.title == "Không có script")).all()
    assert [row.planned_at for row in rows] == [None]


def test_silence_is_followed_until_the_last_speaker_has_answered(
    browser: Browser, served: tuple[Website, DrawnCommune, str]
) -> None:
    site, made, address = served

    def fall_silent(*speakers: str) -> None:
        with site.office.database.writing() as session:
            for delivery in session.exec(select(Delivery).where(col(Delivery.speaker).in_(speakers))).all():
                if delivery.state not in ENDED:
                    delivery.state, delivery.reason = "cancelled", "cancelled"
                    session.add(delivery)
                    note_change(session, "delivery", f"{delivery.broadcast}/{delivery.speaker}")

    with made.database.reading() as session:
        answering = set(session.exec(select(Speaker.speaker).where(col(Speaker.silent_after).is_not(None))).all())
    assert len(answering) == 22
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        page.click("text=Im lặng >> visible=true")
        page.click("text=Dừng tiếng ở mọi cụm loa ngay")
        expect(page.locator("#tra-loi")).to_contain_text("chưa trả lời.")
        fall_silent(*(answering - {"nvh-1"}))
        expect(page.locator("#tra-loi")).to_contain_text("Đã im ở 21 cụm loa. 3 chưa trả lời.", timeout=25_000)
        fall_silent("nvh-1")
        expect(page.locator("#tra-loi")).to_contain_text("Đã im ở 22 cụm loa. 2 chưa trả lời.", timeout=25_000)


def test_a_password_is_shown_and_a_configuration_copied(
    browser: Browser, served: tuple[Website, DrawnCommune, str]
) -> None:
    _, _, address = served
    with watched(browser, address) as page:
        page.goto("/dang-nhap")
        page.fill("#mk", "abc")
        page.check("text=Hiện mật khẩu")
        expect(page.locator("#mk")).to_have_attribute("type", "text")
        sign_in(page, "hongtham")
        page.goto("/cum-loa/moi")
        page.fill("#ten", "Nhà văn hóa ấp 9")
        page.select_option("#dia-ban", index=3)
        page.click("text=Thêm cụm loa và hiện mã cài đặt")
        page.click("text=Sao chép")
        expect(page.locator("#da-chep")).to_be_visible()
        with page.expect_download() as download:
            page.click("text=Tải tệp nha-van-hoa-ap-9.json")
        assert '"speaker": "nha-van-hoa-ap-9"' in Path(download.value.path()).read_text("utf-8")


def test_the_order_of_two_priority_bulletins_is_set_by_the_keyboard(
    browser: Browser, served: tuple[Website, DrawnCommune, str]
) -> None:
    _, made, address = served
    with_a_timetable(made)
    with watched(browser, address) as page:
        sign_in(page, "hongtham")
        _tab_to(page, _is(page, "Chọn bản tin phát trước"))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Lịch tuần 23/11 – 29/11/2026")
        expect(page.get_by_role("button", name="In", exact=True)).to_be_visible()
        _tab_to(page, _is(page, "Chống dịch tả lợn châu Phi trước"))
        page.keyboard.press("Enter")
        expect(page.locator(".meeting")).to_contain_text(
            "“Chống dịch tả lợn châu Phi” phát lúc 06:00, rồi “Lịch cắt nước"
        )
        expect(page.locator("table.week")).to_contain_text("Chờ, phát lúc 06:02")
        expect(page.locator(".days")).to_be_hidden()
        page.set_viewport_size({"width": 390, "height": 844})
        expect(page.locator("table.week")).to_be_hidden()
        expect(page.locator(".days")).to_contain_text("Chờ, phát lúc 06:02")
