"""“Lịch tuần” and the day's list: what will really sound, what won't and why; and the order of two bulletins."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.database.tables import Broadcast, Clip, Delivery, PriorityOrder, Schedule
from controller.outlook.fates import Fate, fates
from controller.planning.holidays import set_year
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence, change_schedule
from controller.planning.timetable import Timetable
from controller.web.station.reading_language import COOKIE
from controller.web.timetable import entries
from controller.web.words.states import reason_in_words
from controller.words.phrases import Phrase
from tests.people import Commune
from tests.web.conftest import Website
from wire.outcomes import MissedReason

wall = datetime.fromisoformat
"""A local time, naive."""
TUESDAY_AT_FIVE = wall("2026-11-24 05:00")


def _recur(commune: Commune, *areas: str, **more: Any) -> str:
    """Make a schedule, and have it approved."""
    given: dict[str, Any] = {
        "announcement": more.pop("announcement", None) or commune.approved(title=more.pop("title", "Tin sáng")),
        "areas": tuple(commune.areas[name] for name in areas or ("xã",)),
        "speakers": (),
        "first_start": TUESDAY_AT_FIVE,
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": "FREQ=DAILY",
    }
    order = ScheduleOrder(**given | more)
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
    commune.approve_orders(order.announcement)
    return schedule


def _two_priorities(commune: Commune, *, recurring: bool = False) -> tuple[str, str]:
    """Two priority bulletins at five on Tuesday in ấp 1: pigs, made first, and water."""
    found = []
    for title in ("Dịch tả lợn", "Cắt nước"):
        announcement = commune.approved("priority", title=title)
        commune.later(seconds=1)
        if recurring:
            schedule = _recur(commune, "ấp 1", announcement=announcement)
            with commune.database.reading() as session:
                query = select(Broadcast).where(Broadcast.schedule == schedule).order_by(Broadcast.occurrence)
                found.append(session.exec(query.limit(1)).one().broadcast)
        else:
            starts_in_s = (wall("2026-11-23 22:00+00:00") - commune.now).total_seconds()
            found.append(commune.order(announcement, "ấp 1", starts_in_s=starts_in_s).broadcast)
    return found[0], found[1]


def _starts(website: Website, *broadcasts: str) -> list[str]:
    with website.office.database.reading() as session:
        rows = [session.get_one(Broadcast, each) for each in broadcasts]
    return [f"{row.starts_at + timedelta(hours=7):%H:%M:%S}" for row in rows if row.starts_at]


def test_the_week_names_its_days_their_lunar_days_and_the_holidays(website: Website) -> None:
    _recur(website.commune, skip_holidays=True)
    browser = website.officer("editor")
    browser.get("/lich-tuan?tuan=26/11/2026")
    assert "Lịch tuần 23/11 – 29/11/2026" in browser.seen
    assert "Thứ Hai 23/11rằm tháng Mười" in browser.seen
    assert "Ngày Văn hóa Việt Nam (tạm tính)" in browser.seen
    browser.get("/lich-tuan?tuan=01/02/2027")
    assert "mùng 1 tháng Giêng" in browser.seen, "Tết of 2027 is on 6 February"


def test_an_occurrence_on_a_holiday_is_struck_through_with_the_holidays_name(website: Website) -> None:
    _recur(website.commune, skip_holidays=True)
    browser = website.officer()
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "<s>Tin sáng</s>" in browser.page
    assert "Bỏ lượt này: Ngày Văn hóa Việt Nam" in browser.seen
    with website.commune.writing() as session:
        set_year(
            session,
            website.commune.now,
            website.commune.officers["tham"],
            2026,
            {date(2026, 11, 26): "Nghỉ bù"},
            "QĐ 1",
        )
    assert Timetable(website.commune.database).step(website.commune.now)
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "Bỏ lượt này: Nghỉ bù" in browser.seen
    assert "tạm tính" not in browser.seen


def test_a_dropped_occurrence_is_struck_through_and_a_moved_one_is_at_its_new_time(website: Website) -> None:
    schedule = _recur(website.commune)
    with website.commune.writing() as session:
        officer, now = website.commune.officers["tham"], website.commune.now
        change_occurrence(session, now, officer, schedule, wall("2026-11-25 05:00"), dropped=True)
        change_occurrence(session, now, officer, schedule, wall("2026-11-26 05:00"), moved_to=wall("2026-11-27 18:30"))
    browser = website.officer()
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert browser.page.count("<s>Tin sáng</s>") == 2, "once in the table, once in the list for phones"
    assert browser.seen.count("Bỏ lượt này") == 2
    assert "18:30 Tin sángChờ phê duyệt" in browser.seen, "the moved one asks for itself"
    assert browser.seen.count("05:00 Tin sáng") == 2 * 5


def test_a_broadcast_that_a_changed_rule_withdrew_is_not_shown(website: Website) -> None:
    schedule = _recur(website.commune)
    website.later(seconds=1)
    with website.commune.writing() as session:
        officer, now = website.commune.officers["tham"], website.commune.now
        change_schedule(session, now, officer, schedule, {"first_start": TUESDAY_AT_FIVE.replace(hour=6)})
    browser = website.officer()
    for path in ("/lich-tuan?tuan=24/11/2026", "/lich-ngay?ngay=25/11/2026"):
        browser.get(path)
        assert "06:00" in browser.seen
        assert "05:00" not in browser.seen
        assert "<s>" not in browser.page


def test_beyond_the_horizon_the_rule_itself_is_shown(website: Website) -> None:
    _recur(website.commune)
    browser = website.officer()
    browser.get("/lich-tuan?tuan=28/12/2026")
    assert browser.seen.count("05:00 Tin sáng") == 2 * 7
    assert "Lượt ghi “Theo lịch” còn xa: chưa tính, chưa gửi tới cụm loa." in browser.seen
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "Theo lịch" not in browser.seen


def test_a_past_broadcast_shows_its_results(website: Website) -> None:
    commune = website.commune
    row = commune.order(commune.approved(title="Họp dân"), "xã", starts_in_s=60)
    website.later(hours=1)
    with commune.writing() as session:
        for each in session.exec(select(Delivery).where(Delivery.broadcast == row.broadcast)).all():
            each.state, each.ended_at = ("missed" if each.speaker == "loa-2" else "played"), commune.now
            session.add(each)
    browser = website.officer()
    browser.get("/lich-tuan")
    assert "17:01 Họp dânĐủ ở 3 trên 4" in browser.seen


def test_a_broadcast_cancelled_before_its_start_is_struck_through_and_a_stopped_one_is_not(website: Website) -> None:
    commune = website.commune
    announcement = commune.approved(title="Họp dân")
    stopped = commune.order(announcement, "xã", starts_in_s=60)
    before = commune.order(announcement, "ấp 1", starts_in_s=600)
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], before.broadcast)
    commune.later(minutes=2)
    with commune.writing() as session:
        for each in session.exec(select(Delivery).where(Delivery.broadcast == stopped.broadcast)).all():
            each.state, each.ended_at = ("played" if each.speaker == "loa-2" else "partial"), commune.now
            session.add(each)
        session.get_one(Broadcast, stopped.broadcast).cancelled_at = commune.now
    browser = website.officer()
    browser.get("/lich-ngay")
    assert "<s>Họp dân</s>" in browser.page
    assert browser.page.count("<s>") == 1
    assert "Đã dừng: đủ ở 1 trên 4" in browser.seen
    assert "Đã hủy" in browser.seen


def test_an_interrupted_and_a_waiting_broadcast_say_so(website: Website) -> None:
    commune = website.commune
    normal = commune.approved(title="Nông vụ")
    with commune.writing() as session:
        clip = session.exec(select(Clip)).one()
        clip.duration_ms = 60_000
        session.add(clip)
    emergency = commune.approved("emergency", title="Lũ quét")
    long = commune.order(normal, "xã", starts_in_s=3600.0 - 120, times=3)
    commune.order(normal, "ấp 1", starts_in_s=3600.0 + 3600, times=2)
    commune.order(normal, "ấp 1", starts_in_s=3600.0 + 3660, times=1)
    commune.order(emergency, "xã", starts_in_s=3600.0 - 60)
    with commune.database.reading() as session:
        assert {each.kind for each in fates(session, commune.now, commune.now + timedelta(days=1))[long.broadcast]} == {
            "interrupted"
        }
    browser = website.officer()
    browser.get("/lich-tuan")
    assert "17:58 Nông vụNgắt 17:59, phát tiếp 18:00" in browser.seen
    assert "19:01 Nông vụChờ, phát lúc 19:02" in browser.seen
    assert "17:59 Khẩn cấp Lũ quét" in browser.seen


@pytest.mark.parametrize("reason", ["late", "busy", "quiet_hours"])
def test_the_day_says_why_a_broadcast_will_not_sound(
    website: Website, monkeypatch: pytest.MonkeyPatch, reason: MissedReason
) -> None:
    row = website.commune.order(website.commune.approved(title="Nông vụ"), "xã", starts_in_s=3600.0)
    forecast = {row.broadcast: Counter({Fate("missed", reason=reason): 4})}
    monkeypatch.setattr(entries, "fates", lambda *_: forecast)
    browser = website.officer()
    browser.get("/lich-ngay")
    assert f"Sẽ không phát. {reason_in_words(reason, '18:02')}" in browser.seen
    assert "{" not in browser.seen


def test_a_broadcast_that_waits_for_approval_says_so(website: Website) -> None:
    website.commune.order(website.commune.announcement(title="Họp dân"), "ấp 2", starts_in_s=3600)
    browser = website.officer()
    browser.get("/lich-tuan")
    assert "18:00 Họp dânChờ phê duyệt" in browser.seen
    assert "Chỉ phát lịch toàn xã Phú Lâm." in browser.seen


def test_the_week_of_one_area_shows_its_broadcasts_alone(website: Website) -> None:
    commune = website.commune
    for title, area in (("Tin xã", "xã"), ("Tin một", "ấp 1"), ("Tin hai", "ấp 2")):
        commune.order(commune.approved(title=title), area, starts_in_s=3600)
    browser = website.officer()
    browser.get(f"/lich-tuan?dia-ban={commune.areas['ấp 1']}")
    assert "Tin xã" in browser.seen
    assert "Tin một" in browser.seen
    assert "Tin hai" not in browser.seen
    browser.get("/lich-tuan?dia-ban=khong-co", 404)


@pytest.mark.parametrize("day", ["hom-nay", "31/02/2026", "01/01/1200", "01/01/9999"])
def test_a_week_that_does_not_exist_is_refused_with_a_sentence(website: Website, day: str) -> None:
    browser = website.officer()
    browser.get(f"/lich-tuan?tuan={day}", 422)
    browser.get(f"/lich-ngay?ngay={day}", 422)
    assert "Loa Xã" in browser.seen


def test_an_empty_week_says_what_to_do(website: Website) -> None:
    browser = website.officer()
    browser.get("/lich-tuan")
    assert "Không có lượt phát nào trong tuần này. Soạn bản tin" in browser.seen


def test_the_order_of_two_colliding_bulletins_is_set_on_the_weeks_page(website: Website) -> None:
    pigs, water = _two_priorities(website.commune)
    assert _starts(website, pigs, water) == ["05:00:00", "05:00:06"]
    browser = website.officer("quang")
    browser.get("/")
    assert "hai bản tin ưu tiên trùng giờ" in browser.seen
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "05:00 ngày mai, ấp 1: hai bản tin ưu tiên trùng giờ" in browser.seen
    assert "không bản nào mất. Chưa chọn thì bản đặt trước phát trước" in browser.seen
    assert "Chọn được đến 04:50 ngày mai." in browser.seen
    assert browser.seen.count("Cần chọn thứ tự") == 1 + 2 * 2, "the legend, and both in the table and in the list"
    assert "các lần sau cũng vậy" not in browser.seen, "they don't recur"
    browser.follow(browser.send("/lich-tuan/thu-tu", {"truoc": water, "tuan": "23/11/2026"}))
    assert _starts(website, pigs, water) == ["05:00:06", "05:00:00"]
    assert "Đã chọn (Lê Minh Quang, 17:00 hôm nay): “Cắt nước” phát lúc 05:00" in browser.seen
    assert browser.seen.count("Cần chọn thứ tự") == 1
    assert "05:00 Ưu tiên Dịch tả lợnChờ, phát lúc 05:00" in browser.seen
    browser.get("/")
    assert "trùng giờ" not in browser.seen


def test_the_order_of_two_schedules_holds_the_next_times_too(website: Website) -> None:
    pigs, water = _two_priorities(website.commune, recurring=True)
    browser = website.officer()
    browser.get("/")
    assert browser.seen.count("trùng giờ") == 1
    assert "05:00 ngày mai và 13 lần sau: hai bản tin ưu tiên trùng giờ" in browser.seen
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "05:00 ngày mai và 5 lần sau trong tuần, ấp 1: hai bản tin ưu tiên trùng giờ" in browser.seen
    browser.follow(browser.send("/lich-tuan/thu-tu", {"truoc": water}))
    with website.office.database.reading() as session:
        assert len(session.exec(select(PriorityOrder)).all()) == 2
    browser.get("/lich-tuan?tuan=30/11/2026")
    assert browser.seen.count("Đã chọn (Nguyễn Thị Hồng Thắm") == 1
    assert "05:00 thứ Hai 30/11 và 6 lần sau trong tuần" in browser.seen
    assert "Cần chọn thứ tự" not in browser.seen.replace("Cần chọn thứ tự", "", 1), "the legend alone"
    assert _starts(website, pigs, water)[1] == "05:00:00"


def test_an_order_that_no_officer_set_is_shown_as_such_and_can_no_longer_be_changed(website: Website) -> None:
    pigs, water = _two_priorities(website.commune)
    browser = website.officer()
    browser.get("/lich-tuan?tuan=24/11/2026")
    website.commune.now = wall("2026-11-23 21:51+00:00")
    answer = browser.send("/lich-tuan/thu-tu", {"truoc": water})
    assert answer.status_code == 409
    assert "không đổi thứ tự được nữa" in answer.text
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "Không ai chọn: bản tin đặt trước phát trước. “Dịch tả lợn” phát lúc 05:00" in browser.seen
    assert "/lich-tuan/thu-tu" not in browser.page
    assert _starts(website, pigs, water)[0] == "05:00:00"


def test_an_officer_who_is_not_in_charge_sees_the_collision_without_buttons(website: Website) -> None:
    _two_priorities(website.commune)
    website.commune.in_charge_of("editor", "ấp 2")
    browser = website.officer("editor")
    browser.get("/lich-tuan?tuan=24/11/2026")
    assert "Cán bộ phụ trách các địa bàn này chọn được đến 04:50 ngày mai." in browser.seen
    assert "/lich-tuan/thu-tu" not in browser.page


def test_setting_an_order_leads_back_to_the_same_week_and_area(website: Website) -> None:
    _pigs, water = _two_priorities(website.commune)
    browser = website.officer()
    hamlet = website.commune.areas["ấp 1"]
    browser.get(f"/lich-tuan?tuan=24/11/2026&dia-ban={hamlet}")
    answer = browser.send("/lich-tuan/thu-tu", {"truoc": water})
    assert answer.headers["location"] == f"/lich-tuan?tuan=23%2F11%2F2026&dia-ban={hamlet}"
    browser.follow(answer)
    assert "Đã chọn" in browser.seen


def test_an_order_of_bulletins_that_do_not_collide_is_refused(website: Website) -> None:
    pigs, water = _two_priorities(website.commune)
    browser = website.officer()
    browser.get("/lich-tuan?tuan=24/11/2026")
    wrong: tuple[dict[str, str | list[str]], ...] = (
        {"truoc": "khong-co"},
        {"truoc": water, "hai-luot": [water, "x"]},
        {"truoc": pigs, "hai-luot": []},
    )
    for fields in wrong:
        answer = browser.send("/lich-tuan/thu-tu", fields)
        assert answer.status_code == 422, answer.text
    assert _starts(website, pigs, water)[0] == "05:00:00"


def test_the_first_page_shows_a_schedule_in_trouble(website: Website) -> None:
    schedule = _recur(website.commune)
    with website.commune.writing() as session:
        row = session.get_one(Schedule, schedule)
        row.trouble = Phrase("too_many_sessions", most=2, day="25/11", area="Ấp 1")
        session.add(row)
    browser = website.officer()
    browser.get("/")
    assert "Lịch phát có lượt không đặt được: Tin sáng" in browser.seen
    assert "Quá 2 buổi phát trong ngày 25/11 ở Ấp 1." in browser.seen
    assert f'href="/lich/{schedule}"' in browser.page


def test_the_day_is_a_list_to_print_and_to_sign(website: Website) -> None:
    commune = website.commune
    commune.order(commune.approved("priority", title="Cắt điện"), "ấp 1", "ấp 2", starts_in_s=3600, times=3)
    browser = website.officer()
    browser.get("/lich-ngay?ngay=23/11/2026")
    assert "Lịch phát thứ Hai 23/11/2026" in browser.seen
    assert "rằm tháng Mười" in browser.seen
    assert "18:00 Cắt điện Ấp 1 và ấp 2 Ưu tiên 9 giây" in browser.seen
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in browser.seen
    assert "Người lập" in browser.seen
    browser.get("/lich-ngay?ngay=22/11/2026")
    assert "Không có lượt phát nào trong ngày này." in browser.seen
    assert "Lịch phát Chủ nhật 22/11/2026" in browser.seen


def test_a_leap_month_says_so_in_both_languages(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/lich-ngay?ngay=25/07/2025")
    assert "mùng 1 tháng Sáu nhuận" in browser.seen
    browser.client.cookies.set(COOKIE, "en")
    browser.get("/lich-ngay?ngay=25/07/2025")
    assert "1st of leap lunar month 6" in browser.seen


def test_the_english_week_has_whole_sentences(website: Website) -> None:
    _two_priorities(website.commune, recurring=True)
    browser = website.officer()
    browser.client.cookies.set(COOKIE, "en")
    browser.get("/lich-tuan?tuan=24/11/2026")
    for said in (
        "Monday 23/1115th of lunar month 10",
        "Tuesday 24/11Viet Nam Culture Day (provisional)",
        "05:00 tomorrow and 5 more times this week, ấp 1: two priority announcements at the same time",
        "goes first: “Dịch tả lợn” plays at 05:00, then “Cắt nước” at 05:00.",
        "Cắt nước first (plays at 05:00; the other at 05:00)",
    ):
        assert said in browser.seen
