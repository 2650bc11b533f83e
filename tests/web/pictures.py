"""Takes a picture of each page at 1366 × 768 and 390 × 844 to var/pictures/: `python -m tests.web.pictures [NAME…]`."""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from controller.broadcasts.silence import silence_area
from controller.database.tables import Passkey, PasswordLink
from controller.people.accounts import change_charge
from controller.people.deputies import name_deputy
from controller.people.sessions import open_session, token_hash
from controller.people.weighty_deeds import ask_for_one_officer
from tests.people import PASSWORD
from tests.web.conftest import make_website
from tests.web.drawn_commune import (
    DrawnCommune,
    at_1706,
    make_drawn_commune,
    make_new_station,
    with_a_standing_text,
    with_a_timetable,
    with_a_waiting_week,
    with_doubts,
    with_excess,
    with_versions,
)
from tests.web.running import chromium, serving

FOLDER = Path("var/pictures")
SIZES = ((1366, 768), (390, 844))


@dataclass(frozen=True)
class Picture:
    """One page to take. `path`: its address, built from the commune's ids; `who`: the user name, None: signed out.

    `scene` changes the commune before the page is opened; `prepare` acts on the opened page.
    """

    name: str
    path: Callable[[DrawnCommune], str]
    who: str | None = "hongtham"
    prepare: Callable[[Page], object] | None = None
    scene: Callable[[DrawnCommune], None] | None = None


def _order_path(made: DrawnCommune, announcement: str, page: str) -> str:
    places = "&".join(f"dia-ban={made.areas[each]}" for each in ("ấp 3", "ấp 4", "chợ"))
    choices = f"{places}&khi=gio-dinh&ngay=23/11/2026&gio=17:45&lan=2"
    return f"/ban-tin/{made.announcements[announcement]}/{page}?{choices}"


def _repeat_path(made: DrawnCommune, page: str, days: str = "t2-t6") -> str:
    places = "&".join(f"dia-ban={made.areas[each]}" for each in ("ấp 1", "ấp 2", "ấp 3"))
    choices = f"khi=lap-lai&nhung-ngay={days}&thu=MO&thu=FR&gio=17:00&ngay=30/11/2026&lan=1&le=1&tru-le=co"
    return f"/ban-tin/{made.announcements['power']}/{page}?{places}&{choices}"


def _hold_silence(made: DrawnCommune) -> None:
    with made.writing() as session:
        silence_area(session, made.now, made.officers["hongtham"], made.areas["xã"], hold=True)


def _name_deputies(made: DrawnCommune) -> None:
    """One who approves in another's place at once, and one who has to wait."""
    last_day = (made.now + timedelta(days=4)).date()
    waiting = next(each for each in made.officers.values() if each.role == "editor")
    with made.writing() as session:
        for absent, deputy in (("hongtham", made.officers["quang"]), ("quang", waiting)):
            name_deputy(session, made.now, made.officers[absent], deputy.officer, last_day)


def _sign_in_elsewhere(made: DrawnCommune) -> None:
    """On a telephone, and by a program."""
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36"
    with made.writing() as session:
        open_session(session, made.now - timedelta(hours=9), made.officers["hongtham"], device=phone)
        open_session(session, made.now - timedelta(hours=2), made.officers["hongtham"], "program", device="curl/8.5.0")
        for number, (name, used) in enumerate((("Windows Hello", made.now), ("Samsung A15", None))):
            session.merge(
                Passkey(
                    passkey=f"key-{number}",
                    officer=made.officers["hongtham"].officer,
                    name=name,
                    public_key="AA",
                    transports=["internal"],
                    added_at=made.now - timedelta(days=9),
                    last_used_at=used,
                )
            )


def _ask_weighty_deeds(made: DrawnCommune) -> None:
    """One administrator asks, and the reader may agree; and one of the reader's own."""
    other = made.officer("namphuong", "administrator", name="Lê Thị Nam Phương")
    waiting = next(each for each in made.officers.values() if each.role == "editor")
    with made.writing() as session:
        change_charge(session, made.now, other, waiting.officer, "approver", made.areas["ấp 6"])
        reason = "Theo Quyết định 12/QĐ-UBND của xã."
        ask_for_one_officer(session, made.now, made.officers["hongtham"], reason)


