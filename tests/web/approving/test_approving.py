"""Approval on the pages: the second officer hears the very sound, approves or refuses it, or withdraws the approval."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from audio.sound.opus import encode
from controller.database.tables import Approval, Area, Broadcast
from controller.people.one_officer_rule import allow_one_officer
from controller.places.areas import add_area
from controller.places.speakers import admit_speaker
from controller.planning.schedule_orders import ScheduleOrder, add_schedule
from controller.planning.submission import submit_announcement
from controller.web.frame.once import new_token
from controller.web.station.reading_language import COOKIE
from tests.people import MONDAY, manifests_waiting
from tests.web.conftest import Browser, Website
from wire.model import BulletinClass


def _submitted(website: Website, *, author: str = "tham", ordered_by: str | None = "tham") -> str:
    """Hand in an announcement, with an order for ấp 1 in a quarter of an hour. `ordered_by`: None: without an order."""
    announcement = website.commune.announcement(title="Họp dân ấp 1", author=author)
    if ordered_by is not None:
        website.commune.order(announcement, "ấp 1", starts_in_s=900, by=ordered_by)
    browser = website.officer(author)
    browser.get(f"/ban-tin/{announcement}")
    assert browser.send(f"/ban-tin/{announcement}/gui").status_code == 303
    return announcement


def _broadcast(website: Website) -> Broadcast:
    with website.office.database.reading() as session:
        return session.exec(select(Broadcast)).one()


def _planned(website: Website) -> set[str]:
    with website.office.database.reading() as session:
        return set(session.exec(select(Broadcast.broadcast).where(col(Broadcast.planned_at).is_not(None))).all())


def test_every_page_tells_the_second_officer_of_a_submission_who_then_approves_it(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get("/")
    assert "Phê duyệt 1 đang chờ" in browser.seen
    browser.get("/phe-duyet")
    sentence = "Thông thường: phát ở ấp 1, 17:15 hôm nay, thứ Hai 23/11/2026, mỗi lượt dài 1 giây."
    latest = "Đến 17:17 hôm nay chưa bắt đầu được thì không phát."
    assert f"{sentence} {latest} 2 cụm loa." in browser.seen
    browser.get(f"/phe-duyet/{announcement}")
    assert f"{sentence} {latest} 2 cụm loa, lúc này 2 mất liên lạc." in browser.seen
    assert "Tệp âm thanh này là tệp sẽ phát, không đọc lại." in browser.seen
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    assert "Đã phê duyệt lúc 17:00" in browser.seen
    assert "Không có bản tin nào chờ phê duyệt." in browser.seen
    assert _broadcast(website).planned_at is not None


def test_who_reads_english_is_told_what_an_approval_broadcasts(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.client.cookies.set(COOKIE, "en")
    browser.get(f"/phe-duyet/{announcement}")
    assert (
        "Normal: broadcast to ấp 1, 17:15 today, Monday 23/11/2026, each lasting 1 s. What hasn't begun by 17:17 today "
        "is not broadcast. 2 speakers, 2 out of contact at the moment." in browser.seen
    )
    assert "Approve Return to author…" in browser.seen


@pytest.mark.parametrize(("author", "ordered_by"), [("tham", "tham"), ("tham", "editor"), ("editor", "tham")])
def test_who_wrote_or_ordered_it_cannot_approve_and_the_page_says_so(
    website: Website, author: str, ordered_by: str
) -> None:
    announcement = _submitted(website, author=author, ordered_by=ordered_by)
    browser = website.officer()
    browser.get(f"/phe-duyet/{announcement}")
    assert "Chị, anh soạn hoặc đặt lượt này nên không tự phê duyệt được." in browser.seen
    assert f'action="/phe-duyet/{announcement}"' not in browser.page
    assert _forge_approval(website, browser, announcement) == 403
    assert _broadcast(website).planned_at is None


def test_under_the_rule_of_one_officer_every_page_shows_it_and_the_author_may_approve(website: Website) -> None:
    announcement = _submitted(website)
    with website.commune.writing() as session:
        allow_one_officer(session, website.commune.now, website.commune.officers["tham"], "Xã chỉ có một công chức")
    browser = website.officer()
    for path in ("/", "/ban-tin", "/phe-duyet", "/huong-dan"):
        browser.get(path)
        assert "Đài này chỉ có một cán bộ: người soạn được tự phê duyệt" in browser.seen
    browser.get(f"/phe-duyet/{announcement}")
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    assert "Đã phê duyệt lúc 17:00" in browser.seen


def test_an_editor_sees_who_may_approve(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("editor")
    browser.get(f"/phe-duyet/{announcement}")
    assert "Tài khoản này không có quyền phê duyệt." in browser.seen
    assert _forge_approval(website, browser, announcement) == 403
    assert _broadcast(website).planned_at is None


def test_an_approval_is_for_the_sound_that_the_page_played(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    answer = browser.send(f"/phe-duyet/{announcement}", {"tep": "0" * 64})
    assert answer.status_code == 409
    assert "Âm thanh đã đổi sau khi nghe. Nghe lại rồi phê duyệt." in answer.text
    assert browser.send(f"/phe-duyet/{announcement}", {"tep": ""}).status_code == 409
    with website.office.database.reading() as session:
        assert session.exec(select(Approval)).all() == []


def test_a_text_that_was_changed_since_the_page_was_opened_is_not_approved(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    author = website.officer()
    author.get(f"/ban-tin/{announcement}")
    author.send(f"/ban-tin/{announcement}", {"van-ban": "Lời khác hẳn.", "viec": "luu"})
    with website.commune.writing() as session:
        website.commune.give_sound(session, website.commune.row(announcement), encode(b"\x01\x30" * 4800))
    answer = browser.send(f"/phe-duyet/{announcement}")
    assert answer.status_code == 409
    assert "Âm thanh đã đổi sau khi nghe." in answer.text
    assert "Bản tin này chưa được gửi, hoặc đã sửa sau khi gửi." in answer.text
    with website.office.database.reading() as session:
        assert session.exec(select(Approval)).all() == []


def test_an_order_that_was_changed_or_added_since_the_page_was_opened_is_not_approved(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    seen = _broadcast(website).broadcast
    added = website.commune.order(announcement, "ấp 2", starts_in_s=900).broadcast
    with website.commune.writing() as session:
        row = session.get_one(Broadcast, seen)
        row.areas = [website.commune.areas["xã"]]
        session.add(row)
    answer = browser.send(f"/phe-duyet/{announcement}")
    assert answer.status_code == 409
    assert "Lượt phát đã đổi sau khi mở trang, hoặc không còn chờ. Chưa có gì được phê duyệt." in answer.text
    browser.get(f"/phe-duyet/{announcement}")
    assert "Phê duyệt 1 đang chờ" in browser.seen, "announcements are counted, not their orders"
    assert "phát ở toàn xã Phú Lâm" in browser.seen
    assert "phát ở ấp 2" in browser.seen
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    with website.office.database.reading() as session:
        assert all(session.get_one(Broadcast, each).planned_at for each in (seen, added))


def test_the_second_of_two_approvers_is_told_who_was_first(website: Website) -> None:
    announcement = _submitted(website)
    with website.commune.writing() as session:
        editor = website.commune.officers["editor"]
        editor.role = "approver"
        session.add(editor)
    first, second = website.officer("quang"), website.officer("editor")
    for browser in (first, second):
        browser.get(f"/phe-duyet/{announcement}")
    first.send(f"/phe-duyet/{announcement}")
    second.follow(second.send(f"/phe-duyet/{announcement}"))
    assert "Lê Minh Quang đã phê duyệt lúc 17:00 hôm nay. Không cần làm gì nữa." in second.seen


def test_a_refusal_needs_a_reason_and_the_author_sees_it(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    page = f"/phe-duyet/{announcement}/tra-lai"
    browser.get(page)
    assert "phát ở ấp 1, 17:15 hôm nay" in browser.seen
    assert "Trả lại thì không phát, trừ khi sửa và phê duyệt kịp." in browser.seen
    answer = browser.send(page, {"vi-sao": " "})
    assert answer.status_code == 422
    assert "Ghi ít nhất một điều cần sửa, ví dụ: “sai ngày họp”." in answer.text
    browser.page = answer.text
    browser.follow(browser.send(page, {"vi-sao": "Sai ngày họp"}))
    assert "Đã trả lại cho Nguyễn Thị Hồng Thắm" in browser.seen
    author = website.officer()
    author.get("/")
    assert "Bị trả lại: Họp dân ấp 1 “Sai ngày họp” Sửa bản tin" in author.seen
    author.get(f"/ban-tin/{announcement}")
    assert "Lê Minh Quang trả lại lúc 17:00 hôm nay" in author.seen


def test_withdrawing_an_approval_cancels_its_planned_broadcasts(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    assert "Rút được đến 17:15 hôm nay" in browser.seen
    browser.follow(browser.send(f"/phe-duyet/{announcement}/rut-lai"))
    assert "Đã rút lại phê duyệt" in browser.seen
    assert _broadcast(website).cancelled_at is not None


def test_an_approval_for_one_hamlet_is_asked_for_again_for_other_places(website: Website) -> None:
    commune = website.commune
    commune.in_charge_of("quang", "ấp 1")
    announcement = commune.approved(title="Họp dân", author="editor")
    hamlet = commune.order(announcement, "ấp 1", starts_in_s=900, by="editor").broadcast
    browser = website.officer("editor")
    browser.get(
        f"/ban-tin/{announcement}/kiem-tra?dia-ban={commune.areas['xã']}&khi=gio-dinh&ngay=23/11/2026&gio=17:45"
    )
    assert "Lời đã được phê duyệt; nơi và giờ này chưa: người thứ hai phê duyệt thì mới phát." in browser.seen
    assert "Đặt phát lúc 17:45 ở 4 cụm loa, chờ phê duyệt" in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/kiem-tra"))
    assert "Chờ phê duyệt." in browser.seen
    hamlets = website.officer("quang")
    hamlets.get(f"/phe-duyet/{announcement}")
    assert "phát ở toàn xã Phú Lâm, 17:45 hôm nay" in hamlets.seen
    assert f'action="/phe-duyet/{announcement}"' not in hamlets.page
    assert _forge_approval(website, hamlets, announcement) == 403
    assert _planned(website) == {hamlet}
    communes = website.officer()
    communes.get("/phe-duyet")
    assert "phát ở toàn xã Phú Lâm, 17:45 hôm nay, thứ Hai 23/11/2026, mỗi lượt dài 1 giây" in communes.seen
    communes.get(f"/phe-duyet/{announcement}")
    communes.follow(communes.send(f"/phe-duyet/{announcement}"))
    assert len(_planned(website)) == 2
    assert "Không có bản tin nào chờ phê duyệt." in communes.seen


def test_a_submission_without_an_order_can_not_be_approved_and_says_why(website: Website) -> None:
    announcement = _submitted(website, ordered_by=None)
    browser = website.officer("quang")
    browser.get("/phe-duyet")
    assert "Không có bản tin nào chờ phê duyệt." in browser.seen
    browser.get(f"/phe-duyet/{announcement}")
    assert "Chưa đặt nơi và giờ. Phê duyệt là phê duyệt cả nơi và giờ: đặt xong mới phê duyệt được." in browser.seen
    assert f'action="/phe-duyet/{announcement}"' not in browser.page
    assert _forge_approval(website, browser, announcement) == 422


def _forge_approval(website: Website, browser: Browser, announcement: str) -> int:
    """Send the form that the page doesn't show, as it would be right, with the session's valid token."""
    fields = {
        "csrf": browser.page.split('name="csrf" value="')[1].split('"')[0],
        "once": new_token(),
        "tep": website.commune.row(announcement).clip,
        "ban-ke": manifests_waiting(website.commune, announcement),
    }
    status: int = browser.client.post(f"/phe-duyet/{announcement}", data=fields).status_code
    return status


def test_a_waiting_schedule_is_listed_once_with_its_recurrence(website: Website) -> None:
    commune = website.commune
    announcement = commune.announcement(title="Thời tiết")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        order = ScheduleOrder(
            announcement,
            (commune.areas["ấp 1"],),
            (),
            datetime.fromisoformat("2026-11-24T05:00:00"),
            "Asia/Ho_Chi_Minh",
            "FREQ=DAILY",
        )
        add_schedule(session, commune.now, commune.officers["tham"], order)
    browser = website.officer("quang")
    recurrence = "phát ở ấp 1, 05:00 hằng ngày, từ 24/11/2026, mỗi lượt dài 1 giây."
    browser.get("/phe-duyet")
    assert browser.seen.count("phát ở") == 1
    assert recurrence in browser.seen
    browser.get(f"/phe-duyet/{announcement}")
    assert browser.seen.count("phát ở") == 1
    assert recurrence in browser.seen
    browser.get(f"/phe-duyet/{announcement}/tra-lai")
    assert recurrence in browser.seen
    browser.get(f"/phe-duyet/{announcement}")
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    assert "Sau đó còn 13 lượt theo lịch." in browser.seen


@pytest.mark.parametrize(
    ("starts_in_s", "more", "until"),
    [
        (900, {}, "18:15"),
        (900, {"expires_at": MONDAY + timedelta(hours=3)}, "20:00"),
        (900, {"latest_start": MONDAY + timedelta(hours=2)}, "19:10"),
        # A speaker has an hour from the approval on, for which there are ten minutes.
        (None, {}, "18:10"),
    ],
)
def test_an_approver_reads_until_when_a_speaker_may_still_begin_an_emergency(
    website: Website, starts_in_s: float | None, more: dict[str, Any], until: str
) -> None:
    commune = website.commune
    announcement = commune.announcement("emergency")
    commune.order(announcement, "ấp 1", starts_in_s=starts_in_s, **more)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert f"mỗi lượt dài 1 giây. Đến {until} hôm nay chưa bắt đầu được thì không phát. 2 cụm loa" in browser.seen


def test_an_approver_reads_how_long_each_emergency_of_a_schedule_may_be_late(website: Website) -> None:
    announcement = _submitted_schedule(website, "2026-11-24T05:00", bulletin_class="emergency")
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert "mỗi lượt dài 1 giây. Trễ quá 1 giờ thì không phát lượt đó. 2 cụm loa" in browser.seen


def test_the_approver_reads_the_name_of_each_single_speaker(website: Website) -> None:
    commune = website.commune
    names = [f"Cụm Hẻm {n}" for n in range(1, 9)]
    with commune.writing() as session:
        for n, name in enumerate(names):
            admit_speaker(session, commune.now, None, speaker=f"hem-{n}", name=name, area=commune.areas["ấp 2"])
    announcement = commune.announcement(title="Họp dân")
    commune.order(announcement, starts_in_s=900, speakers=tuple(f"hem-{n}" for n in range(8)))
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    browser = website.officer("quang")
    for page in ("/phe-duyet", f"/phe-duyet/{announcement}"):
        browser.get(page)
        assert "phát ở 8 nơi kể sau đây, 17:15 hôm nay" in browser.seen
        assert re.search("[Nn]ơi phát:? " + "[;,]? ".join(names[:-1]) + "(;| và)? Cụm Hẻm 8", browser.seen)


def test_places_of_one_name_are_told_apart_by_what_they_lie_in(website: Website) -> None:
    commune = website.commune
    with commune.writing() as session:
        other = add_area(session, commune.now, None, name="Xã Phú Hòa", kind="xã", parent=None)
        hamlet = add_area(session, commune.now, None, name="ấp 1", kind="ấp", parent=other.area)
        for speaker, name, area in (
            ("cho-1", "Cụm Chợ", commune.areas["ấp 2"]),
            ("cho-2", "Cụm Chợ", other.area),
            ("cho-3", "Cụm Chợ", other.area),
            ("dinh", "Cụm Đình", other.area),
        ):
            admit_speaker(session, commune.now, None, speaker=speaker, name=name, area=area)
    commune.areas["ấp 1 kia"] = hamlet.area
    announcement = commune.announcement(title="Họp dân")
    commune.order(announcement, "ấp 1", "ấp 1 kia", starts_in_s=900, speakers=("cho-1", "cho-2", "dinh"))
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert (
        "phát ở ấp 1 (xã Phú Hòa), ấp 1 (xã Phú Lâm), Cụm Chợ (xã Phú Hòa, cho-2), Cụm Chợ (ấp 2) và Cụm Đình, 17:15"
        in browser.seen
    )


def test_a_name_keeps_its_capital_inside_a_sentence(website: Website) -> None:
    """“Ấp 3” is “ấp 3” there; a name that doesn't begin with its kind isn't changed."""
    with website.commune.writing() as session:
        area = session.get_one(Area, website.commune.areas["ấp 2"])
        area.name = "Tân Lập"
        session.add(area)
    announcement = website.commune.announcement()
    website.make_sounds()
    website.commune.order(announcement, "ấp 2", starts_in_s=900)
    with website.commune.writing() as session:
        submit_announcement(session, website.commune.now, website.commune.officers["tham"], announcement, [])
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert "ở Tân Lập" in browser.seen
    assert "tân Lập" not in browser.seen


def test_each_who_may_not_approve_is_told_the_true_reason(website: Website) -> None:
    """Wrote it, has approved it, is an approver of a part of its places, or of none."""
    commune = website.commune
    with commune.writing() as session:
        area = session.get_one(Area, commune.areas["xã"])
        area.approval_policy = {"two_for_whole": True}
        session.add(area)
    commune.officer("ap1", "approver", "ấp 1")
    announcement = commune.announcement(title="Họp dân")
    commune.order(announcement, "xã", starts_in_s=900)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    approver = website.officer("quang")
    approver.get(f"/phe-duyet/{announcement}")
    approver.follow(approver.send(f"/phe-duyet/{announcement}"))
    for username, said in (
        ("tham", "Chị, anh soạn hoặc đặt lượt này nên không tự phê duyệt được. Nhờ người thứ hai nghe và phê duyệt."),
        ("quang", "Chị, anh đã phê duyệt lượt này. Địa bàn này quy định hai người phê duyệt; còn chờ người thứ hai."),
        (
            "ap1",
            "Lượt này phát cả ở nơi chị, anh không phụ trách. "
            "Người phê duyệt phụ trách mọi nơi phát của lượt này mới phê duyệt được.",
        ),
        ("editor", "Tài khoản này không có quyền phê duyệt. Người phê duyệt là lãnh đạo xã."),
    ):
        browser = website.officer(username)
        browser.get(f"/phe-duyet/{announcement}")
        assert said in browser.seen, username
        assert 'class="decide"' not in browser.page


def test_of_several_orders_each_says_why_it_can_not_be_approved(website: Website) -> None:
    commune = website.commune
    commune.in_charge_of("quang", "ấp 1")
    announcement = commune.announcement(title="Họp dân")
    for area in ("ấp 1", "ấp 2"):
        commune.order(announcement, area, starts_in_s=900)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert browser.seen.count("Lượt này phát cả ở nơi chị, anh không phụ trách.") == 1
    assert "Trả lại…" not in browser.seen, "giving back would refuse the other hamlet's order too"
    browser.follow(browser.send(f"/phe-duyet/{announcement}"))
    assert len(_planned(website)) == 1
    browser.get(f"/phe-duyet/{announcement}/tra-lai")
    assert "Chị, anh không trả lại được bản tin này." in browser.seen


def test_a_submission_without_an_order_is_given_back_by_who_is_in_charge_of_its_area_alone(website: Website) -> None:
    announcement = _submitted(website, ordered_by=None)
    website.commune.officer("ap1", "approver", "ấp 1")
    page = f"/phe-duyet/{announcement}/tra-lai"
    hamlets = website.officer("ap1")
    hamlets.get(page)
    assert "Chị, anh không trả lại được bản tin này." in hamlets.seen
    csrf = hamlets.page.split('name="csrf" value="')[1].split('"')[0]
    assert hamlets.client.post(page, data={"csrf": csrf, "vi-sao": "Sai."}).status_code == 403
    browser = website.officer("quang")
    browser.get(page)
    browser.follow(browser.send(page, {"vi-sao": "Sai ngày."}))


def test_the_approver_sees_the_week_with_the_order_among_what_is_planned_there(website: Website) -> None:
    commune = website.commune
    planned = commune.approved(title="Tin đã đặt")
    commune.order(planned, "xã", starts_in_s=3_600)
    commune.order(planned, "ấp 2", starts_in_s=4_000)
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    week = browser.page.split('class="week-drawn"')[1].split("</section>")[0]
    assert "Hôm nay" in week
    own, *others = week.split('<div class="own">')[1].split('<div class="">')
    assert "Họp dân ấp 1" in own
    assert "17:15" in own
    assert "Chờ phê duyệt" in own
    assert ["Tin đã đặt" in each for each in others] == [True], "what sounds in ấp 2 alone isn't heard there"


def test_a_schedule_is_drawn_on_each_of_its_days(website: Website) -> None:
    commune = website.commune
    announcement = commune.announcement(title="Thời tiết")
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        first = datetime.fromisoformat("2026-11-24T05:00:00")
        places = (commune.areas["ấp 1"],)
        order = ScheduleOrder(announcement, places, (), first, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
        add_schedule(session, commune.now, commune.officers["tham"], order)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert browser.page.count('<div class="own">') == 6, "tomorrow and five days more"
    assert "Ngày mai" in browser.seen


def _submitted_schedule(
    website: Website,
    first_start: str,
    time_zone: str = "Asia/Ho_Chi_Minh",
    bulletin_class: BulletinClass = "normal",
    **more: Any,
) -> str:
    """Hand in an announcement with a daily schedule for ấp 1; returns its id."""
    commune = website.commune
    announcement = commune.announcement(bulletin_class, title="Thời tiết")
    first = datetime.fromisoformat(first_start)
    places = (commune.areas["ấp 1"],)
    order = ScheduleOrder(announcement, places, (), first, time_zone, "FREQ=DAILY", **more)
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        add_schedule(session, commune.now, commune.officers["tham"], order)
    return announcement


def test_a_schedule_in_the_hours_of_another_zone_says_so_and_when_it_sounds_here(website: Website) -> None:
    announcement = _submitted_schedule(website, "2026-12-02T11:00", "America/Los_Angeles")
    browser = website.officer("quang")
    says = (
        "phát ở ấp 1, 11:00 hằng ngày theo giờ America/Los_Angeles, từ 02/12/2026; "
        "lượt tới 02:00, thứ Năm 03/12/2026 giờ ở đây, mỗi lượt dài 1 giây."
    )
    for page in ("/phe-duyet", f"/phe-duyet/{announcement}", f"/phe-duyet/{announcement}/tra-lai"):
        browser.get(page)
        assert says in browser.seen
    editor = website.officer()
    editor.get("/lich")
    assert "11:00 hằng ngày theo giờ America/Los_Angeles" in editor.seen


def test_the_drawn_week_of_a_schedule_begins_with_its_next_occurrence(website: Website) -> None:
    announcement = _submitted_schedule(website, "2026-12-02T05:00", exception_dates=(date(2026, 12, 2),))
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    week = browser.page.split('class="week-drawn"')[1].split("</section>")[0]
    assert "Tuần từ 03/12/2026 ở đó" in week
    assert re.findall("<h3>(.*?)</h3>", week)[0] == "Thứ Năm 03/12"
    assert week.count('<div class="own">') == 7


def test_what_a_later_week_of_a_schedule_meets_is_told(website: Website) -> None:
    commune = website.commune
    other = commune.approved(title="Tin đã đặt")
    commune.order(other, "ấp 1", starts_in_s=10 * 86_400 + 12 * 3_600)
    announcement = _submitted_schedule(website, "2026-12-02T05:00")
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert "Trùng giờ với: 05:00 thứ Sáu 04/12 “Tin đã đặt”." in browser.seen


def test_days_left_out_are_named(website: Website) -> None:
    days = tuple(date(2026, 12, day) for day in (5, 7, 8, 9, 10, 20))
    announcement = _submitted_schedule(website, "2026-12-02T05:00", exception_dates=days)
    browser = website.officer("quang")
    browser.get(f"/phe-duyet/{announcement}")
    assert ", trừ 05/12/2026, 07/12/2026–10/12/2026 và 20/12/2026, mỗi lượt" in browser.seen


def test_approving_takes_three_touches_with_the_sound_the_sentence_and_the_week_in_view(website: Website) -> None:
    announcement = _submitted(website)
    browser = website.officer("quang")
    browser.get("/")
    [link] = {each.split('"')[0] for each in browser.page.split('href="') if each.startswith("/phe-duyet/")}
    assert link == f"/phe-duyet/{announcement}", "1: the link"
    browser.get(link)
    in_view = re.sub(r"(?s)<details.*?</details>", "", browser.page.split("<main")[1])
    assert "<audio controls" in in_view, "2: the sound"
    assert "phát ở ấp 1, 17:15 hôm nay" in in_view
    assert 'class="week-drawn"' in in_view
    browser.follow(browser.send(link))  # 3: the button, with nothing to fill in
    assert "Đã phê duyệt lúc 17:00" in browser.seen
