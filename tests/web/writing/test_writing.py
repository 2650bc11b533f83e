"""Writing an announcement: it is saved as a draft, spoken and shown as spoken; or a recorded voice is uploaded."""

import re

from sqlmodel import func, select

from audio.sound.opus import encode
from audio.speech.espeak import NAME as ESPEAK
from audio.speech.gtts import NAME as GTTS
from controller.database.tables import Announcement
from tests.web.api.test_requests import recorded
from tests.web.conftest import Browser, Website

FIELDS = {"ten": "Họp dân ấp 1", "van-ban": "Kính mời bà con ấp một."}


def _write(website: Website, browser: Browser, **more: str) -> str:
    browser.get("/ban-tin/moi")
    answer = browser.send("/ban-tin/moi", {**FIELDS, **more})
    assert answer.status_code == 303, answer.text
    website.make_sounds()
    return str(answer.headers["location"])


def _count(website: Website) -> int:
    with website.office.database.reading() as session:
        return session.exec(select(func.count()).select_from(Announcement)).one()


def test_a_draft_is_saved_and_shows_its_spoken_text(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser, viec="luu", giong="south", loai="priority", **{"toc-do": "0.85"})
    browser.get(page)
    assert "Kính mời bà con ấp một." in browser.seen
    assert "Nháp · lưu lúc 17:00 hôm nay, Nguyễn Thị Hồng Thắm soạn" in browser.seen
    row = website.commune.row(page.split("/")[2])
    assert (row.voice, row.speed, row.bulletin_class) == ("south", 0.85, "priority")


