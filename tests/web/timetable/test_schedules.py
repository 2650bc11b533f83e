"""A schedule on the pages, from the form to its last occurrence, without JavaScript."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlmodel import col, select

from controller.database.tables import Broadcast, Schedule
from controller.places.areas import AreaFields, change_area
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from tests.web.conftest import Browser, Website

WEEKDAYS_AT_FIVE = [("khi", "lap-lai"), ("nhung-ngay", "t2-t6"), ("ngay", "30/11/2026"), ("gio", "17:00"), ("le", "1")]


def _place_time(website: Website, announcement: str, *more: tuple[str, str], page: str = "phat") -> str:
    places = [("dia-ban", website.commune.areas["ấp 1"])]
    return f"/ban-tin/{announcement}/{page}?" + urlencode([*places, *WEEKDAYS_AT_FIVE, *more])


def _schedule(website: Website, **more: object) -> str:
    """Make a schedule, and have it approved."""
    commune = website.commune
    given: dict[str, object] = {
        "announcement": commune.approved(title="Thời tiết"),
        "areas": (commune.areas["ấp 1"],),
        "speakers": (),
        "first_start": datetime.fromisoformat("2026-11-24T05:00:00"),
        "time_zone": "Asia/Ho_Chi_Minh",
        "rrule": "FREQ=DAILY",
    }
    with commune.writing() as session:
        order = ScheduleOrder(**given | more)  # type: ignore[arg-type]  # fields by their names
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
    commune.approve_orders(order.announcement)
    return schedule


def _planned(website: Website, schedule: str) -> list[bool]:
    """Of the schedule's broadcasts, in their order, whether each is planned, and not just waiting."""
    query = select(Broadcast).where(Broadcast.schedule == schedule, col(Broadcast.cancelled_at).is_(None))
    with website.office.database.reading() as session:
        return [row.planned_at is not None for row in session.exec(query.order_by(col(Broadcast.starts_at))).all()]


def _row(website: Website, schedule: str) -> Schedule:
    with website.office.database.reading() as session:
        return session.get_one(Schedule, schedule)


def _occurrences(website: Website, schedule: str) -> list[str]:
    query = select(Broadcast).where(Broadcast.schedule == schedule, col(Broadcast.cancelled_at).is_(None))
    with website.office.database.reading() as session:
        rows = session.exec(query.order_by(col(Broadcast.starts_at))).all()
    zone = website.office.settings.time_zone
    assert zone == "Asia/Ho_Chi_Minh"
    return [f"{row.starts_at.timestamp() + 7 * 3600:.0f}" for row in rows if row.starts_at]


def _wall(text: str) -> str:
    return f"{datetime.fromisoformat(text + '+00:00').timestamp():.0f}"


def test_the_sentence_shows_the_rule_and_its_first_days(website: Website) -> None:
    browser = website.officer()
    browser.get(_place_time(website, website.commune.approved(), ("tru-le", "co")))
    assert "lúc 17:00 từ thứ Hai đến thứ Sáu, bắt đầu thứ Hai 30/11/2026, trừ ngày lễ" in browser.seen
    assert "Những lần đầu: thứ Hai 30/11, thứ Ba 1/12, thứ Tư 2/12, thứ Năm 3/12, thứ Sáu 4/12." in browser.seen
    assert "Nghỉ ngày 01/01/2027 (Tết Dương lịch)." in browser.seen
    assert "Ngày lễ năm 2026, 2027 còn tạm tính, chưa có quyết định." in browser.seen


