"""Corrections of how one place of a text is read; what was heard and approved doesn't change without its officer."""

import pytest

from controller.announcements import corrections
from controller.announcements.corrections import Place
from controller.announcements.drafts import change_announcement
from controller.announcements.lexicon import Wording, entries_in, set_entry
from controller.announcements.templates import take_up_again
from controller.database.tables import Announcement
from controller.errors import Conflict, Invalid
from controller.orders.standings import standing_of
from controller.planning.submission import submit_announcement
from tests.people import Commune

TEXT = "CT mới của CT cũ, họp 5/6 tuần ✓ ở XBT"


def mend(commune: Commune, announcement: str, deed: str, written: str, *words: str, nth: int = 0) -> Announcement:
    """Apply a deed to the nth place at which `written` stands in the text."""
    with commune.writing() as session:
        row = commune.row(announcement)
        at = -1
        for _ in range(nth + 1):
            at = row.text.index(written, at + 1)
        mended: Announcement = getattr(corrections, deed)(
            session, commune.now, commune.officers["tham"], row, Place.of(row.text, at, at + len(written)), *words
        )
    return mended


@pytest.fixture
def announcement(commune: Commune) -> str:
    return commune.announcement(text=TEXT)


def kinds(row: Announcement) -> list[str]:
    return [each["kind"] for each in row.warnings]


def test_a_correction_holds_for_its_place_alone(commune: Commune, announcement: str) -> None:
    row = mend(commune, announcement, "correct", "CT", "chỉ thị")
    assert row.spoken_text.startswith("chỉ thị mới của CT cũ")
    assert kinds(row).count("ambiguous_abbreviation") == 1
    assert commune.row(commune.announcement(text=TEXT)).spoken_text.startswith("CT mới")


def test_a_correction_for_always_goes_into_the_lexicon_and_holds_for_later_texts(
    commune: Commune, announcement: str
) -> None:
    mend(commune, announcement, "correct", "XBT", "xưởng")
    row = mend(commune, announcement, "correct_always", "XBT", "xưởng bánh tráng")
    assert row.spoken_text.endswith("xưởng bánh tráng")
    assert row.corrections == []
    with commune.database.reading() as session:
        assert [(each.written, each.spoken) for each in entries_in(session, None)] == [("XBT", "xưởng bánh tráng")]
    assert "unknown_capitals" not in kinds(commune.row(commune.announcement(text="Nhà XBT")))


def test_a_confirmed_place_is_no_longer_doubtful_and_is_read_as_before(commune: Commune, announcement: str) -> None:
    before = commune.row(announcement)
    row = mend(commune, announcement, "confirm", "5/6")
    assert row.spoken_text == before.spoken_text
    assert kinds(before).count("ambiguous_date") == 1
    assert "ambiguous_date" not in kinds(row)


def test_a_sign_that_cannot_be_spoken_can_be_left_out_but_not_confirmed(commune: Commune, announcement: str) -> None:
    with pytest.raises(Conflict, match="chưa đọc được"):
        mend(commune, announcement, "confirm", "✓")
    row = mend(commune, announcement, "correct", "✓", "")
    assert "tuần ở" in row.spoken_text
    assert not [each for each in row.warnings if each["blocks"]]


def test_a_correction_of_a_word_must_be_words(commune: Commune, announcement: str) -> None:
    for words in ("", "  ", "ba 3", "→"):
        with pytest.raises(Invalid):
            mend(commune, announcement, "correct", "XBT", words)
    assert commune.row(announcement).version == 1


def test_the_text_itself_may_be_changed_at_a_place(commune: Commune, announcement: str) -> None:
    row = mend(commune, announcement, "change_text", "5/6", "ngày 5/6")
    assert "họp ngày 5/6 tuần" in row.text
    assert "ngày năm tháng sáu" in row.spoken_text


def test_a_correction_of_a_place_that_has_changed_is_refused(commune: Commune, announcement: str) -> None:
    with pytest.raises(Conflict, match="không còn"):
        mend(commune, announcement, "correct", "mới", "cũ")


def test_a_place_is_found_again_where_text_was_written_before_it(commune: Commune, announcement: str) -> None:
    seen = commune.row(announcement).text
    places = [Place.of(seen, at, at + 2) for at in (seen.index("CT"), seen.rindex("CT"))]
    with commune.writing() as session:
        row = change_announcement(
            session, commune.now, commune.officers["tham"], announcement, {"text": "Kính mời bà con. " + seen}
        )
        for place, words in zip(places, ("chỉ thị", "công ty"), strict=True):
            if place.before:
                row = corrections.correct(session, commune.now, commune.officers["tham"], row, place, words)
            else:
                with pytest.raises(Conflict, match="không còn ở chỗ đó"):
                    corrections.correct(session, commune.now, commune.officers["tham"], row, place, words)
    assert row.spoken_text.startswith("Kính mời bà con. CT mới của công ty cũ")


def test_a_correction_names_one_of_several_equal_places(commune: Commune) -> None:
    announcement = commune.announcement(text="mời các CT. mời các CT. mời các CT.")
    row = mend(commune, announcement, "correct", "CT", "công ty", nth=1)
    assert row.spoken_text == "mời các CT. mời các công ty. mời các CT."


