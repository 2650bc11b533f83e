"""Who approved a broadcast and what, on its page; and one that was set off alone is reviewed by another approver."""

import pytest

from controller.places.areas import change_area
from controller.planning.approvals import approve
from tests.people import Commune, manifests_waiting
from tests.web.conftest import Browser, Website


def _two_approvers(commune: Commune) -> None:
    """The commune wants two for an order to the whole of it, and the editor approves too."""
    with commune.writing() as session:
        commune.officers["editor"].role = "approver"
        session.add(commune.officers["editor"])
        tham = commune.officers["tham"]
        change_area(session, commune.now, tham, commune.areas["xã"], {"approval_policy": {"two_for_whole": True}})


def test_the_page_says_who_approved_when_and_what(website: Website) -> None:
    row = website.commune.order(website.commune.approved(title="Họp dân"), "ấp 1", starts_in_s=900)
    browser = website.officer("editor")
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "Phê duyệt: Lê Minh Quang lúc 17:00 hôm nay." in browser.seen
    assert "Xem điều đã phê duyệt Thông thường: phát ở ấp 1, 17:15 hôm nay, thứ Hai 23/11/2026" in browser.seen
    assert str(row.manifest) in browser.seen
    assert f"/ban-tin/{row.announcement}/cac-ban#ban-1" in browser.page


def test_both_stand_there_where_two_approved(website: Website) -> None:
    commune = website.commune
    _two_approvers(commune)
    announcement = commune.approved()
    del commune.approvers[announcement]
    row = commune.order(announcement, "xã", starts_in_s=900, by="tham")
    [asked] = manifests_waiting(commune, announcement)
    browser = website.officer()
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "Xem điều cần phê duyệt" in browser.seen
    assert "Phê duyệt: " not in browser.seen
    for approver in ("quang", "editor"):
        with commune.writing() as session:
            approve(session, commune.now, commune.officers[approver], [asked])
        browser.get(f"/luot-phat/{row.broadcast}")
        if approver == "quang":
            assert "Phê duyệt: Lê Minh Quang lúc 17:00 hôm nay. Còn chờ người thứ hai." in browser.seen
        website.later(seconds=60)
    assert "Phê duyệt: Lê Minh Quang lúc 17:00 hôm nay; Biên tập lúc 17:01 hôm nay." in browser.seen


def test_a_draft_has_nothing_to_approve_yet(website: Website) -> None:
    row = website.commune.order(website.commune.announcement(), "ấp 1", starts_in_s=900)
    browser = website.officer()
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "Bản kê" not in browser.seen


def test_what_follows_a_broadcast_says_the_approval_too(website: Website) -> None:
    row = website.commune.order(website.commune.approved(), "ấp 1", starts_in_s=900)
    assert 'id="phe-duyet"' in website.officer().get(f"/phan/luot-phat/{row.broadcast}")


@pytest.fixture
def alone(website: Website) -> str:
    """A broadcast that Thắm set off alone by a text that Quang had approved."""
    announcement = website.commune.approved("emergency", title="Lũ về")
    website.commune.standing_text(announcement, "ấp 1")
    return website.commune.set_off(announcement, "ấp 1", by="tham").broadcast


def _todo(browser: Browser) -> str:
    browser.get("/")
    return browser.seen


def test_every_other_approver_in_charge_is_asked_to_review_it(website: Website, alone: str) -> None:
    browser = website.officer("quang")
    said = (
        "Cần người thứ hai xem lại: Lũ về Nguyễn Thị Hồng Thắm cho phát lúc 17:00 hôm nay bằng lời đã phê duyệt trước, "
        "ở ấp 1. Xem lại"
    )
    assert said in _todo(browser)
    browser.get(f"/luot-phat/{alone}")
    assert "Nguyễn Thị Hồng Thắm cho phát lúc 17:00 hôm nay bằng lời đã phê duyệt trước" in browser.seen
    assert "Lời được phê duyệt trước bởi Lê Minh Quang lúc 17:00 hôm nay." in browser.seen
    website.later(seconds=120)
    browser.follow(browser.send(f"/luot-phat/{alone}/xem-lai"))
    assert "Lê Minh Quang đã xem lại lúc 17:02 hôm nay." in browser.seen
    assert f"/luot-phat/{alone}/xem-lai" not in browser.page
    assert "Cần người thứ hai xem lại" not in _todo(browser)


def test_who_set_it_off_is_told_to_ask_another(website: Website, alone: str) -> None:
    browser = website.officer("tham")
    assert "Nhờ người phê duyệt khác xem lại. Xem" in _todo(browser)
    browser.get(f"/luot-phat/{alone}")
    assert "Người phê duyệt khác ở đây sẽ xem lại." in browser.seen
    token = browser.page.split('name="csrf" value="')[1].split('"')[0]
    assert browser.client.post(f"/luot-phat/{alone}/xem-lai", data={"csrf": token}).status_code == 403
    assert "Cần người thứ hai xem lại" in _todo(browser)


@pytest.mark.parametrize(("who", "area"), [("editor", None), ("quang", "ấp 2")])
def test_whoever_may_not_review_it_is_not_asked(website: Website, alone: str, who: str, area: str | None) -> None:
    if area:
        website.commune.in_charge_of(who, area)
    browser = website.officer(who)
    assert "Cần người thứ hai xem lại" not in _todo(browser)
    browser.get(f"/luot-phat/{alone}")
    assert f'action="/luot-phat/{alone}/xem-lai"' not in browser.page
    browser.get("/im-lang")
    token = browser.page.split('name="csrf" value="')[1].split('"')[0]
    assert browser.client.post(f"/luot-phat/{alone}/xem-lai", data={"csrf": token}).status_code == 403


def test_a_review_twice_keeps_the_first(website: Website, alone: str) -> None:
    with website.commune.writing() as session:
        website.commune.officers["editor"].role = "approver"
        session.add(website.commune.officers["editor"])
    first, second = website.officer("quang"), website.officer("editor")
    for browser in (first, second):
        browser.get(f"/luot-phat/{alone}")
    first.send(f"/luot-phat/{alone}/xem-lai")
    second.follow(second.send(f"/luot-phat/{alone}/xem-lai"))
    assert "Lê Minh Quang đã xem lại" in second.seen


def test_an_ordinary_broadcast_has_nothing_to_review(website: Website) -> None:
    row = website.commune.order(website.commune.approved(), "ấp 1", starts_in_s=900)
    browser = website.officer("quang")
    browser.get(f"/luot-phat/{row.broadcast}")
    assert "xem-lai" not in browser.page
    browser.get("/im-lang")
    token = browser.page.split('name="csrf" value="')[1].split('"')[0]
    assert browser.client.post(f"/luot-phat/{row.broadcast}/xem-lai", data={"csrf": token}).status_code == 409
