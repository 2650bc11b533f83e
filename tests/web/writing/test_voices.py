"""Voices: which an officer may choose, how they sound, which one spoke, and which texts may go to Google."""

from pathlib import Path

import pytest
from sqlmodel import select

from audio.sound import opus
from audio.speech.espeak import NAME as ESPEAK
from audio.speech.gtts import NAME as GOOGLE
from controller.announcements.templates import take_up_again
from controller.database.tables import Clip
from controller.station import facts
from tests.audio.speech.piper_voice import make_voice
from tests.web.conftest import Browser, Website, make_website

CALL = "Cần hỏi thêm, gọi chị Hạnh, 0912 345 678."


def _allow_google(website: Website) -> None:
    with website.commune.writing() as session:
        facts.write(session, "gtts", "on")


def _saved(website: Website, text: str, **fields: str) -> tuple[Browser, int]:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    given = {"ten": "Họp dân", "van-ban": text, "loai": "normal", "viec": "luu", **fields}
    answer = browser.send("/ban-tin/moi", given)
    if answer.status_code == 303:
        browser.follow(answer)
    else:
        browser.page = answer.text
    return browser, answer.status_code


def _kept(browser: Browser) -> str:
    """The id of the announcement that the page shows."""
    return browser.page.partition('action="/ban-tin/')[2].partition('"')[0].partition("/")[0]


