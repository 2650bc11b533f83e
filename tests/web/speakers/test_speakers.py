"""The pages of speakers: the list, one speaker, a new one whose configuration is shown once, and muting."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest

from controller.database.tables import Speaker, SpeakerStatus
from controller.places.areas import add_area
from controller.web.speakers.add_speaker import free_id
from tests.people import set_online
from tests.web.conftest import Browser, Website
from wire.ids import is_name
from wire.status import Status


def _speaker(website: Website, speaker: str) -> Speaker:
    with website.office.database.reading() as session:
        return session.get_one(Speaker, speaker)


def test_one_press_mutes_and_one_press_lets_it_sound_again(website: Website) -> None:
    browser = website.officer("editor")
    browser.get("/cum-loa/loa-1a")
    browser.follow(browser.send("/cum-loa/loa-1a/tat-tieng"))
    assert _speaker(website, "loa-1a").muted
    assert "Mở tiếng cụm loa này" in browser.seen
    browser.follow(browser.send("/cum-loa/loa-1a/tat-tieng"))
    assert not _speaker(website, "loa-1a").muted


def test_the_status_of_a_speaker_is_shown_also_if_it_has_few_fields(website: Website) -> None:
    browser = website.officer()
    browser.get("/cum-loa/loa-1a")
    assert "Cụm loa chưa báo về lần nào" in browser.seen
    with website.commune.writing() as session:
        row = session.get_one(SpeakerStatus, "loa-1a")
        row.received_at = website.commune.now
        set_online(session, website.commune.now, "loa-1a")
        row.status = {"online": True, "clock": {"state": "held", "offset_ms": None}, "refused": {"bad_signature": 1200}}
        session.add(row)
    browser.get("/cum-loa/loa-1a")
    assert "Có, báo về lúc 17:00:00" in browser.seen
    assert "Tự giữ giờ" in browser.seen
    assert "(1.200)" in browser.seen
    browser.get("/phan/cum-loa/loa-1a")
    assert 'id="tu-bao"' in browser.page


def test_what_a_speaker_sends_beyond_its_measure_is_shown_with_the_advice_to_renew_its_credentials(
    website: Website,
) -> None:
    excess = website.office.excess
    excess.note("loa-1a", "receipts", 48_211)
    excess.note("loa-1a", "unread_receipts", 12)
    excess.step(website.commune.now)
    browser = website.officer()
    browser.get("/cum-loa/loa-1a")
    assert "Cụm loa gửi quá mức hoặc sai: phần đó không được nhận" in browser.seen
    assert "48.211 báo cáo, gửi dồn dập, từ 17:00 hôm nay đến 17:00 hôm nay" in browser.seen
    assert "Nút “Cấp mật khẩu mới” ở cuối trang này." in browser.seen
    browser.get("/")
    assert "Cụm loa-1a (ấp 1) gửi quá mức, phần quá mức không được nhận" in browser.seen
    assert "Nhiều nhất là báo cáo, gửi dồn dập. Hộp hỏng, hoặc mật khẩu đã lộ: xem và cấp mật khẩu mới." in browser.seen
    editor = website.officer("editor")
    editor.get("/cum-loa/loa-1a")
    assert "Báo người quản trị." in editor.seen
    browser.get("/cum-loa/loa-1a")
    browser.send("/cum-loa/loa-1a/mat-khau")
    browser.get("/cum-loa/loa-1a")
    assert "gửi quá mức" not in browser.seen, "new credentials end it"
    excess.note("loa-1a", "chunks", 9)
    excess.step(website.commune.now)
    website.commune.later(days=8)
    later = website.officer()
    later.get("/cum-loa/loa-1a")
    assert "gửi quá mức" not in later.seen


NOT_SHOWN = {
    "online",  # shown as the last report, which also holds after a lost connection
    "boot",
    "session",
    "at",
    "journal",
    "settings_revision",  # shown as whether the newest settings are in force
    "volume",  # shown as it was ordered
    "cache_bytes",
}
"""Fields of a status that the speaker's page leaves out on purpose."""
SHOWN: tuple[tuple[str, Any, str], ...] = (
    ("agent", "0.3.0", "loa-1a, phần mềm 0.3.0"),
    ("clock", {"state": "held", "offset_ms": -1234.0}, "Đồng hồ Tự giữ giờ, lệch 1.234 phần nghìn giây"),
    ("plan", {"count": 1200, "digest": "0"}, "Lịch trên cụm loa Khớp với văn phòng, 1.200 lượt"),
    ("playing", "01KQ0000000000000000000000", "Đang phát 01KQ0000000000000000000000"),
    ("disk_free_bytes", 12_340_000_000, "Thẻ nhớ còn trống 12,3 GB"),
    ("disk_free_bytes", 0, "Thẻ nhớ còn trống 0,0 GB"),
    ("temperature_c", 48.6, "Nhiệt độ 49 °C"),
    ("temperature_c", 0.0, "Nhiệt độ 0 °C"),
    ("last_error", "no device", "Trục trặc cụm loa báo no device"),
    ("unacknowledged", 1200, "Báo cáo chưa gửi 1.200"),
    ("unacknowledged", 0, "Báo cáo chưa gửi Không còn"),
    ("refused", {"expired": 1200, "eaten_by_goats": 2}, "Lệnh đến khi đã hết hạn. (1.200); eaten_by_goats (2)"),
)
"""A field of a status, a value, and the words that the page shows for it."""


