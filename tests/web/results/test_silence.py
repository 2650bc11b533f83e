"""Silence: the first press stops no broadcast, the second stops all; a held silence is on every page until lifted."""

from sqlmodel import select

from controller.database.tables import AuditEntry, Broadcast, Delivery, SpeakerStatus
from controller.places.speakers import SpeakerFields, admit_speaker, change_speaker
from controller.station.held_silent import silences_in_force
from controller.station.speaker_settings import last_settings
from tests.people import set_online
from tests.web.conftest import Website
from wire.broadcast import MAX_NAMES


def _cancelled(website: Website, broadcast: str) -> bool:
    with website.office.database.reading() as session:
        return session.get_one(Broadcast, broadcast).cancelled_at is not None


def _says(website: Website, speaker: str, *, playing: str | None = None, newest: bool = True) -> None:
    """Let the speaker send its status."""
    with website.commune.writing() as session:
        row = session.get_one(SpeakerStatus, speaker)
        told = last_settings(session, speaker)
        assert told
        row.received_at = website.commune.now
        set_online(session, website.commune.now, speaker)
        row.status = {"online": True, "playing": playing}
        row.settings_revision = told.revision if newest else told.revision - 1
        session.add(row)


def _is_over(website: Website, broadcast: str, speaker: str) -> None:
    """Let the speaker report the broadcast as cancelled."""
    with website.commune.writing() as session:
        delivery = session.get_one(Delivery, (broadcast, speaker))
        delivery.state, delivery.reason = "cancelled", "cancelled"
        session.add(delivery)


def test_the_page_lists_what_would_stop_and_stops_nothing(website: Website) -> None:
    commune = website.commune
    soon = commune.order(commune.approved(title="Sắp phát"), "ấp 1", starts_in_s=900).broadcast
    commune.order(commune.approved(title="Tối nay"), "ấp 1", starts_in_s=3 * 3600)
    browser = website.officer()
    browser.get("/im-lang")
    assert "Chưa dừng gì cả." in browser.seen
    assert "Cũng bị hủy: 17:15 Sắp phát. Lượt sau 18:00 vẫn phát." in browser.seen
    assert "Tối nay" not in browser.seen
    assert "4 cụm loa mất liên lạc không nghe được lệnh dừng" in browser.seen
    assert 'name="giu" value="0" checked' in browser.page
    assert not _cancelled(website, soon)


def test_the_second_button_stops_all_and_counts_the_silent_speakers(website: Website) -> None:
    commune = website.commune
    soon = commune.order(commune.approved(), "xã", starts_in_s=900).broadcast
    for speaker in ("loa-1a", "loa-1b", "loa-2", "loa-xa"):
        _says(website, speaker)
    browser = website.officer()
    browser.get("/im-lang")
    result = browser.send("/im-lang")
    browser.follow(result)
    assert "Đã im ở 0 cụm loa. 4 chưa trả lời." in browser.seen, "they spoke before the order"
    assert "Đã hủy 1 lượt phát." in browser.seen
    assert "đang giữ im lặng" not in browser.seen
    assert _cancelled(website, soon)
    parts = "/phan" + result.headers["location"].replace("/ket-qua", "")
    for speaker in ("loa-1a", "loa-1b", "loa-2"):
        _is_over(website, soon, speaker)
    _says(website, "loa-2", playing=soon)
    browser.get(parts)
    assert "Đã im ở 2 cụm loa. 2 chưa trả lời." in browser.seen
    _says(website, "loa-2")
    _is_over(website, soon, "loa-xa")
    browser.get(parts)
    assert "Đã im ở cả 4 cụm loa." in browser.seen


