"""“Ủy quyền phê duyệt”: an approver names a deputy, both are reminded on every page, and either ends it."""

from controller.words.translation import speaking
from tests.web.conftest import Browser, Website

SAYS = "Biên tập sẽ phê duyệt thay Lê Minh Quang từ 17:00 ngày mai đến hết thứ Sáu 27/11/2026."


def _name(website: Website, browser: Browser, deputy: str, day: str = "27/11/2026") -> None:
    browser.get("/uy-quyen")
    fields = {"can-bo": website.commune.officers[deputy].officer, "ngay": day}
    browser.follow(browser.send("/uy-quyen", fields))


def _button(page: str, deed: str) -> str:
    """The address of the first form that ends so; empty: there is none."""
    return next((each.split('"')[0] for each in page.split('action="')[1:] if each.split('"')[0].endswith(deed)), "")


def test_both_are_reminded_on_every_page_until_it_ends_by_itself(website: Website) -> None:
    quang, editor = website.officer("quang"), website.officer("editor")
    _name(website, quang, "tham")
    says = "Nguyễn Thị Hồng Thắm phê duyệt thay Lê Minh Quang đến hết thứ Sáu 27/11/2026."
    for browser in (quang, website.officer("tham")):
        for path in ("/", "/lich-tuan", "/uy-quyen"):
            browser.get(path)
            assert says in browser.seen
    editor.get("/")
    assert says not in editor.seen, "it is none of the editor's business"
    website.later(days=5)
    again = website.officer("quang")
    again.get("/uy-quyen")
    assert "phê duyệt thay Lê Minh Quang" not in again.seen
    assert "Không có lần ủy quyền nào." in again.seen


def test_a_deputy_who_has_to_wait_is_let_begin_by_an_administrator_who_is_reminded_of_it(website: Website) -> None:
    quang, editor, tham = website.officer("quang"), website.officer("editor"), website.officer("tham")
    _name(website, quang, "editor")
    for browser in (quang, editor, tham):
        browser.get("/")
        assert SAYS in browser.seen
    editor.get("/uy-quyen")
    assert not _button(editor.page, "/ngay")
    quang.get("/uy-quyen")
    assert not _button(quang.page, "/ngay"), "nobody makes an approver alone"
    tham.get("/uy-quyen")
    tham.follow(tham.send(_button(tham.page, "/ngay")))
    editor.get("/")
    assert "Biên tập phê duyệt thay Lê Minh Quang đến hết thứ Sáu 27/11/2026." in editor.seen
    tham.get("/")
    assert "phê duyệt thay" not in tham.seen, "the administrator has done what there was to do"
    tham.get("/nhat-ky")
    assert "Cho người được ủy quyền phê duyệt ngay" in tham.seen


def test_it_is_taken_back_by_a_press(website: Website) -> None:
    quang = website.officer("quang")
    _name(website, quang, "tham")
    quang.follow(quang.send(_button(quang.page, "/thoi")))
    assert "Không có lần ủy quyền nào." in quang.seen


def test_whoever_was_named_declines_by_a_press_without_being_an_approver(website: Website) -> None:
    _name(website, website.officer("quang"), "editor")
    editor = website.officer("editor")
    editor.get("/uy-quyen")
    assert "Tôi không nhận ủy quyền" in editor.seen
    editor.follow(editor.send(_button(editor.page, "/thoi")))
    assert "Không có lần ủy quyền nào." in editor.seen


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(website: Website) -> None:
    quang = website.officer("quang")
    quang.get("/uy-quyen")
    for fields, says in (
        ({"can-bo": "", "ngay": "27/11/2026"}, "Chọn cán bộ phê duyệt thay."),
        ({"can-bo": website.commune.officers["tham"].officer, "ngay": "27.11"}, "27.11"),
        ({"can-bo": website.commune.officers["tham"].officer, "ngay": "01/11/2026"}, "Ngày cuối đã qua."),
        ({"can-bo": website.commune.officers["editor"].officer, "ngay": "23/11/2026"}, "có hiệu lực sau 24 giờ"),
    ):
        answer = quang.send("/uy-quyen", fields)
        assert answer.status_code == 422
        assert says in answer.text
        assert f'value="{fields["ngay"]}"' in answer.text


def test_an_editor_reads_the_page_without_its_form(website: Website) -> None:
    editor = website.officer("editor")
    editor.get("/uy-quyen")
    assert 'action="/uy-quyen"' not in editor.page
    assert "Khi tôi đi vắng" not in editor.seen


def test_the_banner_speaks_english(website: Website) -> None:
    quang = website.officer("quang")
    _name(website, quang, "tham")
    with speaking("en"):
        quang.client.cookies.set("loa_ngon_ngu", "en")
        quang.get("/")
    assert "Nguyễn Thị Hồng Thắm approves in place of Lê Minh Quang until the end of Friday 27/11/2026." in quang.seen


def test_the_journal_says_in_whose_place_a_deputy_acted(website: Website) -> None:
    commune = website.commune
    commune.in_charge_of("tham", "ấp 1")
    commune.in_charge_of("quang", "ấp 2")
    _name(website, website.officer("quang"), "tham")
    tham = website.officer("tham")
    tham.get(f"/im-lang?dia-ban={commune.areas['ấp 2']}")
    tham.follow(tham.send("/im-lang"))
    tham.get("/nhat-ky")
    assert "Nguyễn Thị Hồng Thắm thay Lê Minh Quang Im lặng" in tham.seen