def test_every_field_of_a_status_is_shown_or_left_out_on_purpose(website: Website) -> None:
    assert {field for field, _, _ in SHOWN} == Status.model_fields.keys() - NOT_SHOWN
    browser = website.officer()
    with website.commune.writing() as session:
        set_online(session, website.commune.now, "loa-1a")
    for field, value, words in ((None, None, ""), *SHOWN):
        said: Any = {"online": True} if field is None else {"online": True, field: value}
        with website.commune.writing() as session:
            session.get_one(SpeakerStatus, "loa-1a").status = said
        browser.get("/cum-loa/loa-1a")
        seen_of_others = [other for name, _, other in SHOWN if name != field and other in browser.seen]
        assert words in browser.seen, field
        assert seen_of_others == [], field


def test_only_an_administrator_changes_a_speaker(website: Website) -> None:
    browser = website.officer()
    browser.get("/cum-loa/loa-1a")
    changes = {
        "ten": "Nhà văn hóa ấp 2",
        "dia-ban": website.commune.areas["ấp 2"],
        "am-luong-normal": "55",
        "tre": "120",
        "vi-do": "11,253",
        "kinh-do": "107.41",
    }
    browser.follow(browser.send("/cum-loa/loa-1a", changes))
    row = _speaker(website, "loa-1a")
    assert (row.name, row.area, row.output_delay_ms) == ("Nhà văn hóa ấp 2", website.commune.areas["ấp 2"], 120)
    assert (row.volume["normal"], row.volume["limit"], row.latitude) == (55, 100, 11.253)
    editor = website.officer("editor")
    editor.get("/cum-loa/loa-1a")
    assert "Cài đặt cụm loa" not in editor.seen
    csrf = editor.page.split('name="csrf" value="')[1].split('"')[0]
    assert editor.client.post("/cum-loa/loa-1a", data={**changes, "csrf": csrf}).status_code == 403


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ten", " ", "Không để trống."),
        ("am-luong-normal", "101", "Ghi một số từ 0 đến 100."),
        ("am-luong-limit", "to", "Ghi một số từ 0 đến 100."),
        ("tre", "-1", "Ghi một số từ 0 đến 10.000."),
        ("vi-do", "bắc", "Ghi độ thập phân"),
        ("kinh-do", "181", "Ghi độ thập phân"),
        ("dia-ban", "a-gone", "Không có địa bàn"),
    ],
)
def test_an_invalid_field_is_refused_with_the_allowed_values(
    website: Website, field: str, value: str, words: str
) -> None:
    browser = website.officer()
    browser.get("/cum-loa/loa-1a")
    answer = browser.send("/cum-loa/loa-1a", {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert _speaker(website, "loa-1a").name == "Cụm loa-1a"


def _config(page: str) -> dict[str, object]:
    found = re.search(r'(?s)<textarea id="ma-cai-dat"[^>]*>\s*(.*?)</textarea>', page)
    assert found
    config: dict[str, object] = json.loads(html.unescape(found.group(1)))
    return config


def test_a_new_speakers_configuration_is_shown_once_also_when_pressed_twice(website: Website) -> None:
    browser = website.officer()
    browser.get("/cum-loa/moi")
    form = {"ten": "Nhà văn hóa ấp 1", "dia-ban": website.commune.areas["ấp 1"], "nguoi-trong": "bà Út"}
    first = browser.send("/cum-loa/moi", form)
    assert first.status_code == 200, first.text
    config = _config(first.text)
    assert config["speaker"] == "nha-van-hoa-ap-1"
    assert set(config) == {"speaker", "password", "broker", "topic_root", "office_keys"}
    assert first.headers["cache-control"] == "no-store"
    assert _config(browser.send("/cum-loa/moi", form).text) == config
    browser.page = first.text
    file = browser.send("/cum-loa/moi", {"viec": "tai"})
    assert file.headers["content-disposition"] == 'attachment; filename="nha-van-hoa-ap-1.json"'
    assert file.json() == config
    browser.get("/cum-loa/nha-van-hoa-ap-1")
    assert str(config["password"]) not in browser.page
    browser.get("/cum-loa/moi")
    assert _config(browser.send("/cum-loa/moi", form).text)["speaker"] == "nha-van-hoa-ap-1-2"


def test_new_credentials_are_shown_once_and_replace_the_old_ones(website: Website) -> None:
    browser = website.officer()
    before = _speaker(website, "loa-1a").broker_password_hash
    browser.get("/cum-loa/loa-1a")
    answer = browser.send("/cum-loa/loa-1a/mat-khau")
    assert _config(answer.text)["speaker"] == "loa-1a"
    after = _speaker(website, "loa-1a").broker_password_hash
    assert after != before
    browser.send("/cum-loa/loa-1a/mat-khau")
    assert _speaker(website, "loa-1a").broker_password_hash == after


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ten": ""}, "Không để trống."),
        ({"dia-ban": ""}, "Không có địa bàn"),
        ({"ma": "Nhà Văn Hóa"}, "Mã cụm loa gồm 1 đến 64 chữ thường"),
        ({"ma": "loa-1a"}, "Mã cụm loa “loa-1a” đã có."),
        ({"ma": "moi"}, "Chọn mã khác."),
    ],
)
def test_an_invalid_speaker_is_not_added(website: Website, fields: dict[str, str], words: str) -> None:
    browser = website.officer()
    browser.get("/cum-loa/moi")
    answer = browser.send("/cum-loa/moi", {"ten": "Nhà văn hóa", "dia-ban": website.commune.areas["ấp 1"], **fields})
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize(
    ("name", "speaker"),
    [("Nhà văn hóa ấp 3", "nha-van-hoa-ap-3"), ("Đình thần", "dinh-than"), ("…", "cum-loa"), ("office", "cum-loa")],
)
def test_an_id_is_made_of_the_name(name: str, speaker: str) -> None:
    assert free_id(name, set()) == speaker
    assert is_name(free_id(name, {speaker}))
    assert free_id(name, {speaker}) != speaker


