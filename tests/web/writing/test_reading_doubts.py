"""The spoken text is shown next to the written one and corrected there; doubts need one tick before submission."""

import html
import re

import pytest
from sqlmodel import select

from controller.announcements.corrections import Place
from controller.announcements.lexicon import Wording, entries_in, set_entry
from controller.database.tables import LexiconEntry
from controller.orders.standings import standing_of
from controller.web.station.reading_language import COOKIE
from controller.web.writing.reading_view import Deed, answer
from tests.web.conftest import Browser, Forms, Website

DOUBTFUL = "UBND xã mời CT họp thứ Ba, 25/11/2026; gọi 0912 345 67."
SIX = "Mời CT, XBT họp 5/6 tuần, thứ Ba 25/11/2026 ✓ gọi 0912 345 67."
"""It has six doubtful places."""


def _written(website: Website, text: str, author: str = "tham") -> tuple[Browser, str]:
    announcement = website.commune.announcement(title="Giấy mời", text=text, author=author)
    website.make_sounds()
    return website.officer("editor"), announcement


def _state(website: Website, announcement: str) -> str:
    with website.commune.database.reading() as session:
        return standing_of(session, website.commune.row(announcement)).state


def _answer(browser: Browser, announcement: str, label: str, **more: str) -> str:
    """Press the button with this label; returns the page to which it leads."""
    form = f"/ban-tin/{announcement}/cach-doc"
    browser.get(f"/ban-tin/{announcement}")
    value: str
    (value,) = set(re.findall(rf'name="sua" value="([^"]*)">{re.escape(label)}<', html.unescape(browser.page)))
    answer = browser.send(form, {"sua": value, **more})
    browser.follow(answer)
    return value


def _button(website: Website, announcement: str, start: int, end: int, deed: Deed, words: str = "") -> str:
    """The value that the button of this place sends."""
    return answer(Place.of(website.commune.row(announcement).text, start, end), deed, words)


def _marks(browser: Browser, kind: str) -> list[str]:
    return [
        re.sub(r'<span class="no">\d+</span>', "", each)
        for each in re.findall(rf'<a href="[^"]*" class="{kind}">(.*?)</a>', browser.page)
    ]


def test_the_spoken_text_is_next_to_the_written_one_with_changes_and_doubts_marked(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}")
    assert _marks(browser, "changed") == ["ủy ban nhân dân"]
    assert _marks(browser, "doubtful") == [
        "CT",
        "hai mươi lăm tháng mười một năm hai nghìn không trăm hai mươi sáu",
        "không chín một hai, ba bốn năm, sáu bảy",
    ]
    assert "3 chỗ cần xem lại" in browser.seen
    assert "“CT” có nhiều cách đọc." in browser.seen
    assert "25/11/2026 là thứ Tư, văn bản ghi thứ Ba." in browser.seen
    assert "Số điện thoại 0912 345 67 có 9 chữ số" in browser.seen


def test_dates_times_money_and_telephones_are_listed_on_one_line(website: Website) -> None:
    text = (
        "Từ 7h30 đến 11h ngày 25 tháng 11 năm 2026 hỗ trợ 50.000đ/cháu, 2 triệu đồng, 60k/hộ; LH 0912 345 678 hoặc 113."
    )
    browser, announcement = _written(website, text)
    browser.get(f"/ban-tin/{announcement}")
    facts = re.search(r'(?s)<dl class="check-list panel">(.*?)</dl>', browser.page)
    assert facts
    found = re.findall(r"(?:<dd[^>]*>|<br>)([^<]*?) <span", facts[1])
    assert found == [
        "25 tháng 11 năm 2026",
        "7h30 đến 11h",
        "50.000đ/cháu",
        "2 triệu đồng",
        "60k/hộ",
        "0912 345 678",
        "113",
    ]