def test_the_answer_says_what_was_cancelled_whole_because_it_could_not_be_split(website: Website) -> None:
    commune = website.commune
    with commune.writing() as session:
        for number in range(MAX_NAMES):
            admit_speaker(
                session, commune.now, None, speaker=f"loa-{number}x", name=f"Loa {number}", area=commune.areas["xã"]
            )
    soon = commune.order(commune.approved(), "xã", starts_in_s=900).broadcast
    browser = website.officer()
    browser.get(f"/im-lang?dia-ban={commune.areas['ấp 1']}")
    browser.follow(browser.send("/im-lang"))
    assert "Đã hủy 1 lượt phát. 1 lượt không tách riêng được, nên cũng thôi phát ở nơi khác." in browser.seen
    assert _cancelled(website, soon)


def test_a_second_press_still_waits_for_speakers_that_have_not_answered_the_first(website: Website) -> None:
    commune = website.commune
    soon = commune.order(commune.approved(), "xã", starts_in_s=900).broadcast
    for speaker in ("loa-1a", "loa-1b", "loa-2", "loa-xa"):
        _says(website, speaker)
    browser = website.officer()
    browser.get("/im-lang")
    browser.follow(browser.send("/im-lang"))
    _is_over(website, soon, "loa-2")
    browser.get("/im-lang")
    browser.follow(browser.send("/im-lang"))
    assert "Đã im ở 1 cụm loa. 3 chưa trả lời." in browser.seen


def test_the_page_waits_only_for_speakers_of_the_silenced_area(website: Website) -> None:
    commune = website.commune
    row = commune.order(commune.approved(), "xã", starts_in_s=900)
    for speaker in ("loa-1a", "loa-1b"):
        _says(website, speaker)
    browser = website.officer()
    browser.get(f"/im-lang?dia-ban={commune.areas['ấp 1']}")
    answer = browser.send("/im-lang")
    browser.follow(answer)
    assert "Đã im ở 0 cụm loa. 2 chưa trả lời." in browser.seen
    for speaker in ("loa-1a", "loa-1b"):
        _is_over(website, row.broadcast, speaker)
    browser.follow(answer)
    assert "Đã im ở cả 2 cụm loa." in browser.seen


def test_a_held_silence_is_shown_on_every_page_until_it_is_lifted(website: Website) -> None:
    browser = website.officer()
    browser.get("/im-lang")
    browser.follow(browser.send("/im-lang", {"giu": "1"}))
    words = "Xã đang giữ im lặng từ 17:00 hôm nay, do Nguyễn Thị Hồng Thắm. Chưa loa nào được phát."
    for path in ("/", "/ban-tin/moi", "/cum-loa", "/khong-co-trang-nay"):
        browser.get(path, 404 if "khong" in path else 200)
        assert words in browser.seen, path
    lift = browser.page.split('href="/im-lang/mo-lai')[1].split('"')[0]
    browser.get(f"/im-lang/mo-lai{lift}")
    assert "Mở lại tiếng ở toàn xã Phú Lâm" in browser.seen
    browser.follow(browser.send("/im-lang/mo-lai"))
    assert "giữ im lặng" not in browser.seen
    with website.office.database.reading() as session:
        assert silences_in_force(session) == []


def test_a_speaker_counts_as_silent_only_once_it_has_the_muting_settings(website: Website) -> None:
    browser = website.officer()
    browser.get("/im-lang")
    answer = browser.send("/im-lang", {"giu": "1"})
    for speaker, newest in (("loa-1a", True), ("loa-1b", False)):
        _says(website, speaker, newest=newest)
    browser.follow(answer)
    assert "Đã im ở 1 cụm loa. 3 chưa trả lời." in browser.seen


def test_one_hamlet_alone_can_be_silenced(website: Website) -> None:
    commune = website.commune
    elsewhere = commune.order(commune.approved(), "ấp 2", starts_in_s=900).broadcast
    here = commune.order(commune.approved(), "ấp 1", starts_in_s=900).broadcast
    browser = website.officer()
    browser.get(f"/im-lang?dia-ban={commune.areas['ấp 1']}")
    assert "Dừng tiếng ở ấp 1 ngay, 2 cụm loa" in browser.seen
    browser.follow(browser.send("/im-lang", {"giu": "1"}))
    assert (_cancelled(website, here), _cancelled(website, elsewhere)) == (True, False)
    browser.get("/")
    assert "Đang giữ im lặng ở ấp 1 từ 17:00 hôm nay" in browser.seen


