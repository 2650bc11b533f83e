"""Ordering: the form, the last check with its sentence, and the one button; pressing it twice orders once."""

import re
from datetime import timedelta

import pytest
from sqlmodel import func, select

from audio.sound.opus import encode
from controller.database.column_types import QuietHoursFields
from controller.database.tables import Broadcast, SpeakerStatus
from controller.orders.standing_texts import StandingOrder, make_standing_text
from controller.orders.standings import standing_of
from controller.places.areas import AreaFields, change_area
from tests.people import MONDAY, set_online
from tests.web.conftest import Browser, Website
from wire.model import BulletinClass


def _choose(website: Website, browser: Browser, announcement: str, *areas: str, **more: str) -> str:
    """Fill in places and time and go on; returns the address of the next page."""
    browser.get(f"/ban-tin/{announcement}/phat")
    places = [website.commune.areas[area] for area in areas]
    chosen: dict[str, str | list[str]] = {"dia-ban": places, "gio": "17:15", **more}
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra", chosen)
    if answer.status_code == 303:
        browser.get(answer.headers["location"], 422)
        return str(answer.headers["location"])
    browser.page = answer.text
    return str(answer.url)


def _order(browser: Browser, announcement: str) -> str:
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def _count(website: Website) -> int:
    with website.office.database.reading() as session:
        return session.exec(select(func.count()).select_from(Broadcast)).one()


def _online(website: Website, *speakers: str) -> None:
    with website.commune.writing() as session:
        for name in speakers:
            row = session.get_one(SpeakerStatus, name)
            row.status, row.received_at = {"online": True, "playing": None}, website.commune.now
            session.add(row)
        set_online(session, website.commune.now, *speakers)


def test_the_last_check_shows_places_time_length_and_offline_speakers(website: Website) -> None:
    _online(website, "loa-1a")
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1", lan="2")
    assert (
        "Phát ở ấp 1, lúc 17:15 hôm nay, thứ Hai 23/11/2026, đọc 2 lần, dài 5 giây, qua 2 cụm loa. "
        "Lúc này 1 cụm loa mất liên lạc." in browser.seen
    )
    assert "Đặt phát lúc 17:15 ở 2 cụm loa" in browser.seen
    assert "Trễ nhất 17:17 hôm nay." in browser.seen
    assert _count(website) == 0


