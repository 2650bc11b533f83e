"""Results of a broadcast: "no report" isn't "not played", reasons have their real times, and repeating is offered only
for speakers that missed it."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Delivery, Speaker, SpeakerStatus
from controller.errors import Conflict
from controller.exchange.receipts import add_found_deliveries
from controller.outlook.results import shown_state
from controller.web.station.reading_language import COOKIE
from controller.web.words.states import REASON, reason_in_words
from tests.fakes.quotas import full_quotas
from tests.people import MONDAY, set_online
from tests.web.conftest import Website, make_website
from tests.web.drawn_commune import DrawnCommune, at_1706, make_drawn_commune
from wire.ids import new_ulid


@pytest.fixture
def drawn(tmp_path: Path) -> Iterator[Website]:
    """The drawn commune at 17:06."""
    site = make_website(tmp_path, make_drawn_commune)
    at_1706(_made(site))
    yield site
    site.office.database.close()
    site.commune.database.close()


def _made(site: Website) -> DrawnCommune:
    assert isinstance(site.commune, DrawnCommune)
    return site.commune


def _page(site: Website, key: str = "vaccine") -> str:
    return f"/luot-phat/{_made(site).broadcasts[key]}"


def test_the_sentence_separates_known_from_unknown_results(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn))
    assert "Tính đến 17:06:00" in browser.seen
    assert (
        "Phát đủ cả bài ở 18 cụm loa. Phát dở ở 1, không phát ở 2, đang phát ở 1. "
        "Còn 2 cụm loa chưa có báo cáo: chưa biết ở đó có tiếng hay không." in browser.seen
    )
    assert "Tỷ lệ phát: chưa tính, vì 3 cụm loa chưa có kết quả cuối." in browser.seen
    assert 'aria-label="24 cụm loa theo địa bàn: 1 chưa' not in browser.page


def test_each_reason_is_shown_with_the_next_step(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn))
    for words in (
        "Xóm Bà Rịa, tổ 14 Ấp 3 Không phát Thiết bị âm thanh hỏng. Gọi kỹ thuật viên.",
        "Bến xe Phương Lâm Khu phố Chợ Phương Lâm Không phát Cụm loa đang tắt tiếng. Mở tiếng rồi phát lại.",
        "Trạm bơm Đồng Hiệp Ấp 8 Phát dở Mất điện giữa chừng. Có điện rồi hãy đặt phát lại. 17:00:00 1 phút 41 giây",
        "Mất liên lạc từ 18:40 thứ Sáu 20/11, chưa nhận bản tin này. Gọi bà Lâm Thị Út, 0987 650 111 để hỏi.",
        "Mất liên lạc từ 16:31 hôm nay, nhưng đã nhận bản tin nên có thể vẫn phát.",
        "Xóm Hố Sâu, tổ 30 Ấp 7 Đang phát Bắt đầu muộn 1 phút 48 giây. 17:01:48",
    ):
        assert words in browser.seen, words


def test_repeating_is_offered_only_for_speakers_that_certainly_missed_it(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn))
    assert "Phát lại ở 3 nơi chưa nghe đủ…" in browser.seen
    assert "2 nơi chưa có báo cáo không nằm trong số phát lại, để bà con khỏi nghe hai lần." in browser.seen
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+/kiem-tra[?][^"]+)"', browser.page)]
    missed, with_unknown = (set(parse_qs(urlsplit(link).query)["cum-loa"]) for link in links)
    assert missed == {"ba-ria", "ben-xe", "dong-hiep"}
    assert with_unknown - missed == {"suoi-da", "to-21"}
    browser.get(links[0])
    assert "Phát ngay ở 3 cụm loa" in browser.seen


def test_a_filter_shows_only_its_speakers(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn) + "?loc=chua-co-bao-cao")
    assert "Cầu Suối Đá" in browser.seen
    assert "Nhà văn hóa ấp 1" not in browser.seen
    browser.get(_page(drawn) + "?loc=chua-nghe-du")
    assert "Xóm Bà Rịa" in browser.seen
    assert "Cầu Suối Đá" not in browser.seen


def test_the_table_can_be_downloaded_for_a_spreadsheet(drawn: Website) -> None:
    with _made(drawn).writing() as session:
        speaker = session.get_one(Speaker, "ba-ria")
        speaker.name = "=HYPERLINK(1)"
        session.add(speaker)
    answer = drawn.officer("hongtham").client.get(_page(drawn) + "/bang.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 25
    assert rows[1][0] == "'=HYPERLINK(1)"
    played = next(row for row in rows if row[1] == "nvh-1")
    assert played[3:] == ["Đã phát", "", "17:00:00", "260,0", "0,1"]


def test_a_broadcast_is_stopped_only_after_a_second_confirmation(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn))
    assert "Dừng ở 1 nơi đang phát…" in browser.seen
    stop = _page(drawn) + "/dung"
    browser.get(stop)
    assert "Dừng ngay ở 1 cụm loa đang phát" in browser.seen
    assert "2 cụm loa mất liên lạc chưa nghe được lệnh này" in browser.seen
    browser.follow(browser.send(stop))
    assert "Đã hủy lúc 17:06 hôm nay." in browser.seen
    browser.get(stop)
    assert "không còn gì để dừng" in browser.seen


def test_a_broadcast_that_has_not_begun_is_cancelled(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.get(_page(drawn, "power"))
    assert "Sẵn sàng ở 8 trên 9 cụm loa. Chưa nhận lệnh ở 1." in browser.seen
    browser.get(_page(drawn, "power") + "/dung")
    browser.follow(browser.send(_page(drawn, "power") + "/dung"))
    assert "Đã hủy lúc 17:06 hôm nay." in browser.seen


def test_who_reads_english_is_told_whether_a_broadcast_is_stopped_or_cancelled(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    browser.client.cookies.set(COOKIE, "en")
    browser.get(_page(drawn) + "/dung")
    assert browser.seen.startswith("Stop broadcast – ")
    assert "Stop at 1 speaker now Go back without stopping" in browser.seen
    browser.get(_page(drawn, "power") + "/dung")
    assert browser.seen.startswith("Cancel broadcast – ")
    assert "Cancel broadcast at 9 speakers Go back without cancelling" in browser.seen


def test_a_broadcast_that_sounds_past_its_expiry_can_be_stopped(website: Website) -> None:
    commune = website.commune
    row = commune.order(commune.approved(title="Báo lũ"), "ấp 1", starts_in_s=60)
    stop = f"/luot-phat/{row.broadcast}/dung"
    assert row.expires_at
    commune.now = row.expires_at + timedelta(seconds=10)
    with commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-1a"))
        delivery.state, delivery.started_at = "started", row.expires_at - timedelta(seconds=10)
        session.add(delivery)
        last_word = session.get_one(SpeakerStatus, "loa-1a")
        last_word.received_at = commune.now
        session.add(last_word)
        set_online(session, commune.now, "loa-1a")
    browser = website.officer()
    browser.get("/im-lang")
    assert "Lúc này 1 cụm loa đang có tiếng: Báo lũ." in browser.seen
    assert "Cũng bị hủy" not in browser.seen
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "Dừng ở 1 nơi đang phát…" in browser.seen
    browser.get("/")
    assert stop in browser.page
    browser.get(stop)
    assert "Dừng ngay ở 1 cụm loa đang phát" in browser.seen
    browser.follow(browser.send(stop))
    assert "Đã hủy lúc" in browser.seen


def test_after_an_order_to_stop_there_is_no_second_button(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    stop = _page(drawn) + "/dung"
    browser.get("/")
    assert stop in browser.page
    browser.get(stop)
    browser.follow(browser.send(stop))
    assert stop not in browser.page
    browser.get("/")
    assert "Đang phát" in browser.seen
    assert stop not in browser.page


def test_the_server_renders_single_parts_of_the_page(drawn: Website) -> None:
    browser = drawn.officer("hongtham")
    parts = "/phan" + _page(drawn)
    browser.get(parts)
    for part in ("tom-tat", "viec", "h-tong", "loa-nvh-1", "loa-suoi-da"):
        assert f'id="{part}"' in browser.page
    browser.get(parts + "?loa=nvh-1&loa=suoi-da")
    assert browser.page.count("<tr id=") == 2
    assert "<html" not in browser.page


def test_the_first_page_shows_what_sounds_and_what_needs_an_officer(tmp_path: Path) -> None:
    site = make_website(tmp_path, make_drawn_commune)
    browser = site.officer("quang")
    browser.get("/")
    for words in (
        "Thứ Hai, 23 tháng 11 năm 2026",
        "Đang phát, còn 1 phút 23 giây",
        "Đang có tiếng ở 20 cụm loa, không nghe đủ ở 2; còn 2 chưa có báo cáo.",
        "Xóm Bà Rịa, tổ 14 (ấp 3) không ra tiếng",
        "Lượt 19:00 hôm nay chưa được phê duyệt",
        "Sẵn sàng ở 8 trên 9",
        "Giờ yên tĩnh đến 05:00",
        "Cụm loa im: 4 trên 24",
        "Từ 18:40 thứ Sáu 20/11, gần 3 ngày",
    ):
        assert words in browser.seen, words
    browser.get("/phan/trang-dau")
    assert 'id="luc-nay"' in browser.page
    site.office.database.close()
    site.commune.database.close()


def test_a_found_broadcast_is_marked_and_a_refused_signature_raises_the_alarm(website: Website) -> None:
    found, strange = new_ulid(website.commune.now), new_ulid(website.commune.now)
    with website.commune.writing() as session:
        told: tuple[tuple[str, DeliveryState, str | None], ...] = (
            (found, "played", None),
            (strange, "rejected", "bad_signature"),
        )
        for broadcast, state, reason in told:
            add_found_deliveries(session, website.commune.now, "loa-2", [broadcast], full_quotas())
            row = session.get_one(Delivery, (broadcast, "loa-2"))
            row.state, row.reason, row.received_at = state, reason, website.commune.now
            session.add(row)
    browser = website.officer()
    browser.get(f"/luot-phat/{found}")
    assert "Tìm thấy ở cụm loa, văn phòng không có lượt này." in browser.seen
    browser.get("/")
    assert "Cụm loa-2 từ chối một lệnh lạ" in browser.seen
    assert "Chữ ký sai: lệnh có thể không do xã gửi. Báo kỹ thuật viên ngay." in browser.seen
    browser.get(f"/luot-phat/{strange}")
    assert "lệnh có thể không do xã gửi" in browser.seen
    browser.get("/luot-phat")
    assert "Tìm thấy ở cụm loa" in browser.seen


def _reject_invented(website: Website, speaker: str, n: int) -> None:
    """A stolen speaker reports that it refused `n` orders that nobody gave."""
    now = website.commune.now
    with website.commune.writing() as session:
        for _ in range(n):
            broadcast = new_ulid(now)
            add_found_deliveries(session, now, speaker, [broadcast], full_quotas())
            row = session.get_one(Delivery, (broadcast, speaker))
            row.state, row.reason, row.received_at = "rejected", "bad_signature", now
            session.add(row)


def test_one_speaker_has_one_line_of_refused_orders_behind_what_officers_must_do(website: Website) -> None:
    website.commune.order(website.commune.announcement(title="Họp dân"), "ấp 1", starts_in_s=900)
    _reject_invented(website, "loa-2", 60)
    _reject_invented(website, "loa-xa", 1)
    browser = website.officer()
    browser.get("/")
    assert browser.seen.count("lệnh lạ") == 2
    assert "Cụm loa-2 từ chối 60 lệnh lạ" in browser.seen
    assert "Cụm loa-xa từ chối một lệnh lạ" in browser.seen
    assert browser.seen.index("chưa được phê duyệt") < browser.seen.index("lệnh lạ")


def test_unknown_broadcasts_of_one_speaker_take_a_small_share_of_the_list(website: Website) -> None:
    website.commune.order(website.commune.announcement(title="Họp dân"), "ấp 1", starts_in_s=900)
    website.later(hours=1)
    _reject_invented(website, "loa-2", 60)
    browser = website.officer()
    browser.get("/luot-phat")
    assert browser.seen.count("Tìm thấy ở cụm loa") == 5
    assert "Họp dân" in browser.seen
    assert "Cụm loa-2: 60 lượt văn phòng không có, ở đây chỉ có 5 lượt mới nhất." in browser.seen
    assert "Xem các lượt cũ hơn" not in browser.seen


def test_a_found_broadcast_that_will_still_sound_is_not_shown_as_over(website: Website) -> None:
    found = new_ulid(website.commune.now)
    with website.commune.writing() as session:
        add_found_deliveries(session, website.commune.now, "loa-2", [found], full_quotas())
    browser = website.officer()
    browser.get(f"/luot-phat/{found}")
    assert "Văn phòng này không hủy được lượt này." in browser.seen
    browser.get(f"/luot-phat/{found}/dung")
    assert "Văn phòng này không hủy được lượt phát này" in browser.seen
    assert "giữ im lặng địa bàn đó" in browser.seen
    assert "đã kết thúc" not in browser.seen
    with (
        website.commune.writing() as session,
        pytest.raises(Conflict, match="Để cụm loa không phát, giữ im lặng"),
    ):
        cancel_broadcast(session, website.commune.now, website.commune.officers["tham"], found)
    with website.commune.writing() as session:
        row = session.get_one(Delivery, (found, "loa-2"))
        row.state = "played"
        session.add(row)
    browser.get(f"/luot-phat/{found}/dung")
    assert "đã kết thúc" in browser.seen


@pytest.mark.parametrize("reason", [*REASON, "eaten_by_goats"])
def test_every_reason_is_shown_on_the_page(website: Website, reason: str) -> None:
    commune = website.commune
    broadcast = commune.order(commune.approved(), "ấp 2", starts_in_s=60).broadcast
    commune.later(minutes=3)
    with commune.writing() as session:
        row = session.get_one(Delivery, (broadcast, "loa-2"))
        row.state, row.reason, row.ended_at = "missed", reason, commune.now
        session.add(row)
    browser = website.officer()
    browser.get(f"/luot-phat/{broadcast}")
    assert reason_in_words(reason, time="17:03") in browser.seen


@pytest.mark.parametrize(
    ("state", "online", "minutes", "shown"),
    [
        ("pending", True, -1, "pending"),
        ("ready", False, -1, "ready"),
        ("ready", False, 1, "no_report"),  # it can't report
        ("ready", True, 1, "ready"),  # it may still begin
        ("ready", True, 3, "no_report"),  # by now it should have begun, or reported why not
        ("started", True, 30, "started"),  # a better class may have interrupted it
        ("started", False, 30, "no_report"),
        ("missed", False, 30, "missed"),
        ("no_report", True, 30, "no_report"),
    ],
)
def test_an_overdue_report_is_shown_as_no_report(
    state: DeliveryState, online: bool, minutes: int, shown: DeliveryState
) -> None:
    broadcast = Broadcast(
        broadcast="B",
        title="",
        bulletin_class="normal",
        starts_at=MONDAY,
        latest_start=MONDAY + timedelta(minutes=2),
        expires_at=MONDAY + timedelta(minutes=20),
        duration_ms=60_000,
        created_at=MONDAY,
    )
    started_at = MONDAY if state == "started" else None
    assert shown_state(state, started_at, broadcast, online, MONDAY + timedelta(minutes=minutes)) == shown


def test_an_emergency_that_came_too_late_is_said_to_be_so_by_its_expiry(website: Website) -> None:
    row = website.commune.order(website.commune.approved("emergency"), "ấp 2", starts_in_s=60)
    website.later(hours=2)
    with website.commune.writing() as session:
        delivery = session.get_one(Delivery, (row.broadcast, "loa-2"))
        delivery.state, delivery.reason, delivery.received_at = "missed", "late", website.commune.now
        session.add(delivery)
    browser = website.officer()
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "Quá giờ: đến 18:01 vẫn chưa bắt đầu được." in browser.seen