def test_the_chosen_schedule_is_made_and_shown(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    browser.get(_place_time(website, announcement, ("tru-le", "co"), page="kiem-tra"))
    assert "Đặt lịch phát ở 2 cụm loa, chờ phê duyệt" in browser.seen
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra")
    assert answer.status_code == 303
    browser.follow(answer)
    assert "Phát ở ấp 1, lúc 17:00 từ thứ Hai đến thứ Sáu, trừ ngày lễ" in browser.seen
    with website.office.database.reading() as session:
        row = session.exec(select(Schedule)).one()
    assert row.rrule == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=17;BYMINUTE=0"
    assert row.skip_holidays
    assert _planned(website, row.schedule) == [False] * 5
    website.commune.approve_orders(announcement)
    assert _planned(website, row.schedule) == [True] * 5
    browser.get("/lich")
    assert "17:00 từ thứ Hai đến thứ Sáu, trừ ngày lễ" in browser.seen


def test_pressing_twice_makes_one_schedule(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    browser.get(_place_time(website, announcement, page="kiem-tra"))
    first, again = (browser.send(f"/ban-tin/{announcement}/kiem-tra") for _ in range(2))
    assert first.headers["location"] == again.headers["location"]
    with website.office.database.reading() as session:
        assert len(session.exec(select(Schedule)).all()) == 1


def test_other_days_are_chosen_in_words(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    for more, words in (
        ([("cach", "two_weeks"), ("thu", "FR")], "17:00 thứ Sáu, hai tuần một lần"),
        ([("cach", "last_of_month"), ("thu", "SU")], "17:00 Chủ nhật cuối tháng"),
        ([("cach", "month_days"), ("ngay-thang", "1, 15")], "17:00 ngày 1 và 15 hằng tháng"),
        ([("cach", "lunar_days"), ("ngay-thang", "1, 15")], "17:00 mùng 1 và rằm âm lịch"),
    ):
        places = [("dia-ban", website.commune.areas["ấp 1"]), ("khi", "lap-lai"), ("nhung-ngay", "khac")]
        choices = [*places, ("ngay", "30/11/2026"), ("gio", "17:00"), *more]
        browser.get(f"/ban-tin/{announcement}/phat?{urlencode(choices)}")
        assert words in browser.seen


def test_an_impossible_choice_is_refused_at_its_field(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    for field, value, said in (
        ("gio", "trưa", "Giờ viết như 17:15"),
        ("ngay", "30/02/2027", "Không có ngày 30/02/2027."),
        ("den", "29/11/2026", "Ngày kết thúc phải sau ngày bắt đầu."),
        ("nhung-ngay", "khac", "Chọn ít nhất một ngày trong tuần."),
    ):
        choices = [each for each in WEEKDAYS_AT_FIVE if each[0] != field]
        places = [("dia-ban", website.commune.areas["ấp 1"])]
        browser.get(f"/ban-tin/{announcement}/phat?{urlencode([*places, *choices, (field, value)])}", status=422)
        assert said in browser.seen


def test_quiet_hours_and_limits_are_shown_before_the_schedule_is_made(website: Website) -> None:
    commune = website.commune
    announcement = commune.approved()
    with commune.writing() as session:
        changes: AreaFields = {"session_limits": {"weekdays": [5]}, "quiet_hours": [{"from": "21:30", "to": "05:00"}]}
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], changes)
    browser = website.officer()
    browser.get(_place_time(website, announcement))
    assert "Quá mức của địa bàn: Thứ Hai không phải ngày phát của Ấp 1." in browser.seen
    browser.get(_place_time(website, announcement).replace("17%3A00", "03%3A15"), status=422)
    assert "03:15 nằm trong giờ yên tĩnh" in browser.seen


def _press(browser: Browser, schedule: str, deed: str, **fields: str) -> None:
    browser.get(f"/lich/{schedule}")
    answer = browser.send(f"/lich/{schedule}/luot", {"luot": "2026-11-26T05:00:00", "viec": deed, **fields})
    assert answer.status_code == 303
    browser.get(f"/lich/{schedule}")


def test_one_occurrence_is_dropped_and_restored(website: Website) -> None:
    schedule = _schedule(website)
    browser = website.officer()
    before = _occurrences(website, schedule)
    _press(browser, schedule, "bo")
    assert "cán bộ bỏ lượt này" in browser.seen
    assert _wall("2026-11-26T05:00:00") not in _occurrences(website, schedule)
    _press(browser, schedule, "nhu-cu")
    assert _occurrences(website, schedule) == before
    assert all(_planned(website, schedule)), "leaving out and coming back asks nobody"


def test_one_occurrence_is_moved_and_gets_another_announcement(website: Website) -> None:
    schedule = _schedule(website)
    other = website.commune.approved(title="Lịch tiêm")
    browser = website.officer()
    _press(browser, schedule, "doi", ngay="26/11/2026", gio="18:30")
    assert "đã dời" in browser.seen
    assert _wall("2026-11-26T18:30:00") in _occurrences(website, schedule)
    assert _planned(website, schedule).count(False) == 1, "the moved one asks for itself"
    _press(browser, schedule, "nhu-cu")
    assert all(_planned(website, schedule))
    _press(browser, schedule, "ban-tin", **{"ban-tin": other})
    assert "Lịch tiêm" in browser.seen
    assert _planned(website, schedule).count(False) == 1
    website.commune.approve_orders(other)
    assert all(_planned(website, schedule))
    past = {"luot": "2026-11-27T05:00:00", "viec": "doi", "ngay": "1/1/2020", "gio": "5:00"}
    answer = browser.send(f"/lich/{schedule}/luot", past)
    assert answer.status_code == 422


def test_a_schedule_is_changed_by_the_same_form(website: Website) -> None:
    schedule = _schedule(website)
    announcement = _row(website, schedule).announcement
    browser = website.officer()
    browser.get(f"/lich/{schedule}")
    assert "Sửa lịch" in browser.seen
    places = [("dia-ban", website.commune.areas["ấp 2"]), *WEEKDAYS_AT_FIVE, ("lich", schedule)]
    browser.get(f"/ban-tin/{announcement}/kiem-tra?{urlencode(places)}")
    assert "Lưu lịch: phát ở 1 cụm loa, chờ phê duyệt" in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/kiem-tra"))
    assert _planned(website, schedule) == [False] * 5, "nobody has approved this place and time"
    row = _row(website, schedule)
    assert (row.areas, row.rrule[:11]) == ([website.commune.areas["ấp 2"]], "FREQ=WEEKLY")
    assert "Phát ở ấp 2, lúc 17:00 từ thứ Hai đến thứ Sáu" in browser.seen


def test_a_rule_that_the_form_cannot_show_is_shown_as_text_and_can_be_ended(website: Website) -> None:
    schedule = _schedule(website, rrule="FREQ=DAILY;INTERVAL=3")
    browser = website.officer()
    browser.get(f"/lich/{schedule}")
    assert "theo quy tắc FREQ=DAILY;INTERVAL=3" in browser.seen
    assert "Sửa lịch" not in browser.seen
    browser.follow(browser.send(f"/lich/{schedule}/ket-thuc"))
    assert "Chưa có lịch lặp lại nào." in browser.seen
    assert _occurrences(website, schedule) == []


def test_an_officer_who_is_not_in_charge_reads_and_changes_nothing(website: Website) -> None:
    schedule = _schedule(website)
    website.commune.in_charge_of("editor", "ấp 2")
    browser = website.officer("editor")
    browser.get(f"/lich/{schedule}")
    assert "Bỏ lượt này" not in browser.seen
    assert "Kết thúc lịch" not in browser.seen


def test_after_a_collision_the_next_free_minute_is_offered(website: Website) -> None:
    commune = website.commune
    commune.order(commune.approved(title="Tin trước"), "xã", starts_in_s=600, times=20, gap_ms=10_000)  # to 17:13:30
    announcement = commune.approved()
    browser = website.officer()
    choices = [("dia-ban", commune.areas["ấp 1"]), ("khi", "gio-dinh"), ("ngay", "23/11/2026"), ("gio", "17:12")]
    browser.get(f"/ban-tin/{announcement}/phat?{urlencode(choices)}")
    assert "Trùng giờ với: 17:10 Tin trước" in browser.seen
    assert "Phát ngay sau đó: 17:14 hôm nay" in browser.seen
    [link] = [part.split('"')[0] for part in browser.page.split('href="') if "gio=17%3A14" in part.split('"')[0]]
    browser.get(link.replace("&amp;", "&"))
    assert "Trùng giờ" not in browser.seen
    assert "lúc 17:14" in browser.seen


def test_a_schedules_collisions_of_all_days_are_shown_and_a_time_free_on_all_is_offered(
    website: Website,
) -> None:
    commune = website.commune
    news = commune.approved(title="Tin xã")
    until_wednesday = (timedelta(days=9) - timedelta(minutes=2)).total_seconds()  # 2/12/2026 16:58
    commune.order(news, "xã", starts_in_s=until_wednesday, times=20, gap_ms=10_000)  # to 17:01:30
    commune.order(news, "xã", starts_in_s=until_wednesday + 86_400 + 180, times=20, gap_ms=10_000)  # Thursday, 17:01
    commune.order(news, "ấp 2", starts_in_s=until_wednesday - 86_400, times=20, gap_ms=10_000)  # elsewhere
    browser = website.officer()
    browser.get(_place_time(website, commune.approved()))
    assert "Trùng giờ với: 16:58 thứ Tư 02/12 Tin xã. Ở nơi trùng, bản tin này phải chờ; đến" in browser.seen
    # One minute later it would collide with Thursday's.
    assert "Phát ngay sau đó: 17:05" in browser.seen
    [link] = [part.split('"')[0] for part in browser.page.split('href="') if "gio=17%3A05" in part.split('"')[0]]
    browser.get(link.replace("&amp;", "&"))
    assert "Trùng giờ" not in browser.seen
    assert "lúc 17:05 từ thứ Hai đến thứ Sáu" in browser.seen


def test_a_changed_schedule_does_not_collide_with_itself(website: Website) -> None:
    schedule = _schedule(website)
    announcement = _row(website, schedule).announcement
    choices = [("khi", "lap-lai"), ("nhung-ngay", "hang-ngay"), ("ngay", "24/11/2026"), ("gio", "05:00"), ("le", "1")]
    places = [("dia-ban", website.commune.areas["ấp 1"])]
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/phat?{urlencode([*places, *choices])}")
    assert "Trùng giờ với: 05:00" in browser.seen
    browser.get(f"/ban-tin/{announcement}/phat?{urlencode([*places, *choices, ('lich', schedule)])}")
    assert "Trùng giờ" not in browser.seen


def test_a_schedule_with_an_unreadable_rule_is_shown_and_can_be_ended(website: Website) -> None:
    broken, sound = _schedule(website), _schedule(website)
    with website.commune.writing() as session:
        row = session.get_one(Schedule, broken)
        row.rrule = "FREQ=NEVER"
        session.add(row)
    browser = website.officer()
    browser.get("/lich")
    assert f"/lich/{sound}" in browser.page
    browser.get(f"/lich/{broken}")
    assert "theo quy tắc FREQ=NEVER" in browser.seen
    assert browser.send(f"/lich/{broken}/ket-thuc").status_code == 303


def test_an_edit_keeps_values_that_the_page_has_no_field_for(website: Website) -> None:
    until = datetime.fromisoformat("2027-01-31T12:00:00")
    schedule = _schedule(website, gap_ms=10_000, until=until, time_zone="Asia/Bangkok")
    announcement = _row(website, schedule).announcement
    places = [("dia-ban", website.commune.areas["ấp 2"]), *WEEKDAYS_AT_FIVE, ("lich", schedule), ("den", "31/01/2027")]
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/kiem-tra?{urlencode(places)}")
    assert "Lưu lịch: phát ở 1 cụm loa" in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/kiem-tra"))
    row = _row(website, schedule)
    assert (row.gap_ms, row.until, row.time_zone) == (10_000, "2027-01-31T12:00:00", "Asia/Bangkok")


def test_another_announcement_for_a_moved_occurrence_keeps_its_time(website: Website) -> None:
    schedule = _schedule(website)
    other = website.commune.approved(title="Lịch tiêm")
    stale, colleague = website.officer(), website.officer()
    stale.get(f"/lich/{schedule}")
    _press(colleague, schedule, "doi", ngay="26/11/2026", gio="18:30")
    fields = {"luot": "2026-11-26T05:00:00", "viec": "ban-tin", "ban-tin": other}
    assert stale.send(f"/lich/{schedule}/luot", fields).status_code == 303
    assert _wall("2026-11-26T18:30:00") in _occurrences(website, schedule)


def test_an_unknown_action_changes_nothing(website: Website) -> None:
    schedule = _schedule(website)
    browser = website.officer()
    _press(browser, schedule, "bo")
    assert browser.send(f"/lich/{schedule}/luot", {"luot": "2026-11-26T05:00:00", "viec": "x"}).status_code == 422
    past = {"luot": "2026-11-27T05:00:00", "viec": "doi", "ngay": "01/01/0001", "gio": "5:00"}
    assert browser.send(f"/lich/{schedule}/luot", past).status_code == 422
    assert _wall("2026-11-26T05:00:00") not in _occurrences(website, schedule)