def _begin_second_factor(page: Page) -> None:
    page.fill("#mat-khau-hai-buoc", PASSWORD)
    page.click("form[action$='/hai-buoc'] button")
    page.wait_for_selector("#ma")


def _offer_passkeys(page: Page) -> None:
    """As at the address of the settings, with an authenticator."""
    page.evaluate("document.querySelectorAll('[data-passkeys]').forEach((each) => { each.hidden = false; })")
    page.evaluate("document.querySelectorAll('[data-no-passkeys]').forEach((each) => { each.hidden = true; })")


def _begin_passkey(page: Page) -> None:
    _offer_passkeys(page)
    page.fill("#mat-khau-khoa", PASSWORD)
    page.click("form[action$='/khoa-truy-cap'] button")
    page.wait_for_selector("form[action$='/xac-nhan']", state="attached")
    _offer_passkeys(page)


LINK = "a-link-that-the-picture-knows"


def _know_link(made: DrawnCommune) -> None:
    """A link whose token is known here; the reader is told of it."""
    row = PasswordLink(
        token_hash=token_hash(LINK),
        officer=made.officers["quang"].officer,
        kind="reset",
        made_by=made.officers["hongtham"].officer,
        made_at=made.now,
        holds_from=made.now,
        expires_at=made.now + timedelta(days=3),
    )
    with made.writing() as session:
        session.merge(row)


def _make_link(page: Page) -> None:
    page.click("form[action$='/duong-dan'] button")
    page.wait_for_selector("#duong-dan")


def _sign_in_wrongly(page: Page) -> None:
    page.fill("#ten", "hongtham")
    page.fill("#mk", "matkhau")
    page.click("button")
    page.wait_for_selector(".alert-error")


def _open_menu(page: Page) -> None:
    page.evaluate("document.querySelector('.menu-narrow').open = true")


def _approve(page: Page) -> None:
    if page.locator(".decide button.button-main").count():  # at the second size it is already approved
        page.click(".decide button.button-main")
        page.wait_for_load_state()


def _renew_credentials(page: Page) -> None:
    page.click("details:has(form[action$='/mat-khau']) > summary")
    page.click("form[action$='/mat-khau'] button")
    page.wait_for_selector("#ma-cai-dat")


def _emulate_paper(page: Page) -> None:
    page.emulate_media(media="print")