def test_pressing_twice_makes_one_draft(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    first = browser.send("/ban-tin/moi", FIELDS)
    second = browser.send("/ban-tin/moi", FIELDS)
    assert first.headers["location"] == second.headers["location"]
    assert _count(website) == 1


def test_after_a_lost_answer_later_text_is_saved_in_the_same_draft(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    page = browser.send("/ban-tin/moi", FIELDS).headers["location"]
    answer = browser.send("/ban-tin/moi", {**FIELDS, "van-ban": "Lời viết thêm.", "viec": "tiep-tuc"})
    assert answer.headers["location"] == f"{page}/phat"
    assert _count(website) == 1
    assert website.commune.row(page.split("/")[2]).text == "Lời viết thêm."


def test_an_empty_text_is_refused_and_the_typed_title_stays(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    answer = browser.send("/ban-tin/moi", {"ten": "Họp dân", "van-ban": "  "})
    assert answer.status_code == 422
    assert "Cần nhập lời thông báo trước." in answer.text
    assert 'value="Họp dân"' in answer.text
    assert _count(website) == 0
    browser.page = answer.text
    assert browser.send("/ban-tin/moi", FIELDS).status_code == 303


def test_a_text_that_is_too_long_is_refused_with_its_length(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    answer = browser.send("/ban-tin/moi", {"ten": "Dài", "van-ban": "a" * 20_001})
    assert answer.status_code == 422
    assert "Dài 20.001 ký tự, nhiều nhất 20.000. Chia thành hai bản tin." in answer.text


def test_a_change_is_saved_and_sending_it_again_changes_nothing(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser)
    browser.get(page)
    assert browser.send(page, {"van-ban": "Lời mới.", "viec": "luu"}).status_code == 303
    version = website.commune.row(page.split("/")[2]).version
    browser.get(page)
    assert "Lời mới." in browser.page
    browser.send(page, {"viec": "luu"})
    assert website.commune.row(page.split("/")[2]).version == version


def test_the_player_waits_until_the_sound_is_made(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    page = browser.send("/ban-tin/moi", {**FIELDS, "viec": "luu"}).headers["location"]
    browser.get(page)
    assert 'data-state="being_made"' in browser.page
    assert "Âm thanh đang được chuẩn bị" in browser.seen
    website.make_sounds()
    browser.get(page)
    assert 'data-state="ready"' in browser.page
    sound = re.search(r'<audio[^>]*src="([^"]+)"', browser.page)
    assert sound
    assert browser.client.get(sound.group(1)).content[:4] == b"OggS"


def test_a_recorded_voice_replaces_speech_and_can_be_removed(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser)
    browser.get(page)
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.page)
    assert csrf
    voice = ("giong.opus", encode(b"\x10\x20" * 48_000), "audio/ogg")
    answer = browser.client.post(page, data={**FIELDS, "csrf": csrf.group(1), "viec": "luu"}, files={"tep": voice})
    assert answer.status_code == 303, answer.text
    browser.get(page)
    assert "Đang dùng giọng thu sẵn." in browser.seen
    assert website.commune.row(page.split("/")[2]).recording is not None
    browser.send(page, {"viec": "bo-giong-thu"})
    assert website.commune.row(page.split("/")[2]).recording is None


def test_a_long_recording_is_saved_with_a_new_draft(website: Website) -> None:
    browser = website.officer()
    browser.get("/ban-tin/moi")
    hidden = dict(re.findall(r'name="(csrf|once)" value="([^"]+)"', browser.page))
    voice = ("giong.wav", recorded(12), "audio/wav")
    answer = browser.client.post("/ban-tin/moi", data={**FIELDS, **hidden}, files={"tep": voice})
    assert answer.status_code == 303, answer.text


def test_a_file_that_is_no_sound_is_refused_with_a_sentence(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser)
    browser.get(page)
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.page)
    assert csrf
    data = {**FIELDS, "csrf": csrf.group(1)}
    answer = browser.client.post(page, data=data, files={"tep": ("thu.mp3", b"not a sound", "audio/mpeg")})
    assert answer.status_code == 422
    assert "Tệp này không phải âm thanh đọc được. Dùng WAV, MP3, M4A, Opus hoặc FLAC." in answer.text


def test_the_page_of_an_approved_announcement_says_that_a_change_needs_a_new_approval(website: Website) -> None:
    announcement = website.commune.approved()
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    assert "Lê Minh Quang" not in browser.seen, "handed in, and not ordered yet"
    website.commune.order(announcement, "ấp 1", starts_in_s=900)
    browser.get(f"/ban-tin/{announcement}")
    assert "Lê Minh Quang phê duyệt lúc 17:00 hôm nay" in browser.seen
    assert "Sửa bất cứ chỗ nào thì phải phê duyệt lại. Lượt đã đặt vẫn phát bản đã phê duyệt." in browser.seen
    assert "data-save" not in browser.page, "what was approved is not saved while one types"


def test_values_that_the_form_does_not_offer_are_refused(website: Website) -> None:
    browser = website.officer()
    for name, value in (("loai", "loudest"), ("giong", "robot"), ("toc-do", "9.9"), ("toc-do", "fast")):
        browser.get("/ban-tin/moi")
        assert browser.send("/ban-tin/moi", {**FIELDS, name: value}).status_code == 422
    assert _count(website) == 0


def test_the_list_shows_the_state_of_each_announcement_page_by_page(website: Website) -> None:
    for number in range(52):
        website.later(seconds=1)
        website.commune.announcement(title=f"Bản tin số {number}")
    browser = website.officer()
    browser.get("/ban-tin")
    assert "Bản tin số 51" in browser.seen
    assert "Bản tin số 1 " not in browser.seen
    older = re.search(r'href="(/ban-tin\?truoc=[^"]+)"', browser.page)
    assert older
    browser.get(older.group(1))
    assert "Bản tin số 1" in browser.seen
    assert "Nháp" in browser.seen


def test_the_page_says_so_if_another_voice_spoke(website: Website) -> None:
    announcement = website.commune.announcement()
    with website.commune.writing() as session:
        row = website.commune.row(announcement)
        row.clip_engine, row.clip_fallback = ESPEAK, GTTS
        session.add(row)
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    assert f"Giọng {GTTS} không chạy được; đã đọc bằng giọng {ESPEAK}. Nghe lại trước khi phát." in browser.seen


def test_a_language_without_a_voice_asks_for_a_recording(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser, viec="luu", tieng="km")
    website.make_sounds()
    browser.get(page)
    assert "máy chỉ đọc được tiếng Việt; thu lời này bằng giọng người" in browser.seen
    row = website.commune.row(page.rsplit("/", 1)[1])
    assert (row.language, row.clip) == ("km", None)
    assert row.spoken_text == row.text


def test_a_stored_language_that_is_not_offered_is_kept_and_an_unknown_one_refused(website: Website) -> None:
    announcement = website.commune.announcement(language="fr")
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    browser.follow(browser.send(f"/ban-tin/{announcement}", {"ten": "Đổi tên"}))
    assert website.commune.row(announcement).language == "fr"
    assert browser.send(f"/ban-tin/{announcement}", {"tieng": "xx"}).status_code == 422


def test_each_sentence_can_be_heard_by_itself_also_without_javascript(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser, viec="luu", **{"van-ban": "Kính thưa bà con. Sáng mai cúp điện. Xin cảm ơn."})
    website.make_sounds()
    browser.get(page)
    assert "Nghe từng câu (3 câu)" in browser.seen
    places = re.findall(r'<a href="([^"]*)#t=([\d.]+),([\d.]+)" data-from="\2" data-to="\3">', browser.page)
    assert len(places) == 3
    times = [float(each) for _path, *both in places for each in both]
    assert times == sorted(times)
    assert browser.client.get(places[0][0]).headers["content-type"].startswith("audio/ogg")


def test_an_announcement_without_a_title_is_named_by_its_first_words(website: Website) -> None:
    browser = website.officer()
    page = _write(website, browser, viec="luu", ten="", **{"van-ban": "UBND xã thông báo\n" + "lịch họp " * 30})
    assert website.commune.row(page.rsplit("/", 1)[1]).title == "UBND xã thông báo"
    page = _write(website, browser, viec="luu", ten=" ", **{"van-ban": "Kính mời bà con " * 20})
    title = website.commune.row(page.rsplit("/", 1)[1]).title
    assert title.startswith("Kính mời bà con Kính mời")
    assert title.endswith("con…")
    assert len(title) <= 81


def test_two_officers_on_one_draft_do_not_overwrite_each_other(website: Website) -> None:
    announcement = website.commune.announcement(text="Bản đầu.")
    first, second = website.officer("tham"), website.officer("quang")
    for each in (first, second):
        each.get(f"/ban-tin/{announcement}")
    form = f"/ban-tin/{announcement}"
    website.later(minutes=1)
    assert first.send(form, {"van-ban": "Bản của Thắm."}).status_code == 303
    refused = second.send(form, {"van-ban": "Bản của Quang."})
    assert refused.status_code == 409
    second.page = refused.text
    assert "Nguyễn Thị Hồng Thắm đã sửa bản tin này lúc 17:01 hôm nay. Chưa lưu lời đang gõ ở đây." in second.seen
    assert "Bản của Quang." in second.page
    assert website.commune.row(announcement).text == "Bản của Thắm."
    assert second.send(form).status_code == 409, "also when it is sent again"
    assert second.send(form, {"viec": "ghi-de"}).status_code == 303
    assert website.commune.row(announcement).text == "Bản của Quang."


def test_saving_the_same_text_does_not_conflict_with_another_officer(website: Website) -> None:
    announcement = website.commune.announcement(text="Bản đầu.")
    first, second = website.officer("tham"), website.officer("quang")
    for each in (first, second):
        each.get(f"/ban-tin/{announcement}")
    for each in (first, second):
        assert each.send(f"/ban-tin/{announcement}", {"van-ban": "Cùng một lời."}).status_code == 303