def test_the_three_regions_are_offered_and_can_be_heard(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    for voice in ("north", "central", "south"):
        assert f'<option value="{voice}"' in browser.page
        answer = browser.client.get(f"/giong-doc/{voice}")
        assert answer.headers["content-type"] == opus.MEDIA_TYPE
        assert opus.duration_ms(answer.content) > 3_000
    for voice in ("piper", "google"):
        assert f'<option value="{voice}"' not in browser.page
    for voice in ("piper", "google", "x"):
        browser.get(f"/giong-doc/{voice}", 404)


def test_the_communes_own_voice_is_offered_if_its_file_is_set(tmp_path: Path) -> None:
    website = make_website(tmp_path, piper_voice=make_voice(tmp_path))
    browser, _status = _saved(website, "Kính mời bà con.", giong="piper")
    website.make_sounds()
    browser.get("/ban-tin/moi")
    assert "Giọng riêng của đài" in browser.seen
    assert opus.duration_ms(browser.client.get("/giong-doc/piper").content) > 1_800
    with website.office.database.reading() as session:
        clip = session.exec(select(Clip)).one()
    assert clip.engine == "Piper vi_VN-thu-low"
    browser.get("/cai-dat")
    assert "Đang dùng tệp giọng vi_VN-thu-low.onnx." in browser.seen
    website.office.database.close()
    website.commune.database.close()


def test_without_the_file_of_the_communes_voice_another_speaks_and_the_page_says_so(tmp_path: Path) -> None:
    website = make_website(tmp_path, piper_voice=tmp_path / "gone.onnx")
    browser, _status = _saved(website, "Kính mời bà con.", giong="piper")
    website.make_sounds()
    browser.get(f"/ban-tin/{_kept(browser)}")
    assert f"Giọng Piper gone không chạy được; đã đọc bằng giọng {ESPEAK}. Nghe lại trước khi phát." in browser.seen
    assert browser.client.get("/giong-doc/piper").status_code == 409
    browser.get("/cai-dat")
    assert "Không thấy tệp giọng gone.onnx" in browser.seen
    website.office.database.close()
    website.commune.database.close()


def test_googles_voice_can_be_chosen_only_if_an_administrator_allowed_it(website: Website) -> None:
    browser, status = _saved(website, "Kính mời bà con.", giong="google")
    assert status == 422
    assert "Đài chưa cho dùng giọng Google." in browser.seen
    _allow_google(website)
    browser, status = _saved(website, "Kính mời bà con.", giong="google")
    assert status == 303
    assert 'value="google" selected' in browser.page


def test_an_emergency_never_uses_googles_voice(website: Website) -> None:
    _allow_google(website)
    browser, status = _saved(website, "Lũ về, lên đồi ngay.", giong="google", loai="emergency")
    assert status == 422
    assert "Bản tin khẩn cấp không chờ mạng, không dùng giọng Google." in browser.seen


@pytest.mark.parametrize("text", [CALL, "Số CCCD 075123456789 chưa nhận.", "Chuyển vào tài khoản 5900201001234."])
def test_personal_numbers_go_to_google_only_with_the_officers_consent(website: Website, text: str) -> None:
    _allow_google(website)
    browser, status = _saved(website, text, giong="google")
    assert status == 422
    assert "Dùng giọng Google thì số đó đi ra nước ngoài." in browser.seen
    given = {"van-ban": text, "giong": "google", "ten": "Họp dân", "dong-y": "1"}
    assert browser.send("/ban-tin/moi", given).status_code == 303


def test_a_changed_text_needs_a_new_consent(website: Website) -> None:
    _allow_google(website)
    browser, _status = _saved(website, CALL, giong="google")
    given = {"van-ban": CALL, "giong": "google", "ten": "Họp dân", "dong-y": "1"}
    browser.follow(browser.send("/ban-tin/moi", given))
    announcement = _kept(browser)
    form = f"/ban-tin/{announcement}"
    another = {"van-ban": CALL + " Hoặc 0987 654 321."}
    again = browser.send(form, another)  # the box is still ticked, as for an officer who goes on writing
    assert again.status_code == 422
    assert website.commune.row(announcement).text == CALL
    browser.page = again.text
    assert browser.send(form, {**another, "dong-y": "1"}).status_code == 303


@pytest.mark.parametrize(
    "text",
    [
        "ĐT 0905123456/0906123457",
        "LH 84905123456",
        "Ông A, số 079123456789 đến nhận",
        "Hồ sơ số 271234567",
        "gọi 0912/345/678",
    ],
)
def test_any_long_number_needs_consent(website: Website, text: str) -> None:
    _allow_google(website)
    _browser, status = _saved(website, text, giong="google")
    assert status == 422


def test_a_sum_of_money_needs_no_consent(website: Website) -> None:
    _allow_google(website)
    text = "Hỗ trợ 1.250.000.000 đồng cho 12.345.678 người từ 25/11/2026 - 30/11/2026, thu 10000000 đồng."
    _browser, status = _saved(website, text, giong="google")
    assert status == 303


def test_once_google_is_no_longer_allowed_the_offices_own_voice_speaks_and_the_page_says_so(website: Website) -> None:
    _allow_google(website)
    announcement = website.commune.announcement(voice="google")
    with website.commune.writing() as session:
        facts.write(session, "gtts", "off")
        row = website.commune.row(announcement)
        row.clip_version = 0
        session.add(row)
    website.make_sounds()
    row = website.commune.row(announcement)
    assert (row.clip_engine, row.clip_fallback) == (ESPEAK, GOOGLE)
    with website.commune.writing() as session:
        again = take_up_again(session, website.commune.now, website.commune.officers["tham"], announcement)
    assert again.voice == "north"


def test_how_clips_sound_is_the_stations_choice(website: Website) -> None:
    browser = website.officer()
    browser.get("/cai-dat")
    browser.follow(browser.send("/cai-dat", {"siren": "1"}, without=("horn_filter",)))
    with website.office.database.reading() as session:
        assert (facts.read(session, "siren"), facts.read(session, "horn_filter")) == ("on", "off")
    lengths = []
    for bulletin_class in ("priority", "emergency"):
        website.commune.announcement(bulletin_class)
        announcement = website.commune.announcement(bulletin_class, text="Họp")
        with website.commune.writing() as session:
            row = website.commune.row(announcement)
            row.clip_version = 0
            session.add(row)
        website.make_sounds()
        with website.office.database.reading() as session:
            lengths.append(session.get_one(Clip, website.commune.row(announcement).clip).duration_ms)
    assert lengths[1] - lengths[0] == 2_800, "the siren lasts 4 s, the chime 1.2"
