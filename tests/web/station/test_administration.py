"""Areas, officers, the station's settings, the audit log and the help: administrators change them."""

from datetime import datetime
from typing import Any

import pytest
from sqlmodel import select

from controller.database.tables import Area, Broadcast, Officer
from controller.people.one_officer_rule import rule_in_force
from controller.people.weighty_deeds import carry_out_due
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from controller.planning.timetable import Timetable
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.web.speakers.areas import read_quiet_hours, write_quiet_hours
from controller.words.translation import speaking
from tests.web.conftest import Forms, Website

ADMINISTRATORS_ALONE = ("/dia-ban", "/can-bo", "/cai-dat", "/cum-loa/moi")


@pytest.mark.parametrize("path", ADMINISTRATORS_ALONE)
def test_only_administrators_open_the_pages_of_administration(website: Website, path: str) -> None:
    website.officer().get(path)
    browser = website.officer("editor")
    browser.get(path, 403)
    assert "Việc này cần vai trò quản trị" in browser.seen
    assert "Loa Xã" in browser.seen, "the refusal stands in the pages' frame"


def _area(website: Website, name: str) -> Area:
    with website.office.database.reading() as session:
        return session.exec(select(Area).where(Area.name == name)).one()


def test_an_area_is_added_once_and_renamed(website: Website) -> None:
    browser = website.officer()
    browser.get("/dia-ban")
    fields = {
        "ten": "Ấp 9",
        "loai": "Ấp",
        "thuoc": website.commune.areas["xã"],
        "gio-yen-tinh": "21:30–05:00, 11h30 đến 13h",
    }
    browser.send("/dia-ban", fields)
    browser.follow(browser.send("/dia-ban", fields))
    row = _area(website, "Ấp 9")
    assert (row.kind, row.quiet_hours) == ("ấp", [{"from": "21:30", "to": "05:00"}, {"from": "11:30", "to": "13:00"}])
    assert "21:30–05:00, 11:30–13:00" in browser.seen
    browser.get(f"/dia-ban/{row.area}")
    browser.follow(browser.send(f"/dia-ban/{row.area}", {"ten": "Ấp Chín", "gio-yen-tinh": ""}))
    assert _area(website, "Ấp Chín").quiet_hours is None


def test_an_area_cannot_lie_in_itself_nor_be_without_a_name(website: Website) -> None:
    browser = website.officer()
    root = website.commune.areas["xã"]
    browser.get(f"/dia-ban/{root}")
    answer = browser.send(f"/dia-ban/{root}", {"thuoc": website.commune.areas["ấp 1"]})
    assert answer.status_code == 422
    assert "Một địa bàn không thể nằm trong chính nó." in answer.text
    assert browser.send(f"/dia-ban/{root}", {"ten": " "}).status_code == 422
    with website.office.database.reading() as session:
        assert area_tree(session).by_id[root].parent is None


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("", None),
        ("không", []),
        ("21:30-05:00", [{"from": "21:30", "to": "05:00"}]),
        ("21h–5h; 12:00 đến 13:30", [{"from": "21:00", "to": "05:00"}, {"from": "12:00", "to": "13:30"}]),
    ],
)
def test_quiet_hours_are_written_as_people_write_them(text: str, periods: Any) -> None:
    assert read_quiet_hours(text) == periods
    assert read_quiet_hours(write_quiet_hours(periods)) == periods


def test_no_quiet_hours_can_be_typed_as_the_english_page_shows_them() -> None:
    with speaking("en"):
        assert write_quiet_hours([]) == "none"
        assert read_quiet_hours("None") == []
        assert read_quiet_hours("không") == []


SPEAKERS_REFUSE = ", ".join(f"{n % 24:02}:00–{n % 24:02}:30" for n in range(49))


