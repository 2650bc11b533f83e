"""Standing texts on the pages: handed in, approved by a second person, set off by one, reviewed by another, ended."""

from sqlmodel import col, select

from controller.announcements.drafts import change_announcement
from controller.database.tables import Broadcast, StandingText
from controller.planning.submission import submit_announcement
from tests.web.conftest import Browser, Website

ASKED = {"gio": "06:00–20:00", "so-lan": "2", "ngay": "30/11/2026", "lan": "1"}


def _ask(website: Website, browser: Browser, announcement: str, **more: str) -> None:
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    fields = {"dia-ban": website.commune.areas["ấp 1"], **ASKED, **more}
    browser.follow(browser.send(f"/ban-tin/{announcement}/phat-ngay", fields))


def _flood(website: Website) -> str:
    announcement = website.commune.approved("emergency", title="Lũ lên")
    website.commune.approvers.clear()
    return announcement


def test_a_text_is_handed_in_approved_set_off_by_one_and_reviewed_by_another(website: Website) -> None:
    announcement = _flood(website)
    editor = website.officer("editor")
    _ask(website, editor, announcement)
    assert (
        "Khẩn cấp: phát ở ấp 1, khi một người phê duyệt cho phát, trong giờ 06:00–20:00, nhiều nhất 2 lượt, "
        "đến 00:00, thứ Ba 01/12/2026" in editor.seen
    )
    assert "Chờ phê duyệt" in editor.seen
    approver = website.officer("quang")
    approver.get(f"/phe-duyet/{announcement}")
    assert "khi một người phê duyệt cho phát" in approver.seen
    approver.follow(approver.send(f"/phe-duyet/{announcement}"))
    approver.get(f"/ban-tin/{announcement}/phat-ngay")
    assert "Lê Minh Quang phê duyệt lúc 17:00 hôm nay Đã phát 0 lượt, trong nhiều nhất 2 lượt." in approver.seen
    path = approver.page.split('href="')[1:]
    [check] = {each.split('"')[0].replace("&amp;", "&") for each in path if "kiem-tra" in each}
    approver.get(check)
    assert "Phát khẩn cấp ngay ở ấp 1" in approver.seen
    assert "Bấm nút là phát ngay, không chờ ai; người thứ hai sẽ xem lại sau." in approver.seen
    approver.follow(approver.send(f"/ban-tin/{announcement}/kiem-tra"))
    with website.office.database.reading() as session:
        row = session.exec(select(Broadcast).where(col(Broadcast.set_off_by).is_not(None))).one()
    assert row.planned_at is not None
    reviewer = website.officer("tham")
    reviewer.get("/")
    assert "Cần người thứ hai xem lại: Lũ lên" in reviewer.seen
    reviewer.get(f"/luot-phat/{row.broadcast}")
    reviewer.follow(reviewer.send(f"/luot-phat/{row.broadcast}/xem-lai"))
    assert "Nguyễn Thị Hồng Thắm đã xem lại" in reviewer.seen


def test_it_is_set_off_as_it_was_approved_also_while_a_newer_draft_is_written(website: Website) -> None:
    commune = website.commune
    announcement = _flood(website)
    commune.standing_text(announcement, "ấp 1")
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"title": "Lũ rút"})
        commune.give_sound(session, row, b"OggS other")
    browser = website.officer("quang")
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    check = next(each.split('"')[0] for each in browser.page.split('href="') if "kiem-tra" in each.split('"')[0])
    browser.get(check.replace("&amp;", "&"))
    assert "Bấm nút là phát ngay, không chờ ai" in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/kiem-tra"))
    with website.office.database.reading() as session:
        assert [each.title for each in session.exec(select(Broadcast)).all()] == ["Lũ lên"]
    assert commune.row(announcement).version == 2


def test_it_is_set_off_as_it_was_approved_also_while_a_newer_version_waits_for_approval(website: Website) -> None:
    commune = website.commune
    announcement = _flood(website)
    commune.standing_text(announcement, "ấp 1")
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["editor"], announcement, {"title": "Lũ rút"})
        commune.give_sound(session, row, b"OggS other")
        submit_announcement(session, commune.now, commune.officers["editor"], announcement, [])
    browser = website.officer("quang")
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    check = next(each.split('"')[0] for each in browser.page.split('href="') if "kiem-tra" in each.split('"')[0])
    browser.get(check.replace("&amp;", "&"))
    assert "Bấm nút là phát ngay, không chờ ai" in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/kiem-tra"))
    with website.office.database.reading() as session:
        rows = session.exec(select(Broadcast)).all()
    assert [(each.title, each.set_off_by) for each in rows] == [("Lũ lên", commune.officers["quang"].officer)]


def test_what_is_typed_wrongly_is_said_at_its_field_and_kept(website: Website) -> None:
    announcement = _flood(website)
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    here = website.commune.areas["ấp 1"]
    for wrong, said in (
        ({"dia-ban": []}, "Chọn ít nhất một nơi."),
        ({"gio": "sáng"}, "Viết như 21:30–05:00"),
        ({"so-lan": "0"}, "Ghi một số từ 1 đến 100."),
        ({"ngay": "22/11/2026"}, ""),
        ({"ngay": "30/12/2028"}, ""),
    ):
        answer = browser.send(f"/ban-tin/{announcement}/phat-ngay", {"dia-ban": here, **ASKED, **wrong})
        assert answer.status_code == 422, wrong
        assert said in answer.text
        assert 'class="error"' in answer.text
    with website.office.database.reading() as session:
        assert session.exec(select(StandingText)).all() == []


def test_it_is_ended_and_nobody_sets_it_off_any_more(website: Website) -> None:
    announcement = _flood(website)
    standing = website.commune.standing_text(announcement, "ấp 1")
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    assert "Phát ngay…" not in browser.seen, "an editor doesn't set it off"
    assert "Người phê duyệt phụ trách mọi nơi ở đây bấm phát được." in browser.seen
    browser.follow(browser.send(f"/ban-tin/{announcement}/phat-ngay/{standing}/thoi"))
    assert "Bản tin này chưa được phê duyệt trước để phát ngay." in browser.seen


def test_a_draft_has_to_be_handed_in_first(website: Website) -> None:
    announcement = website.commune.announcement("emergency")
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/phat-ngay")
    assert "Gửi bản tin phê duyệt trước, rồi mới xin phê duyệt để phát ngay được." in browser.seen
