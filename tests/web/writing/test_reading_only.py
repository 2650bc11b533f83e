"""Whoever isn't in charge of an announcement's area reads and hears it, copies it, and orders what was handed in."""

from sqlmodel import select

from controller.announcements.drafts import change_announcement
from controller.database.tables import Broadcast
from tests.people import Commune
from tests.web.conftest import Website


def _draft_after_approval(commune: Commune) -> str:
    """The commune's announcement, approved once; a newer draft follows."""
    announcement = commune.approved(title="Lịch tiêm")
    commune.order(announcement, "xã", starts_in_s=900)
    with commune.writing() as session:
        row = change_announcement(
            session, commune.now, commune.officers["tham"], announcement, {"title": "Lịch tiêm mới", "text": "Lời mới."}
        )
        commune.give_sound(session, row, b"OggS other words")
    return announcement


def test_an_editor_of_a_hamlet_reads_the_communes_announcement_without_its_form(website: Website) -> None:
    commune = website.commune
    announcement = commune.approved(title="Họp dân")
    commune.in_charge_of("editor", "ấp 1")
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}")
    assert "Bản tin của cả đài: biên tập phụ trách nơi đó mới sửa được." in browser.seen
    assert 'id="soan"' not in browser.page
    assert f'data-sound="/api/v1/announcements/{announcement}/audio"' in browser.page
    copied = browser.send(f"/ban-tin/{announcement}/dung-lai")
    assert copied.status_code == 303
    copy = website.commune.row(copied.headers["location"].split("/")[2])
    assert (copy.area, copy.title) == (commune.areas["ấp 1"], "Họp dân")
    browser.get(copied.headers["location"])
    assert 'id="soan"' in browser.page, "the copy is the editor's own"


def test_a_viewer_reads_and_is_told_who_may_change(website: Website) -> None:
    announcement = website.commune.announcement(title="Họp dân", area=website.commune.areas["ấp 2"])
    website.commune.officer("viewer", "viewer")
    browser = website.officer("viewer")
    browser.get(f"/ban-tin/{announcement}")
    assert "Tài khoản này chỉ xem. Biên tập phụ trách ấp 2 sửa được." in browser.seen
    assert "dung-lai" not in browser.page
    assert "/phat" not in browser.page.replace("/phat-ngay", "")


def test_a_hamlet_orders_the_approved_text_while_the_commune_writes_a_newer_draft(website: Website) -> None:
    commune = website.commune
    announcement = _draft_after_approval(commune)
    commune.in_charge_of("editor", "ấp 1")
    browser = website.officer("editor")
    choices = f"dia-ban={commune.areas['ấp 1']}&khi=gio-dinh&ngay=23/11/2026&gio=18:00&lan=1"
    browser.get(f"/ban-tin/{announcement}/phat?{choices}")
    assert "Lịch tiêm mới" not in browser.seen
    browser.get(f"/ban-tin/{announcement}/kiem-tra?{choices}")
    assert "Lịch tiêm (bản 1, đã phê duyệt; bản mới đang được sửa, chưa gửi)" in browser.seen
    assert "Lời đã được phê duyệt; nơi và giờ này chưa" in browser.seen
    answer = browser.send(f"/ban-tin/{announcement}/kiem-tra")
    assert answer.status_code == 303, answer.text
    with website.office.database.reading() as session:
        row = session.exec(select(Broadcast).where(Broadcast.created_by == commune.officers["editor"].officer)).one()
    assert row.title == "Lịch tiêm"
    assert commune.row(announcement).version == 2, "the draft stays a draft"
    approver = website.officer("quang")
    approver.get(f"/phe-duyet/{announcement}")
    approver.follow(approver.send(f"/phe-duyet/{announcement}"))
    with website.office.database.reading() as session:
        assert session.get_one(Broadcast, row.broadcast).planned_at is not None


def test_a_draft_that_nobody_handed_in_is_not_offered_to_order_elsewhere(website: Website) -> None:
    commune = website.commune
    announcement = commune.announcement(title="Nháp của xã")
    commune.in_charge_of("editor", "ấp 1")
    browser = website.officer("editor")
    for page in ("phat", "kiem-tra"):
        answer = browser.client.get(f"/ban-tin/{announcement}/{page}?dia-ban={commune.areas['ấp 1']}&gio=18:00")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/ban-tin/{announcement}")