def test_the_map_is_shown_only_with_coordinates(website: Website) -> None:
    browser = website.officer()
    browser.get("/cum-loa")
    assert "0 trên 4 đang hoạt động · 4 mất liên lạc" in browser.seen
    assert "<figure" not in browser.page
    with website.commune.writing() as session:
        for place, name in enumerate(("loa-1a", "loa-2")):
            row = session.get_one(Speaker, name)
            row.latitude, row.longitude = 11.2 + place / 10, 107.4
            session.add(row)
    browser.get("/cum-loa")
    assert "<figure" in browser.page
    assert "2 cụm loa chưa ghi tọa độ." in browser.seen


def test_without_a_speaker_the_first_page_says_how_to_add_one(website: Website) -> None:
    with website.commune.writing() as session:
        officer = website.commune.officers["editor"]
        empty = add_area(session, website.commune.now, None, name="Ấp 9", kind="ấp", parent=None)
        officer.area = empty.area
        session.add(officer)
    browser = website.officer("editor")
    browser.get("/")
    assert "Chưa có cụm loa nào" in browser.seen
    assert "Vì vậy chưa phát được ở đâu." in browser.seen


def test_a_silent_speaker_is_shown_with_the_time_and_the_person_to_call(website: Website) -> None:
    with website.commune.writing() as session:
        row, speaker = session.get_one(SpeakerStatus, "loa-2"), session.get_one(Speaker, "loa-2")
        row.received_at, row.status = website.commune.now - timedelta(minutes=32), {"online": True}
        speaker.caretaker, speaker.caretaker_phone = "bà Lâm Thị Út", "0987 650 111"
        session.add(row)
        session.add(speaker)
    browser: Browser = website.officer()
    browser.get("/cum-loa/loa-2")
    assert "Mất liên lạc từ 16:28 hôm nay, 32 phút" in browser.seen
    assert 'href="tel:0987650111"' in browser.page