def test_from_an_empty_page_to_an_order_it_takes_three_presses(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    written = {"ten": "Họp dân", "van-ban": "Kính mời bà con.", "viec": "tiep-tuc"}
    browser.follow(browser.send("/ban-tin/moi", written))
    announcement = re.findall(r'action="/ban-tin/(\w+)/kiem-tra"', browser.page)[0]
    chosen: dict[str, str | list[str]] = {"dia-ban": [website.commune.areas["ấp 1"]], "gio": "17:15"}
    website.make_sounds()
    browser.page = browser.send(f"/ban-tin/{announcement}/kiem-tra", chosen).text
    browser.get(_order(browser, announcement))
    assert "Chờ phê duyệt. Chưa có gì được gửi tới cụm loa." in browser.seen


def test_the_button_orders_once_even_if_pressed_twice(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1")
    first = _order(browser, announcement)
    website.later(seconds=2)
    assert _order(browser, announcement) == first
    assert _count(website) == 1
    browser.get(first)
    assert "Chờ phê duyệt. Chưa có gì được gửi tới cụm loa." in browser.seen
    website.commune.approve_orders(announcement)
    browser.get(first)
    assert "Sẵn sàng ở 0 trên 2 cụm loa. Chưa nhận lệnh ở 2." in browser.seen


def test_ordering_a_draft_submits_it_and_sends_nothing_to_the_speakers(website: Website) -> None:
    announcement = website.commune.announcement()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1")
    assert "Gửi phê duyệt và đặt phát lúc 17:15 ở 2 cụm loa" in browser.seen
    assert (
        "Bấm nút thì bản tin được gửi phê duyệt luôn. Đến 17:17 hôm nay chưa phê duyệt thì không phát." in browser.seen
    )
    result = _order(browser, announcement)
    browser.get(result)
    assert "Chờ phê duyệt. Chưa có gì được gửi tới cụm loa." in browser.seen
    with website.office.database.reading() as session:
        assert standing_of(session, website.commune.row(announcement)).state == "submitted"
        assert session.get_one(Broadcast, result.split("/")[2]).planned_at is None


def test_an_order_for_now_starts_as_soon_as_it_is_approved(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, "xã", khi="ngay-bay-gio")
    assert "Phát ngay bây giờ ở toàn xã Phú Lâm" in browser.seen
    assert "Phát ngay ở 4 cụm loa khi được phê duyệt" in browser.seen
    assert "Phê duyệt xong thì phát ngay; quá 10 phút chưa phê duyệt thì không phát." in browser.seen
    result = _order(browser, announcement)
    website.later(minutes=9)
    website.commune.approve_orders(announcement)
    browser.get(result)
    assert "Lượt phát 17:09" in browser.seen
    with website.office.database.reading() as session:
        row = session.get_one(Broadcast, result.split("/")[2])
    assert (row.planned_at, row.latest_start) == (website.commune.now, MONDAY + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (
            "khi=gio-dinh&ngay=23/11/2026&gio=17:15",
            "18:15 hôm nay. Cụm loa chưa nhận được thì phát khi nhận được, đến giờ đó.",
        ),
        ("khi=ngay-bay-gio", "18:10 hôm nay. Cụm loa chưa nhận được thì phát khi nhận được, đến giờ đó."),
        (
            "khi=lap-lai&nhung-ngay=hang-ngay&gio=17:15&ngay=23/11/2026",
            "1 giờ sau giờ của mỗi lượt. Sau đó cụm loa nào chưa bắt đầu được thì không phát lượt đó.",
        ),
    ],
)
def test_the_last_check_says_until_when_an_emergency_may_begin(website: Website, when: str, says: str) -> None:
    commune = website.commune
    announcement = commune.approved("emergency")
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/kiem-tra?dia-ban={commune.areas['ấp 1']}&{when}")
    assert f"Trễ nhất {says}" in browser.seen


def test_an_emergency_is_for_now_by_default(website: Website) -> None:
    announcement = website.commune.approved("emergency")
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/phat")
    assert re.search(r'value="ngay-bay-gio" checked', browser.page)
    _choose(website, browser, announcement, "xã")
    assert "Phát khẩn cấp ngay ở toàn xã Phú Lâm, chen ngang mọi bản tin, cả trong giờ yên tĩnh" in browser.seen
    assert "Phát ngay ở 4 cụm loa khi được phê duyệt" in browser.seen
    browser.get(_order(browser, announcement))
    assert "Chờ phê duyệt. Chưa có gì được gửi tới cụm loa." in browser.seen


@pytest.mark.parametrize(
    ("username", "area", "set_off"),
    [("quang", "ấp 1", True), ("tham", "ấp 1", True), ("editor", "ấp 1", False), ("quang", "xã", False)],
)
def test_an_approver_sets_off_a_standing_text_alone_where_it_was_approved(
    website: Website, username: str, area: str, *, set_off: bool
) -> None:
    commune = website.commune
    announcement = commune.approved("emergency")
    with commune.writing() as session:
        until = commune.now + timedelta(days=30)
        hours: QuietHoursFields = {"from": "00:00", "to": "23:59"}
        standing = StandingOrder(announcement, (commune.areas["ấp 1"],), (hours,), 1, until)
        make_standing_text(session, commune.now, commune.officers["tham"], standing)
    commune.approve_orders(announcement)
    browser = website.officer(username)
    _choose(website, browser, announcement, area)
    assert ("Bấm nút là phát ngay, không chờ ai; người thứ hai sẽ xem lại sau." in browser.seen) == set_off
    assert ("khi được phê duyệt" in browser.seen) != set_off
    browser.get(_order(browser, announcement))
    assert ("Chờ phê duyệt. Chưa có gì được gửi tới cụm loa." in browser.seen) != set_off
    _choose(website, browser, announcement, area)
    assert "khi được phê duyệt" in browser.seen, "it was for once"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"dia-ban": []}, "Chọn ít nhất một nơi."),
        ({"gio": ""}, "Ghi giờ phát, ví dụ 17:15."),
        ({"gio": "16:00"}, "16:00 đã qua. Bây giờ là 17:00."),
        ({"ngay": "31/11/2026"}, "Không có ngày 31/11/2026."),
        ({"ngay": "12/25/2026"}, "Không có ngày 12/25/2026."),
        ({"ngay": "01/01/2030"}, "Đặt trước nhiều nhất 366 ngày."),
        ({"lan": "99"}, "Đọc từ 1 đến 20 lần."),
        ({"dia-ban": ["a-gone"]}, "Không có địa bàn “a-gone”."),
    ],
)
def test_an_impossible_choice_leads_back_to_the_form_with_the_reason(
    website: Website, fields: dict[str, str | list[str]], words: str
) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/phat")
    chosen = {"dia-ban": [website.commune.areas["ấp 1"]], "gio": "17:15", **fields}
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra", chosen)
    assert answer.status_code == 303
    browser.get(answer.headers["location"], 422)
    assert words in browser.seen
    assert _count(website) == 0