def test_a_correction_is_taken_back(commune: Commune, announcement: str) -> None:
    mend(commune, announcement, "correct", "CT", "chỉ thị")
    mend(commune, announcement, "correct", "CT", "công ty", nth=1)
    with commune.writing() as session:
        row = commune.row(announcement)
        row = corrections.undo(session, commune.now, commune.officers["tham"], row, 0)
        with pytest.raises(Conflict):
            corrections.undo(session, commune.now, commune.officers["tham"], row, 1)
    assert row.spoken_text.startswith("CT mới của công ty cũ")


def test_a_correction_makes_the_announcement_a_draft_of_the_officer_who_corrected(commune: Commune) -> None:
    announcement = commune.approved()
    with commune.writing() as session:
        change_announcement(session, commune.now, commune.officers["editor"], announcement, {"text": "Họp 7h"})
        commune.give_sound(session, commune.row(announcement))
    row = mend(commune, announcement, "correct", "7h", "bảy giờ đúng")
    with commune.database.reading() as session:
        assert standing_of(session, row).state == "draft"
    assert row.author == commune.officers["tham"].officer
    assert row.clip_version < row.version


def test_an_announcement_that_is_taken_up_again_keeps_its_corrections(commune: Commune, announcement: str) -> None:
    mend(commune, announcement, "correct", "CT", "chỉ thị")
    with commune.writing() as session:
        again = take_up_again(session, commune.now, commune.officers["quang"], announcement)
    assert again.spoken_text == commune.row(announcement).spoken_text


def test_reading_again_uses_the_lexicon_of_today(commune: Commune, announcement: str) -> None:
    other = commune.announcement(text="XBT")
    mend(commune, announcement, "correct_always", "XBT", "xưởng bánh tráng")
    assert commune.row(other).spoken_text == "XBT"
    with commune.writing() as session:
        row = corrections.read_again(session, commune.now, commune.officers["tham"], commune.row(other))
    assert row.spoken_text == "xưởng bánh tráng"


def test_a_date_that_has_passed_since_must_be_confirmed_before_submission(commune: Commune) -> None:
    announcement = commune.announcement(text="Họp ngày 25/11/2026")
    commune.later(days=3)
    with commune.writing() as session:
        with pytest.raises(Conflict, match="past_date"):
            submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, ["past_date"])


def test_a_correction_for_always_keeps_the_correction_of_another_place(commune: Commune) -> None:
    announcement = commune.announcement(text="CT Hòa Phát tuyển công nhân. Gặp CT mới, XBT")
    mend(commune, announcement, "correct", "CT", "công ty")
    row = mend(commune, announcement, "correct_always", "CT", "chủ tịch", nth=1)
    assert row.spoken_text == "công ty Hòa Phát tuyển công nhân. Gặp chủ tịch mới, XBT"
    assert len(row.corrections) == 1


def test_a_correction_never_moves_to_another_place(commune: Commune) -> None:
    announcement = commune.announcement(text="Sáng mai họp CT xã tại hội trường.")
    mend(commune, announcement, "correct", "CT", "công ty")
    with commune.writing() as session:
        text = "Tối mai họp CT xã tại chợ.\nSáng mai họp CT xã tại hội trường."
        row = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": text})
    assert row.spoken_text.count("chủ tịch xã") == 2


def test_a_version_that_changed_since_the_page_was_opened_is_not_submitted(commune: Commune) -> None:
    announcement = commune.announcement(text="Mời bà con họp.")
    with commune.writing() as session:
        officer = commune.officers["tham"]
        seen = commune.row(announcement).version
        change_announcement(session, commune.now, officer, announcement, {"text": "Mời bà con ấp 2 họp."})
        with pytest.raises(Conflict, match="đã được sửa từ khi mở trang này"):
            submit_announcement(session, commune.now, officer, announcement, [], seen)


@pytest.mark.parametrize(
    ("text", "written", "spoken", "then"),
    [
        ("Mỗi hộ góp 50", "50", "năm chục", "Mỗi hộ góp 50.000 đồng"),
        ("5/6 tuần qua", "5/6", "năm trên sáu", "Họp ngày 15/6 tuần qua"),
        ("CT họp với dân", "CT", "chỉ thị", "BCT họp với dân"),
    ],
)
def test_text_that_is_added_at_a_corrected_edge_is_read_without_the_correction(
    commune: Commune, text: str, written: str, spoken: str, then: str
) -> None:
    announcement = commune.announcement(text=text)
    assert spoken in mend(commune, announcement, "correct", written, spoken).spoken_text
    with commune.writing() as session:
        row = change_announcement(session, commune.now, commune.officers["tham"], announcement, {"text": then})
    assert row.spoken_text == commune.row(commune.announcement(text=then)).spoken_text


def test_a_correction_for_always_wins_here_over_an_entry_for_a_neighbouring_word(commune: Commune) -> None:
    with commune.writing() as session:
        beside = Wording("HN", "Hà Nội", beside="đi")
        set_entry(session, commune.now, commune.officers["tham"], None, beside)
    announcement = commune.announcement(text="Xe đi HN tối nay")
    row = mend(commune, announcement, "correct_always", "HN", "hội nông dân")
    assert row.spoken_text == "Xe đi hội nông dân tối nay"


def test_reading_again_changes_nothing_where_the_reading_is_the_same(commune: Commune, announcement: str) -> None:
    before = commune.row(announcement).version
    with commune.writing() as session:
        row = corrections.read_again(session, commune.now, commune.officers["tham"], commune.row(announcement))
    assert row.version == before