@pytest.mark.parametrize("page", ["kiem-tra", "gui"])
def test_one_tick_confirms_all_doubts_and_without_it_nothing_is_submitted(website: Website, page: str) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    path = f"/ban-tin/{announcement}"
    choices = f"dia-ban={website.commune.areas['ấp 1']}&khi=gio-dinh&ngay=24/11/2026&gio=17:15&lan=1"
    browser.get(path if page == "gui" else f"{path}/kiem-tra?{choices}")
    assert "Tôi đã xem lại, đọc như vậy là đúng" in browser.seen
    unticked = browser.send(f"{path}/{page}")
    assert unticked.status_code == 409
    assert "rồi xác nhận" in unticked.text
    assert _state(website, announcement) == "draft"
    browser.get(path if page == "gui" else f"{path}/kiem-tra?{choices}")
    ticked = {"da-xem": "ambiguous_abbreviation phone_length wrong_weekday"}
    assert ticked["da-xem"] in browser.page
    assert browser.send(f"{path}/{page}", ticked).status_code == 303
    assert _state(website, announcement) == "submitted"


def test_a_text_with_unspeakable_signs_is_not_submitted_even_with_the_tick(website: Website) -> None:
    browser, announcement = _written(website, "Mời bà con 🎉 họp")
    browser.get(f"/ban-tin/{announcement}")
    assert "Ký hiệu “🎉” không đọc được. Phải sửa thì mới gửi phê duyệt được." in browser.seen
    refused = browser.send(f"/ban-tin/{announcement}/gui", {"da-xem": "unread"})
    assert refused.status_code == 409
    assert _state(website, announcement) == "draft"


def test_six_doubts_are_answered_one_by_one_until_no_tick_is_needed(website: Website) -> None:
    browser, announcement = _written(website, SIX)
    browser.get(f"/ban-tin/{announcement}")
    assert "6 chỗ cần xem lại" in browser.seen
    for label in ("chủ tịch", "Đánh vần: ích-xì bê tê", "năm trên sáu", "Sửa thành thứ Tư", "Bỏ ký hiệu này"):
        _answer(browser, announcement, label)
    _answer(browser, announcement, "Giữ nguyên")
    row = website.commune.row(announcement)
    assert row.text == "Mời CT, XBT họp 5/6 tuần, thứ Tư 25/11/2026 ✓ gọi 0912 345 67."
    assert row.spoken_text == (
        "Mời chủ tịch, ích-xì bê tê họp năm trên sáu tuần, thứ Tư hai mươi lăm tháng mười một năm hai nghìn không trăm "
        "hai mươi sáu gọi không chín một hai, ba bốn năm, sáu bảy."
    )
    assert "Đọc được hết. Nghe thử một lần." in browser.seen
    assert "da-xem" not in browser.page.replace('id="da-xem"', "")
    website.make_sounds()
    browser.get(f"/ban-tin/{announcement}")
    assert browser.send(f"/ban-tin/{announcement}/gui").status_code == 303


def test_the_date_may_be_corrected_instead_of_its_weekday(website: Website) -> None:
    browser, announcement = _written(website, SIX)
    _answer(browser, announcement, "Sửa thành 24/11/2026")
    assert "thứ Ba 24/11/2026" in website.commune.row(announcement).text


def test_any_changed_word_can_be_corrected(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}?cho=0-4")
    assert "Đang đọc là “ủy ban nhân dân” (theo danh sách chung)." in browser.seen
    form = f"/ban-tin/{announcement}/cach-doc"
    browser.follow(
        browser.send(form, {"sua": _button(website, announcement, 0, 4, "loi"), "loi": "ủy ban", "luon": ""})
    )
    assert website.commune.row(announcement).spoken_text.startswith("ủy ban xã mời")
    assert "Đã sửa cách đọc 1 chỗ ở bản tin này" in browser.seen
    browser.follow(browser.send(f"{form}/bo"))
    assert website.commune.row(announcement).spoken_text.startswith("ủy ban nhân dân xã")


def test_a_correction_for_always_goes_into_the_lexicon_of_the_officers_area(website: Website) -> None:
    website.commune.in_charge_of("editor", "ấp 1")
    browser, announcement = _written(website, DOUBTFUL, author="editor")
    browser.get(f"/ban-tin/{announcement}?cho=12-14")
    assert "ghi vào từ điển đọc của ấp 1" in browser.seen
    browser.follow(
        browser.send(
            f"/ban-tin/{announcement}/cach-doc",
            {"sua": _button(website, announcement, 12, 14, "doc", "chỉ thị"), "luon": "12-14"},
        )
    )
    assert "Đã ghi “CT” vào từ điển đọc: từ nay luôn đọc như vậy." in browser.seen
    with website.commune.database.reading() as session:
        (entry,) = session.exec(select(LexiconEntry)).all()
    assert (entry.area, entry.written, entry.spoken) == (website.commune.areas["ấp 1"], "CT", "chỉ thị")