def test_an_hour_in_quiet_hours_is_refused_with_their_end(website: Website) -> None:
    with website.commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "21:30", "to": "05:00"}]}
        change_area(session, website.commune.now, website.commune.officers["tham"], website.commune.areas["xã"], quiet)
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1", ngay="24/11/2026", gio="03:15")
    assert "03:15 nằm trong giờ yên tĩnh (21:30–05:00)" in browser.seen
    assert "Chọn từ 05:00 trở đi." in browser.seen


def test_an_hour_that_has_passed_since_the_last_check_is_not_ordered(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1")
    website.later(minutes=20)
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra")
    browser.get(answer.headers["location"], 422)
    assert "17:15 đã qua. Bây giờ là 17:20." in browser.seen
    assert _count(website) == 0


def test_an_announcement_that_was_changed_since_the_last_check_is_not_ordered(website: Website) -> None:
    announcement = website.commune.announcement()
    browser = website.officer()
    _choose(website, browser, announcement, "ấp 1")
    with website.commune.writing() as session:
        row = website.commune.row(announcement)
        row.version += 1
        website.commune.give_sound(session, row, encode(b"\x20\x10" * 4800))
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra")
    assert answer.status_code == 409
    assert "Bản tin đã đổi sau khi nghe. Nghe lại rồi đặt." in answer.text
    assert _count(website) == 0


def test_the_sentence_follows_the_choices_and_names_missing_ones(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    browser.get(f"/phan/cau/{announcement}?khi=gio-dinh&gio=17:15")
    assert "Chọn ít nhất một nơi." in browser.seen
    area = website.commune.areas["ấp 1"]
    browser.get(f"/phan/cau/{announcement}?khi=gio-dinh&ngay=23/11/2026&gio=17:15&dia-ban={area}")
    assert "qua 2 cụm loa" in browser.seen
    root = website.commune.areas["xã"]
    assert f'id="so-{root}">2 trên 4 cụm loa' in browser.page


def test_without_javascript_the_page_itself_shows_the_sentence(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    area = website.commune.areas["ấp 2"]
    browser.get(f"/ban-tin/{announcement}/phat?khi=gio-dinh&ngay=23/11/2026&gio=17:15&dia-ban={area}")
    assert "Phát ở ấp 2, lúc 17:15 hôm nay" in browser.seen
    assert re.search(rf'name="dia-ban" value="{area}" checked', browser.page)


def test_speakers_of_hamlets_with_quiet_hours_are_counted_in_an_order_for_the_commune(website: Website) -> None:
    commune = website.commune
    with commune.writing() as session:
        quiet: AreaFields = {"quiet_hours": [{"from": "17:10", "to": "18:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["ấp 1"], quiet)
    _online(website, "loa-1a", "loa-1b", "loa-2", "loa-xa")
    browser = website.officer()
    _choose(website, browser, commune.approved(), "xã")
    assert "Lúc này cả 4 cụm loa đang hoạt động. 2 cụm loa vào giờ yên tĩnh: không phát" in browser.seen
    assert "Có thể không nghe được ở: Cụm loa-1a (giờ yên tĩnh), Cụm loa-1b (giờ yên tĩnh)." in browser.seen
    _choose(website, browser, commune.approved(), "xã", gio="17:09", lan="20")
    assert "2 cụm loa vào giờ yên tĩnh" in browser.seen, "they would be stopped in the middle"
    for announcement, hour in ((commune.approved(), "17:08"), (commune.approved("emergency"), "17:15")):
        _choose(website, browser, announcement, "xã", gio=hour, khi="gio-dinh")
        assert "giờ yên tĩnh:" not in browser.seen


@pytest.mark.parametrize(
    ("other", "own", "hour", "words"),
    [
        ("normal", "normal", "17:15", "bản tin này phải chờ; đến 17:17 chưa bắt đầu được thì không phát."),
        ("normal", "normal", "17:14", "“Bản tin trước” phải chờ; đến 17:17 chưa bắt đầu được thì không phát."),
        ("normal", "priority", "17:15", "bản tin ưu tiên này phát trước; bản tin thông thường dừng lại hoặc chờ."),
        ("priority", "normal", "17:14", "bản tin ưu tiên phát trước: bản tin này phải chờ, hoặc dừng giữa chừng rồi"),
        ("normal", "emergency", "17:15", "bản tin khẩn cấp phát trước."),
        ("emergency", "emergency", "17:15", "bản tin này phải chờ; đến 18:15 chưa bắt đầu được thì không phát."),
    ],
)
def test_of_two_colliding_broadcasts_the_page_says_which_is_first(
    website: Website, other: BulletinClass, own: BulletinClass, hour: str, words: str
) -> None:
    commune = website.commune
    commune.order(commune.approved(other, title="Bản tin trước"), "ấp 1", starts_in_s=15 * 60, times=20)
    browser = website.officer()
    _choose(website, browser, commune.approved(own), "xã", lan="20", gio=hour, khi="gio-dinh")
    assert f"Trùng giờ với: 17:15 Bản tin trước. Ở nơi trùng, {words}" in browser.seen


def test_the_page_says_until_when_an_offline_speaker_still_plays_it(website: Website) -> None:
    browser = website.officer()
    lasts: tuple[tuple[BulletinClass, str], ...] = (("normal", "17:17"), ("emergency", "18:15"))
    for bulletin_class, until in lasts:
        _choose(website, browser, website.commune.approved(bulletin_class), "xã", khi="gio-dinh")
        assert f"có mạng lại và nhận được bản tin trước {until}." in browser.seen


def test_a_collision_with_another_broadcast_is_shown(website: Website) -> None:
    commune = website.commune
    commune.order(commune.approved(title="Bản tin trước"), "ấp 1", starts_in_s=15 * 60 + 2, times=20)
    browser = website.officer()
    _choose(website, browser, commune.approved(title="Bản tin sau"), "xã", lan="20")
    assert "Trùng giờ với: 17:15 Bản tin trước" in browser.seen
    elsewhere = website.officer()
    _choose(website, elsewhere, commune.approved(title="Bản tin khác"), "ấp 2", lan="20")
    assert "Trùng giờ" not in elsewhere.seen


def test_single_speakers_can_be_chosen(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    _choose(website, browser, announcement, **{"cum-loa": "loa-2"})
    assert "Phát ở Cụm loa-2, lúc 17:15 hôm nay" in browser.seen
    with website.office.database.reading() as session:
        row = session.get_one(Broadcast, _order(browser, announcement).split("/")[2])
    assert (row.areas, row.speakers) == ([], ["loa-2"])


def test_an_officer_of_one_hamlet_sees_and_orders_for_that_hamlet_alone(website: Website) -> None:
    with website.commune.writing() as session:
        officer = website.commune.officers["editor"]
        officer.area = website.commune.areas["ấp 1"]
        session.add(officer)
    announcement = website.commune.approved()
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/phat")
    assert "Ấp 2" not in browser.seen
    root = website.commune.areas["xã"]
    browser.get(f"/phan/cau/{announcement}?khi=ngay-bay-gio&dia-ban={root}")
    assert "Việc này cần vai trò biên tập ở Xã Phú Lâm. Biên tập chưa có vai trò đó ở địa bàn này." in browser.seen
    _choose(website, browser, announcement, "ấp 1")
    browser.get(_order(browser, announcement))
    assert "Chờ phê duyệt." in browser.seen, "the commune's words, in the hamlet"