@pytest.mark.parametrize("text", ["21:30", "21:30–25:00", "tối", "21:30–05:00–06:00", SPEAKERS_REFUSE])
def test_impossible_quiet_hours_are_refused(website: Website, text: str) -> None:
    browser = website.officer()
    browser.get("/dia-ban")
    answer = browser.send("/dia-ban", {"ten": "Ấp 9", "loai": "ấp", "gio-yen-tinh": text})
    assert answer.status_code == 422
    assert "field-wrong" in answer.text


def _officer(website: Website, username: str) -> Officer:
    with website.office.database.reading() as session:
        return session.exec(select(Officer).where(Officer.username == username)).one()


NEW = {"ten": "Trần Văn Dũng", "ten-dang-nhap": "dung", "vai-tro": "editor"}


FORMS: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("/can-bo", NEW, {"ten-dang-nhap": "hai", "ten": "Trần Thị Hai"}),
    ("/dia-ban", {"ten": "Ấp 8", "loai": "ấp"}, {"ten": "Ấp 9"}),
    ("/cum-loa/moi", {"ten": "Chợ"}, {"ten": "Nhà văn hóa"}),
]


@pytest.mark.parametrize(("path", "first", "then"), FORMS)
def test_a_form_that_is_sent_again_with_other_content_asks_for_a_second_press(
    website: Website, path: str, first: dict[str, str], then: dict[str, str]
) -> None:
    browser = website.officer()
    browser.get(path)
    if path == "/cum-loa/moi":
        first = {**first, "dia-ban": website.commune.areas["xã"]}
    form = browser.page
    assert browser.send(path, first).status_code in (200, 303)
    browser.page = form  # by the browser's back button
    answer = browser.send(path, {**first, **then})
    assert answer.status_code == 422
    browser.page = answer.text
    assert "Trang này đã gửi một lần, với nội dung khác. Xem lại rồi bấm lần nữa." in browser.seen
    assert then["ten"] in browser.page
    assert browser.send(path).status_code in (200, 303)
    browser.get(path.removesuffix("/moi"))
    assert first["ten"] in browser.seen
    assert then["ten"] in browser.seen


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ten-dang-nhap": "quang"}, "Tên đăng nhập “quang” đã có người dùng. Chưa thêm ai. Chọn tên khác."),
        ({"ten": ""}, "Không để trống."),
        ({"vai-tro": "king"}, "Chọn vai trò."),
    ],
)
def test_an_invalid_officer_is_not_added(website: Website, fields: dict[str, str], words: str) -> None:
    browser = website.officer()
    browser.get("/can-bo")
    answer = browser.send("/can-bo", {**NEW, **fields})
    assert answer.status_code == 422
    assert words in answer.text


def test_an_administrator_of_a_hamlet_sees_only_the_controls_of_that_hamlet(website: Website) -> None:
    commune = website.commune
    commune.in_charge_of("tham", "ấp 1")
    commune.in_charge_of("editor", "ấp 1")
    browser = website.officer()
    browser.get("/can-bo")
    assert "Toàn đài</option>" not in browser.page
    assert "Xã Phú Lâm</option>" not in browser.page
    theirs, elsewhere = (f"/can-bo/{commune.officers[name].officer}" for name in ("editor", "quang"))
    assert f'href="{theirs}"' in browser.page
    assert f'href="{elsewhere}"' not in browser.page
    assert browser.send("/can-bo", {**NEW, "dia-ban": ""}).status_code == 403
    assert browser.send("/can-bo", NEW | {"dia-ban": commune.areas["ấp 1"]}).status_code == 200
    for path, offered in ((theirs, True), (elsewhere, False)):
        browser.get(path)
        assert (f"{path}/khoa" in browser.page) == offered
        assert (f"{path}/duong-dan" in browser.page) == offered


