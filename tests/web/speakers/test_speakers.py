"""Speakers: all of them, one of them, a new one whose configuration is shown once, muting by one press."""

import html
import json
import re
from datetime import timedelta

import pytest

from controller.database.tables import Speaker, SpeakerStatus
from controller.places.areas import add_area
from controller.web.speakers.add_speaker import free_id
from tests.people import set_online
from tests.web.conftest import Browser, Website
from wire.ids import is_name


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


def test_what_a_speaker_says_of_itself_is_shown_also_where_it_says_little(website: Website) -> None:
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


def test_an_administrator_sets_a_speaker_up_and_others_may_not(website: Website) -> None:
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
def test_a_field_that_cannot_be_so_says_what_it_may_be(website: Website, field: str, value: str, words: str) -> None:
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


def test_new_credentials_are_shown_once_and_the_old_ones_are_gone(website: Website) -> None:
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
def test_a_speaker_that_cannot_be_so_is_not_added(website: Website, fields: dict[str, str], words: str) -> None:
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


def test_without_coordinates_there_is_no_map_and_with_them_there_is(website: Website) -> None:
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


def test_without_a_speaker_the_first_page_says_how_to_get_one(website: Website) -> None:
    with website.commune.writing() as session:
        officer = website.commune.officers["editor"]
        empty = add_area(session, website.commune.now, None, name="Ấp 9", kind="ấp", parent=None)
        officer.area = empty.area
        session.add(officer)
    browser = website.officer("editor")
    browser.get("/")
    assert "Chưa có cụm loa nào" in browser.seen
    assert "Vì vậy chưa phát được ở đâu." in browser.seen


def test_a_speaker_that_fell_silent_says_since_when_and_whom_to_ask(website: Website) -> None:
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