PICTURES = (
    Picture("dang-nhap", lambda _: "/dang-nhap", None),
    Picture("dang-nhap-khoa", lambda _: "/dang-nhap", None, _offer_passkeys),
    Picture("dang-nhap-sai", lambda _: "/dang-nhap", None, _sign_in_wrongly),
    Picture("trang-dau", lambda _: "/"),
    Picture("trang-dau-danh-muc", lambda _: "/", prepare=_open_menu),
    Picture("im-lang", lambda _: "/im-lang"),
    Picture("ban-tin", lambda _: "/ban-tin"),
    Picture("soan-moi", lambda _: "/ban-tin/moi"),
    Picture("soan-ban-tin", lambda made: f"/ban-tin/{made.announcements['vaccine']}"),
    Picture("phe-duyet-danh-sach", lambda _: "/phe-duyet", "quang"),
    Picture("phe-duyet", lambda made: f"/phe-duyet/{made.announcements['meeting']}", "quang"),
    Picture("phe-duyet-cua-minh", lambda made: f"/phe-duyet/{made.announcements['meeting']}"),
    Picture("phe-duyet-tra-lai", lambda made: f"/phe-duyet/{made.announcements['meeting']}/tra-lai", "quang"),
    Picture("chon-noi-va-gio", lambda made: _order_path(made, "power", "phat"), scene=at_1706),
    Picture("kiem-tra-lan-cuoi", lambda made: _order_path(made, "power", "kiem-tra")),
    Picture("kiem-tra-chua-duyet", lambda made: _order_path(made, "meeting", "kiem-tra")),
    Picture("ket-qua-phat", lambda made: f"/luot-phat/{made.broadcasts['vaccine']}"),
    Picture("ket-qua-phat-in", lambda made: f"/luot-phat/{made.broadcasts['vaccine']}", prepare=_emulate_paper),
    Picture("ket-qua-cho-duyet", lambda made: f"/luot-phat/{made.broadcasts['meeting']}"),
    Picture("ket-qua-sap-phat", lambda made: f"/luot-phat/{made.broadcasts['power']}"),
    Picture("dung", lambda made: f"/luot-phat/{made.broadcasts['vaccine']}/dung"),
    Picture("luot-phat", lambda _: "/luot-phat"),
    Picture("cum-loa", lambda _: "/cum-loa"),
    Picture("cum-loa-chi-tiet", lambda _: "/cum-loa/ba-ria"),
    Picture("cum-loa-them", lambda _: "/cum-loa/moi"),
    Picture("dia-ban", lambda _: "/dia-ban"),
    Picture("dia-ban-mot", lambda made: f"/dia-ban/{made.areas['ấp 6']}"),
    Picture("can-bo", lambda _: "/can-bo"),
    Picture("can-bo-mot", lambda made: f"/can-bo/{made.officers['quang'].officer}"),
    Picture("can-bo-duong-dan", lambda made: f"/can-bo/{made.officers['quang'].officer}", prepare=_make_link),
    Picture("dat-mat-khau", lambda _: f"/dat-mat-khau?ma={LINK}", None, scene=_know_link),
    Picture("tai-khoan", lambda _: "/tai-khoan", scene=_sign_in_elsewhere),
    Picture("tai-khoan-khoa", lambda _: "/tai-khoan", prepare=_offer_passkeys),
    Picture("tai-khoan-tao-khoa", lambda _: "/tai-khoan", "quang", _begin_passkey),
    Picture("tai-khoan-hai-buoc", lambda _: "/tai-khoan", "quang", _begin_second_factor),
    Picture("cai-dat", lambda _: "/cai-dat"),
    Picture("nhat-ky", lambda _: "/nhat-ky"),
    Picture("huong-dan", lambda _: "/huong-dan"),
    Picture("khong-co-trang", lambda _: "/khong-co"),
    Picture("lich-tuan", lambda _: "/lich-tuan", scene=with_a_timetable),
    Picture("lich-tuan-in", lambda _: "/lich-tuan", prepare=_emulate_paper),
    Picture("lich-tuan-ap-6", lambda made: f"/lich-tuan?tuan=24/11/2026&dia-ban={made.areas['ấp 6']}"),
    Picture("lich-tuan-trong", lambda _: "/lich-tuan?tuan=01/06/2026"),
    Picture("lich-tuan-xa", lambda _: "/lich-tuan?tuan=30/12/2026"),
    Picture("lich-ngay", lambda _: "/lich-ngay?ngay=26/11/2026"),
    Picture("lich-ngay-in", lambda _: "/lich-ngay", prepare=_emulate_paper),
    Picture("trang-dau-lich", lambda _: "/"),
    Picture("soan-tu-mau", lambda _: "/ban-tin/moi"),
    Picture("ban-tin-mau", lambda made: f"/ban-tin/{made.announcements['tax']}"),
    Picture("chon-noi-va-gio-lap-lai", lambda made: _repeat_path(made, "phat")),
    Picture("chon-noi-va-gio-khac", lambda made: _repeat_path(made, "phat", "khac")),
    Picture("kiem-tra-lap-lai", lambda made: _repeat_path(made, "kiem-tra")),
    Picture("lich", lambda _: "/lich"),
    Picture("lich-mot", lambda made: f"/lich/{made.schedules['club']}"),
    Picture("ngay-nghi", lambda _: "/ngay-nghi?nam=2026"),
    Picture("ngay-nghi-xem", lambda _: "/ngay-nghi?nam=2027", "quang"),
    Picture("soan-van-ban-dan-vao", lambda made: f"/ban-tin/{made.announcements['doubtful']}", scene=with_doubts),
    Picture("soan-sua-cach-doc", lambda made: f"/ban-tin/{made.announcements['doubtful']}?cho=0-4#sua"),
    Picture("kiem-tra-cach-doc", lambda made: _order_path(made, "doubtful", "kiem-tra")),
    Picture("phe-duyet-cach-doc", lambda made: f"/phe-duyet/{made.announcements['doubtful']}", "quang"),
    Picture("tu-dien", lambda _: "/tu-dien"),
    Picture("tu-dien-ap-6", lambda made: f"/tu-dien?dia_ban={made.areas['ấp 6']}"),
    Picture("im-lang-ket-qua", lambda made: f"/im-lang/ket-qua?dia-ban={made.areas['xã']}", scene=_hold_silence),
    Picture("mo-lai-tieng", lambda made: f"/im-lang/mo-lai?dia-ban={made.areas['xã']}"),
    Picture("trang-dau-giu-im-lang", lambda _: "/"),
    Picture("cum-loa-ma-cai-dat", lambda _: "/cum-loa/ba-ria", prepare=_renew_credentials),
    Picture("phe-duyet-xong", lambda made: f"/phe-duyet/{made.announcements['meeting']}", "quang", _approve),
    Picture("viec-hai-nguoi", lambda _: "/viec-hai-nguoi", scene=_ask_weighty_deeds),
    Picture("uy-quyen", lambda _: "/uy-quyen", scene=_name_deputies),
    Picture("cac-ban", lambda made: f"/ban-tin/{made.announcements['vaccine']}/cac-ban", scene=with_versions),
    Picture("doc-ban-tin", lambda made: f"/ban-tin/{made.announcements['vaccine']}", "xem"),
    Picture("phat-ngay", lambda made: f"/ban-tin/{made.announcements['flood']}/phat-ngay", scene=with_a_standing_text),
    Picture("phat-ngay-phe-duyet", lambda made: f"/ban-tin/{made.announcements['flood']}/phat-ngay", "quang"),
    Picture(
        "phe-duyet-lich", lambda made: f"/phe-duyet/{made.announcements['music']}", "quang", scene=with_a_waiting_week
    ),
    Picture("phe-duyet-noi-khac", lambda made: f"/phe-duyet/{made.announcements['music']}", "ap6"),
    Picture("cum-loa-gui-qua-muc", lambda _: "/cum-loa/to-21", scene=with_excess),
    Picture("trang-dau-gui-qua-muc", lambda _: "/"),
)
NEW_STATION = (
    Picture("chua-co-cum-loa", lambda _: "/"),
    Picture("chua-co-cum-loa-lich", lambda _: "/lich"),
    Picture("chua-co-cum-loa-lich-tuan", lambda _: "/lich-tuan"),
    Picture("chua-co-cum-loa-ket-qua", lambda _: "/luot-phat"),
)
SITES = ((make_drawn_commune, PICTURES), (make_new_station, NEW_STATION))