def test_disabling_an_account_ends_its_session_and_ones_own_cannot_be_disabled(website: Website) -> None:
    editor = website.officer("editor")
    editor.get("/")
    browser = website.officer()
    officer = _officer(website, "editor").officer
    browser.get(f"/can-bo/{officer}")
    browser.follow(browser.send(f"/can-bo/{officer}/khoa"))
    assert "Đã khóa" in browser.seen
    assert "Mở lại Biên tập" in browser.seen
    assert editor.client.get("/").status_code == 303
    browser.follow(browser.send(f"/can-bo/{officer}/khoa"))
    assert not _officer(website, "editor").disabled
    own = website.commune.officers["tham"].officer
    csrf = browser.page.split('name="csrf" value="')[1].split('"')[0]
    assert browser.client.post(f"/can-bo/{own}/khoa", data={"csrf": csrf, "khoa": "1"}).status_code == 409


def test_every_page_shows_the_stations_name_and_technician(website: Website) -> None:
    browser = website.officer()
    browser.get("/cai-dat")
    assert "Bật thì lời bản tin đi ra nước ngoài" in browser.seen
    fields = {"ten": "xã Phú Lâm", "ky-thuat-vien": "anh Đặng Hoài Nam", "dien-thoai": "0912 345 678", "gtts": "1"}
    browser.follow(browser.send("/cai-dat", fields))
    browser.get("/cum-loa")
    assert "Kỹ thuật viên: anh Đặng Hoài Nam, 0912 345 678" in browser.seen
    with website.office.database.reading() as session:
        assert facts.read(session, "gtts") == "on"
    browser.get("/cai-dat")
    browser.send("/cai-dat", without=("gtts",))
    with website.office.database.reading() as session:
        assert facts.read(session, "gtts") == "off"


def test_the_one_officer_rule_needs_a_written_reason(website: Website) -> None:
    browser = website.officer()
    browser.get("/cai-dat")
    answer = browser.send("/cai-dat/mot-can-bo", {"ly-do": "ít"})
    assert answer.status_code == 422
    assert "Ghi rõ lý do, ít nhất 10 ký tự." in answer.text
    browser.page = answer.text
    browser.follow(browser.send("/cai-dat/mot-can-bo", {"ly-do": "Xã chỉ có một công chức văn hóa"}))
    assert "xin cho người soạn được tự phê duyệt: “Xã chỉ có một công chức văn hóa”." in browser.seen
    with website.office.database.reading() as session:
        assert rule_in_force(session) is None, "one administrator alone doesn't switch it on"
    website.later(hours=24)
    carry_out_due(website.office.database, website.commune.now)
    browser = website.officer()
    browser.get("/cai-dat")
    assert "Đài này chỉ có một cán bộ" in browser.seen
    browser.follow(browser.send("/cai-dat/mot-can-bo"))
    with website.office.database.reading() as session:
        assert rule_in_force(session) is None


def test_the_audit_log_shows_who_did_what_and_folds_repeated_actions(website: Website) -> None:
    announcement = website.commune.announcement(title="Họp dân ấp 1")
    browser = website.officer()
    for text in ("một", "hai", "ba"):
        website.later(seconds=1)
        browser.get(f"/ban-tin/{announcement}")
        browser.send(f"/ban-tin/{announcement}", {"van-ban": text, "viec": "luu"})
    website.later(seconds=1)
    reader = website.officer("editor")
    reader.get("/nhat-ky")
    assert "Nguyễn Thị Hồng Thắm Sửa bản tin (3 lần) Họp dân ấp 1" in reader.seen
    assert "Nguyễn Thị Hồng Thắm Soạn bản tin Họp dân ấp 1" in reader.seen