def test_an_officer_of_one_hamlet_silences_that_hamlet_alone(website: Website) -> None:
    commune = website.commune
    with commune.writing() as session:
        officer = commune.officers["editor"]
        officer.area = commune.areas["ấp 1"]
        session.add(officer)
    browser = website.officer("editor")
    assert browser.client.get(f"/im-lang?dia-ban={commune.areas['ấp 2']}").status_code == 403
    browser.get("/im-lang")
    assert "2 cụm loa mất liên lạc" in browser.seen
    answer = browser.send("/im-lang", {"dia-ban": commune.areas["xã"]})
    assert answer.status_code == 403


def test_an_area_that_was_taken_away_meanwhile_does_not_keep_the_others_from_falling_silent(website: Website) -> None:
    commune = website.commune
    here = commune.order(commune.approved(), "ấp 1", starts_in_s=900).broadcast
    with commune.writing() as session:
        officer = commune.officers["editor"]
        officer.area = commune.areas["ấp 1"]
        session.add(officer)
    browser = website.officer("editor")
    browser.get("/im-lang")
    browser.follow(browser.send("/im-lang", {"dia-ban": [commune.areas["ấp 2"], "gone", commune.areas["ấp 1"]]}))
    assert _cancelled(website, here)
    assert "Có nơi không im lặng được: nơi đó vừa được giao cho người khác." in browser.seen


def test_an_area_that_is_named_often_or_lies_in_another_one_is_silenced_once(website: Website) -> None:
    areas = website.commune.areas
    browser = website.officer()
    browser.get("/im-lang")
    browser.follow(browser.send("/im-lang", {"dia-ban": [areas["ấp 1"], *[areas["xã"]] * 900]}))
    with website.office.database.reading() as session:
        ordered = session.exec(select(AuditEntry.subject).where(AuditEntry.action == "silence ordered")).all()
    assert ordered == [areas["xã"]]
    again = "&".join([f"dia-ban={areas['xã']}"] * 900)
    browser.get(f"/im-lang/ket-qua?{again}")
    assert browser.seen.count("xã Phú Lâm · ") <= 1


def test_the_page_has_one_button_and_no_javascript(website: Website) -> None:
    browser = website.officer()
    browser.get("/im-lang")
    assert "<script" not in browser.page
    assert browser.page.count("button-silence") == 1


def test_a_speaker_that_was_moved_away_is_named_without_its_caretaker_to_who_is_not_in_charge_there(
    website: Website,
) -> None:
    commune = website.commune
    row = commune.order(commune.approved("emergency"), "ấp 1")
    with commune.writing() as session:
        session.get_one(Delivery, (row.broadcast, "loa-1a")).state = "started"
        changes: SpeakerFields = {
            "area": commune.areas["ấp 2"],
            "caretaker": "Bà Tư",
            "caretaker_phone": "0912 345 678",
        }
        change_speaker(session, commune.now, commune.officers["tham"], "loa-1a", changes)
    commune.in_charge_of("quang", "ấp 1")
    browser = website.officer("quang")
    browser.get(f"/im-lang?dia-ban={commune.areas['ấp 1']}")
    browser.follow(browser.send("/im-lang"))
    assert "Đã im ở 0 cụm loa. 2 chưa trả lời." in browser.seen, "loa-1b, and loa-1a that isn't there any more"
    assert "Cụm loa-1a" in browser.seen
    assert "Bà Tư" not in browser.seen
    in_charge = website.officer()
    in_charge.get(f"/im-lang/ket-qua?dia-ban={commune.areas['ấp 1']}")
    assert "Cụm loa-1a: Bà Tư" in in_charge.seen