def test_a_hamlets_officer_corrects_nothing_in_the_communes_text(website: Website) -> None:
    website.commune.in_charge_of("editor", "ấp 1")
    browser, announcement = _written(website, DOUBTFUL)
    before = website.commune.row(announcement)
    browser.get(f"/ban-tin/{announcement}?cho=12-14")
    assert "cach-doc" not in browser.page
    csrf = browser.page.split('name="csrf" value="')[1].split('"')[0]
    fields = {"csrf": csrf, "sua": _button(website, announcement, 12, 14, "doc", "chỉ thị"), "luon": "12-14"}
    assert browser.client.post(f"/ban-tin/{announcement}/cach-doc", data=fields).status_code == 403
    assert website.commune.row(announcement) == before
    with website.commune.database.reading() as session:
        assert session.exec(select(LexiconEntry)).all() == []


def test_spelling_a_word_out_may_be_for_always_too(website: Website) -> None:
    browser, announcement = _written(website, "Nhà XBT họp")
    browser.get(f"/ban-tin/{announcement}?cho=4-7")
    (value,) = re.findall(r'form="sua-mot-cho" name="sua" value="([^"]*)">Đánh vần', html.unescape(browser.page))
    form = next(each for each in Forms(browser.page).forms if ("luon", "") in each[2])
    browser.client.post(form[1], data={**dict(form[2]), "sua": value, "luon": "4-7"})
    with website.commune.database.reading() as session:
        assert [each.spoken for each in entries_in(session, None)] == ["ích-xì bê tê"]


def test_a_correction_that_cannot_be_spoken_is_shown_again_to_be_changed(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}?cho=0-4")
    answer = browser.send(
        f"/ban-tin/{announcement}/cach-doc", {"sua": _button(website, announcement, 0, 4, "loi"), "loi": "ủy ban 2"}
    )
    assert answer.status_code == 422
    assert "Lời đọc có “2”, máy không đọc được." in answer.text
    assert 'value="ủy ban 2"' in answer.text


def test_a_correction_on_an_outdated_page_applies_to_its_place_or_is_refused(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}")
    first, second = (_button(website, announcement, *place, "doc", "x y") for place in ((0, 4), (12, 14)))
    other = website.officer("tham")
    other.get(f"/ban-tin/{announcement}")
    other.send(f"/ban-tin/{announcement}", {"van-ban": "Kính thưa bà con. UBND xã mời CT họp"})
    form = f"/ban-tin/{announcement}/cach-doc"
    answer = browser.send(form, {"sua": first})
    assert answer.status_code == 409
    assert "“UBND” không còn ở chỗ đó" in answer.text
    browser.follow(browser.send(form, {"sua": second}))
    assert website.commune.row(announcement).spoken_text.endswith("ủy ban nhân dân xã mời x y họp")


@pytest.mark.parametrize(
    "sua", ["", "x", "tu=0&den=4", "tu=0&den=4&viec=xoa", "tu=999999&den=4&viec=giu", "tu=0&den=4&chu=UBND&viec=thay"]
)
def test_a_value_that_no_button_sends_is_refused(website: Website, sua: str) -> None:
    browser, announcement = _written(website, "UBND")
    browser.get(f"/ban-tin/{announcement}")
    assert browser.send(f"/ban-tin/{announcement}/cach-doc", {"sua": sua}).status_code == 422
    assert website.commune.row(announcement).version == 1


def test_after_a_change_of_the_lexicon_the_page_offers_to_read_again(website: Website) -> None:
    browser, announcement = _written(website, "UBND xã mời XBT")
    with website.commune.writing() as session:
        tham = website.commune.officers["tham"]
        set_entry(session, website.commune.now, tham, None, Wording("XBT", "xưởng bánh tráng"))
        assert len(entries_in(session, None)) == 1
    browser.get(f"/ban-tin/{announcement}")
    assert "Cách đọc đã đổi sau khi bản này được đọc (từ điển, cài đặt, phần mềm)." in browser.seen
    assert "Loa vẫn đọc đúng như trên." in browser.seen
    assert "ủy ban nhân dân xã mời XBT" in browser.seen
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.page)
    assert csrf
    again = browser.client.post(f"/ban-tin/{announcement}/doc-lai", data={"csrf": csrf[1]})
    browser.follow(again)
    assert website.commune.row(announcement).spoken_text == "ủy ban nhân dân xã mời xưởng bánh tráng"