def main() -> None:
    """Take all pictures, or those named on the command line."""
    wanted = set(sys.argv[1:])
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make, pictures in SITES:
        with tempfile.TemporaryDirectory() as folder:
            site = make_website(Path(folder), make)
            site.office.link.is_connected = lambda: True  # type: ignore[method-assign]  # no broker: it isn't in the picture
            made = site.commune
            assert isinstance(made, DrawnCommune)
            with serving(site.office) as address, chromium() as browser:
                for picture in pictures:
                    if picture.scene:
                        picture.scene(made)
                    if not wanted or picture.name in wanted:
                        _take(browser, address, picture, made)


def _take(browser: Browser, address: str, picture: Picture, made: DrawnCommune) -> None:
    for width, height in SIZES:
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=address)
        page = context.new_page()
        if picture.who:
            sign_in(page, picture.who)
        page.goto(picture.path(made))
        if picture.prepare:
            picture.prepare(page)
        page.wait_for_timeout(400)  # shapes and fonts are loaded, scripts have run
        page.screenshot(path=FOLDER / f"{picture.name}-{width}.png", full_page=True)
        context.close()


def sign_in(page: Page, username: str) -> None:
    """Sign in through the form."""
    page.goto("/dang-nhap")
    page.fill("#ten", username)
    page.fill("#mk", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/dang-nhap" not in url)


if __name__ == "__main__":
    main()
