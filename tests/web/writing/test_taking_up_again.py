"""Taking up an earlier announcement or a template: a new draft with the same words."""

from controller.database.tables import Announcement
from tests.web.conftest import Browser, Website


def _again(browser: Browser, announcement: str) -> str:
    answer = browser.send(f"/ban-tin/{announcement}/dung-lai")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).split("/")[2]


def _said(row: Announcement) -> tuple[object, ...]:
    return row.title, row.text, row.bulletin_class, row.voice, row.speed, row.recording


def test_an_approved_announcement_is_taken_up_again_as_a_draft_of_the_officer_who_does_it(website: Website) -> None:
    earlier = website.commune.approved("priority", title="Cắt nước", voice="south", speed=0.85)
    website.commune.order(earlier, "ấp 1", starts_in_s=900)
    browser = website.officer("editor")
    browser.get(f"/ban-tin/{earlier}")
    fresh = _again(browser, earlier)
    assert _again(browser, earlier) == fresh, "pressed twice, it is one"
    assert fresh != earlier
    row = website.commune.row(fresh)
    assert _said(row) == _said(website.commune.row(earlier))
    assert row.author == website.commune.officers["editor"].officer
    browser.get(f"/ban-tin/{fresh}")
    assert "Nháp" in browser.seen
    browser.get(f"/ban-tin/{earlier}")
    assert "phê duyệt lúc" in browser.seen, "the earlier one stays what it is"


def test_a_recorded_voice_is_taken_up_too(website: Website) -> None:
    earlier = website.commune.approved()
    with website.commune.writing() as session:
        session.get_one(Announcement, earlier).recording = "ab" * 32
    browser = website.officer()
    browser.get(f"/ban-tin/{earlier}")
    assert website.commune.row(_again(browser, earlier)).recording == "ab" * 32


def test_templates_are_offered_for_a_new_announcement(website: Website) -> None:
    text = website.commune.approved(title="Nhắc nộp thuế")
    website.commune.order(text, "ấp 1", starts_in_s=900)
    browser = website.officer()
    browser.get("/ban-tin/moi")
    assert "Bắt đầu từ mẫu" not in browser.seen
    browser.get(f"/ban-tin/{text}")
    browser.follow(browser.send(f"/ban-tin/{text}/mau"))
    assert "Đang là mẫu." in browser.seen
    assert website.commune.row(text).version == 1, "its approval stands"
    browser.get("/ban-tin")
    assert "Nhắc nộp thuế Mẫu" in browser.seen
    editor = website.officer("editor")
    editor.get("/ban-tin/moi")
    assert "Bắt đầu từ mẫu Nhắc nộp thuế" in editor.seen
    first = _again(editor, text)
    editor.get("/ban-tin/moi")
    assert _again(editor, text) != first, "each time a new one"
    browser.get(f"/ban-tin/{text}")
    browser.follow(browser.send(f"/ban-tin/{text}/mau"))
    editor.get("/ban-tin/moi")
    assert "Bắt đầu từ mẫu" not in editor.seen
    browser.get("/nhat-ky")
    assert "Dùng bản tin làm mẫu" in browser.seen
    assert "Thôi dùng bản tin làm mẫu" in browser.seen


def test_an_unknown_announcement_cannot_be_taken_up(website: Website) -> None:
    announcement = website.commune.announcement()
    browser = website.officer()
    browser.get(f"/ban-tin/{announcement}")
    csrf = browser.page.partition('name="csrf" value="')[2].partition('"')[0]
    answer = browser.client.post("/ban-tin/khong-co/dung-lai", data={"csrf": csrf, "once": "x" * 20})
    assert answer.status_code == 404
    assert browser.client.post("/ban-tin/khong-co/mau", data={"csrf": csrf, "mau": "1"}).status_code == 404