def test_every_officer_can_read_the_help(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/huong-dan")
    assert "Phát một bản tin" in browser.seen


def test_the_horizon_and_the_treatment_of_breaches_are_settings(website: Website) -> None:
    browser = website.officer()
    browser.get("/cai-dat")
    browser.follow(browser.send("/cai-dat", {"so-ngay-tinh-truoc": "30", "qua-gioi-han": "refuse"}))
    with website.office.database.reading() as session:
        assert (facts.read(session, "horizon_days"), facts.read(session, "session_limits")) == ("30", "refuse")
    for days in ("1", "31", "nhiều"):
        answer = browser.send("/cai-dat", {"so-ngay-tinh-truoc": days})
        assert answer.status_code == 422
        assert "Ghi một số từ 2 đến 30." in answer.text


def test_a_longer_horizon_takes_effect_at_once(website: Website) -> None:
    commune = website.commune
    order = ScheduleOrder(
        announcement=commune.approved(),
        areas=(commune.areas["xã"],),
        speakers=(),
        first_start=datetime.fromisoformat("2026-11-24 05:00"),
        time_zone="Asia/Ho_Chi_Minh",
        rrule="FREQ=DAILY",
    )
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
    browser = website.officer()
    browser.get("/cai-dat")
    browser.follow(browser.send("/cai-dat", {"so-ngay-tinh-truoc": "20"}))
    website.later(seconds=1)
    assert Timetable(commune.database).step(commune.now)
    with website.office.database.reading() as session:
        assert len(session.exec(select(Broadcast).where(Broadcast.schedule == schedule)).all()) == 20


def test_the_limits_of_an_area_are_its_own_or_inherited(website: Website) -> None:
    browser = website.officer()
    root, hamlet = website.commune.areas["xã"], website.commune.areas["ấp 1"]
    browser.get(f"/dia-ban/{root}")
    limits: dict[str, str | list[str]] = {"gioi-han": "rieng", "so-buoi": "2", "so-phut": "30", "thu": ["0", "2", "4"]}
    browser.follow(browser.send(f"/dia-ban/{root}", limits))
    with website.office.database.reading() as session:
        tree = area_tree(session)
        kept = {"sessions_a_day": 2, "minutes_a_session": 30, "weekdays": [0, 2, 4]}
        assert tree.by_id[root].session_limits == kept
        assert tree.by_id[hamlet].session_limits is None
    browser.get(f"/dia-ban/{hamlet}")
    said = (
        "Như nơi lớn hơn: mỗi ngày nhiều nhất 2 buổi, mỗi buổi nhiều nhất 30 phút, chỉ phát thứ Hai, thứ Tư và thứ Sáu"
    )
    assert said in browser.seen
    browser.get(f"/dia-ban/{root}")
    assert [value for name, value in Forms(browser.page).forms[-1][2] if name == "thu"] == ["0", "2", "4"]
    browser.follow(browser.send(f"/dia-ban/{root}", {"gioi-han": ""}))
    with website.office.database.reading() as session:
        assert area_tree(session).by_id[root].session_limits is None


@pytest.mark.parametrize(
    "wrong", [{"so-buoi": "0"}, {"so-buoi": "25"}, {"so-phut": "nhiều"}, {"thu": []}, {"thu": ["7", "x"]}]
)
def test_impossible_limits_are_refused(website: Website, wrong: dict[str, Any]) -> None:
    browser = website.officer()
    root = website.commune.areas["xã"]
    browser.get(f"/dia-ban/{root}")
    answer = browser.send(f"/dia-ban/{root}", {"gioi-han": "rieng", **wrong})
    assert answer.status_code == 422
    assert "field-wrong" in answer.text
    with website.office.database.reading() as session:
        assert area_tree(session).by_id[root].session_limits is None


def test_numbers_are_read_in_the_voices_dialect_or_in_the_stations(website: Website) -> None:
    def said(voice: str) -> str:
        return website.commune.row(website.commune.announcement(text="2.024 và 2.005 hộ", voice=voice)).spoken_text

    assert said("north") == "hai nghìn không trăm hai mươi tư và hai nghìn không trăm linh năm hộ"
    assert said("south") == "hai ngàn không trăm hai mươi bốn và hai ngàn không trăm lẻ năm hộ"
    browser = website.officer()
    browser.get("/cai-dat")
    browser.follow(browser.send("/cai-dat", {"word_for_zero_tens": "linh", "word_for_four": "tư"}))
    assert said("south") == "hai ngàn không trăm hai mươi tư và hai ngàn không trăm linh năm hộ"
    browser.follow(browser.send("/cai-dat", {"word_for_zero_tens": "", "word_for_four": "năm"}))
    assert said("south") == "hai ngàn không trăm hai mươi bốn và hai ngàn không trăm lẻ năm hộ"


def _policy(website: Website, area: str) -> set[str]:
    with website.office.database.reading() as session:
        return {name for name, holds in area_tree(session).by_id[area].approval_policy.items() if holds}


def test_an_areas_approval_policy_is_ticked_and_told_in_the_log(website: Website) -> None:
    browser = website.officer()
    root, hamlet = website.commune.areas["xã"], website.commune.areas["ấp 1"]
    browser.get(f"/dia-ban/{root}")
    assert "Bản tin khẩn cấp: hai người phê duyệt" in browser.seen
    assert "Nơi lớn hơn đã quy định" not in browser.seen
    browser.follow(browser.send(f"/dia-ban/{root}", {"hai-nguoi-khan-cap": "1", "doi-gio-trong-ngay": "1"}))
    assert _policy(website, root) == {"two_for_emergency", "same_day_moves"}
    website.later(seconds=1)
    browser.get(f"/dia-ban/{root}")
    browser.follow(browser.send(f"/dia-ban/{root}", {"ten": "Xã Phú Lâm mới"}))  # what was ticked stays
    assert _policy(website, root) == {"two_for_emergency", "same_day_moves"}
    browser.get(f"/dia-ban/{hamlet}")
    assert "Nơi lớn hơn đã quy định như vậy: ở đây luôn cần hai người." in browser.seen
    assert "Nơi lớn hơn đã cho phép: ở đây đổi được." in browser.seen
    browser.get("/nhat-ky")
    said = "Sửa địa bàn: hai người phê duyệt bản tin khẩn cấp, cho đổi giờ trong ngày"
    assert browser.seen.count("Sửa địa bàn") == 2
    assert browser.seen.count(said) == 1, "said once, where it changed"


def test_loosening_a_policy_is_not_hidden_by_the_next_change_of_the_area(website: Website) -> None:
    browser = website.officer()
    root = website.commune.areas["xã"]
    for ticked, name in (("1", "Xã A"), ("", "Xã B"), ("", "Xã C")):
        website.later(seconds=1)
        browser.get(f"/dia-ban/{root}")
        browser.follow(browser.send(f"/dia-ban/{root}", {"ten": name, "hai-nguoi-toan-bo": ticked}))
    assert _policy(website, root) == set()
    browser.get("/nhat-ky")
    assert "Sửa địa bàn: một người phê duyệt là đủ" in browser.seen
    assert "Sửa địa bàn: hai người phê duyệt lượt phát cho toàn bộ" in browser.seen


def test_a_form_that_was_open_before_the_policy_existed_leaves_it(website: Website) -> None:
    browser = website.officer()
    root = website.commune.areas["xã"]
    browser.get(f"/dia-ban/{root}")
    browser.follow(browser.send(f"/dia-ban/{root}", {"hai-nguoi-toan-bo": "1"}))
    browser.get(f"/dia-ban/{root}")
    browser.follow(browser.send(f"/dia-ban/{root}", without=("quy-dinh", "hai-nguoi-toan-bo")))
    assert _policy(website, root) == {"two_for_whole"}


def test_a_refused_form_keeps_the_ticks_that_were_set(website: Website) -> None:
    browser = website.officer()
    root = website.commune.areas["xã"]
    browser.get(f"/dia-ban/{root}")
    answer = browser.send(f"/dia-ban/{root}", {"ten": "", "hai-nguoi-khan-cap": "1"})
    assert answer.status_code == 422
    browser.page = answer.text
    browser.follow(browser.send(f"/dia-ban/{root}", {"ten": "Xã Phú Lâm"}))
    assert _policy(website, root) == {"two_for_emergency"}
