"""The versions of an announcement: what each changed, which one is approved, and taking up an earlier one."""

from audio.sound.opus import encode
from controller.announcements.drafts import change_announcement
from controller.planning.submission import submit_announcement
from tests.people import Commune
from tests.web.conftest import Website


def _three_versions(commune: Commune) -> str:
    """The first is approved and planned, the second only written, the third handed in."""
    announcement = commune.approved(title="Họp dân", text="Mời bà con họp lúc 19 giờ tại nhà văn hóa.")
    commune.order(announcement, "ấp 1", starts_in_s=90_000)
    commune.later(minutes=5)
    editor = commune.officers["editor"]
    with commune.writing() as session:
        change_announcement(
            session, commune.now, editor, announcement, {"text": "Mời bà con họp lúc 20 giờ tại nhà văn hóa."}
        )
    commune.later(minutes=5)
    with commune.writing() as session:
        row = change_announcement(session, commune.now, editor, announcement, {"voice": "south", "title": "Họp ấp"})
        commune.give_sound(session, row, encode(b"\x01\x30" * 4_800))
        submit_announcement(session, commune.now, editor, announcement, [])
    return announcement


def test_each_version_says_what_it_changed_by_whom_and_when(website: Website) -> None:
    announcement = _three_versions(website.commune)
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    assert f'href="/ban-tin/{announcement}/cac-ban"' in browser.page
    browser.get(f"/ban-tin/{announcement}/cac-ban")
    third, second, first = browser.page.split('<li id="ban-')[1:]
    assert "Biên tập, 17:10 hôm nay" in third
    assert "Giọng đọc: Giọng miền Bắc → Giọng miền Nam" in third
    assert "Đã gửi, chờ phê duyệt" in third
    assert '<del><span class="unseen">trước: </span>dân</del>' in third
    assert '<del><span class="unseen">trước: </span>19</del>' in second
    assert '<ins><span class="unseen">nay: </span>20</ins>' in second
    assert "Lê Minh Quang phê duyệt lúc 17:00 hôm nay" in first
    assert "Còn 1 lượt đã đặt phát bản này." in first
    assert "Bản đầu tiên." in first


def test_an_earlier_version_is_taken_up_again_and_asks_approval(website: Website) -> None:
    announcement = _three_versions(website.commune)
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/cac-ban")
    browser.follow(browser.send(f"/ban-tin/{announcement}/cac-ban/1/dung-lai"))
    row = website.commune.row(announcement)
    assert (row.version, row.text, row.voice) == (4, "Mời bà con họp lúc 19 giờ tại nhà văn hóa.", "north")
    assert "Nháp" in browser.seen


def test_taking_up_is_refused_where_the_announcement_changed_meanwhile(website: Website) -> None:
    announcement = _three_versions(website.commune)
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}/cac-ban")
    page = browser.page
    editor = website.commune.officers["editor"]
    with website.commune.writing() as session:
        change_announcement(session, website.commune.now, editor, announcement, {"title": "Tên khác"})
    browser.page = page
    answer = browser.send(f"/ban-tin/{announcement}/cac-ban/1/dung-lai")
    assert answer.status_code == 409
    assert website.commune.row(announcement).version == 4
    assert browser.send(f"/ban-tin/{announcement}/cac-ban/1/dung-lai", {"ban": "x"}).status_code == 422


def test_a_version_number_that_no_database_keeps_is_refused(website: Website) -> None:
    announcement = website.commune.announcement()
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    csrf = browser.page.split('name="csrf" value="')[1].split('"')[0]
    for number in ("0", str(2**63), "9" * 30):
        path = f"/ban-tin/{announcement}/cac-ban/{number}/dung-lai"
        assert browser.client.post(path, data={"csrf": csrf, "once": "a", "ban": "1"}).status_code in (404, 422)


def test_who_is_not_in_charge_reads_the_versions_alone(website: Website) -> None:
    announcement = _three_versions(website.commune)
    website.commune.in_charge_of("editor", "ấp 1")
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{announcement}/cac-ban")
    assert "Bản 3" in browser.seen
    assert "Dùng lại bản này" not in browser.seen
    assert "Biên tập phụ trách địa bàn của bản tin này mới dùng lại bản cũ được." in browser.seen