def test_the_approver_sees_the_marks_and_the_confirmed_doubts(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    browser.get(f"/ban-tin/{announcement}")
    browser.send(f"/ban-tin/{announcement}/gui", {"da-xem": "ambiguous_abbreviation phone_length wrong_weekday"})
    approver = website.officer("quang")
    approver.get(f"/phe-duyet/{announcement}")
    assert "Máy không chắc ở những chỗ này; người soạn đã xem lại" in approver.seen
    assert '<mark class="changed">ủy ban nhân dân</mark>' in approver.page
    assert '<mark class="doubtful"><span class="no">1</span>CT</mark>' in approver.page
    assert "Soát trong mười giây" in approver.seen


def test_a_recorded_voice_has_no_doubts(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    with website.commune.writing() as session:
        row = website.commune.row(announcement)
        row.recording = "a" * 64
        session.add(row)
    browser.get(f"/ban-tin/{announcement}")
    assert "chỗ cần xem lại" not in browser.seen


def test_another_language_is_not_read_by_the_rules(website: Website) -> None:
    browser, announcement = _written(website, DOUBTFUL)
    with website.commune.writing() as session:
        row = website.commune.row(announcement)
        row.language = "km"
        session.add(row)
    browser.get(f"/ban-tin/{announcement}")
    assert "Máy chỉ đọc được tiếng Việt. Thu lời này bằng giọng người rồi chọn tệp ở “Giọng thu sẵn”." in browser.seen


def test_of_thousands_of_doubts_the_page_shows_the_first(website: Website) -> None:
    browser, announcement = _written(website, "CT ơi " * 3_300)
    browser.get(f"/ban-tin/{announcement}")
    assert "3.300 chỗ cần xem lại" in browser.seen
    assert "Còn 3.260 chỗ nữa; trả lời xong những chỗ trên thì hiện tiếp." in browser.seen
    assert len(_marks(browser, "doubtful")) == 3_300


@pytest.mark.parametrize(
    ("text", "right", "moved"),
    [
        ("thứ Tư 26/11/2026", "thứ Năm", "25/11/2026"),
        ("T2, 26/11", "thứ Năm", "23/11"),
        ("Chủ nhật 26/11/2026", "thứ Năm", "29/11/2026"),
        ("26.11.2026 (thứ sáu)", "thứ Năm", "27.11.2026"),
        ("thứ Hai 1/1", "thứ Sáu", "4/1"),
    ],
)
def test_for_a_wrong_weekday_the_right_weekday_and_the_nearest_date_are_offered(
    website: Website, text: str, right: str, moved: str
) -> None:
    browser, announcement = _written(website, f"Họp {text}.")
    browser.get(f"/ban-tin/{announcement}")
    assert f"Sửa thành {right}" in browser.seen
    _answer(browser, announcement, f"Sửa thành {moved}")
    assert moved in website.commune.row(announcement).text
    assert "chỗ cần xem lại" not in browser.seen


def test_the_29th_of_february_stops_no_page(website: Website) -> None:
    website.later(days=463)  # 1 March 2028
    browser, announcement = _written(website, "Họp thứ Hai 29/2.")
    browser.get(f"/ban-tin/{announcement}")
    assert "29/2" in browser.seen


def test_the_english_page_puts_a_vietnamese_weekday_into_the_text(website: Website) -> None:
    browser, announcement = _written(website, "Họp thứ Tư 26/11/2026.")
    browser.client.cookies.set(COOKIE, "en")
    browser.get(f"/ban-tin/{announcement}")
    assert "26/11/2026 is a Thursday; the text says “thứ Tư”." in browser.seen
    _answer(browser, announcement, "Change to “thứ Năm”")
    assert website.commune.row(announcement).text == "Họp thứ Năm 26/11/2026."
