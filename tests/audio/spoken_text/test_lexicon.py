"""Entries of the lexicon and officers' corrections win over rules and national list, and change only their words."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.spoken_text import spoken_text
from audio.spoken_text.lexicon import MAX_DISTANCE_OF_BESIDE, Correction, Entry, Lexicon
from audio.spoken_text.number_words import NORTHERN
from audio.spoken_text.plain_text import plain_text
from audio.spoken_text.reading import Reading

CT = Entry("CT", "chương trình")


def words(text: str, *entries: Entry) -> str:
    return spoken_text(text, lexicon=Lexicon(entries)).words


@pytest.mark.parametrize(
    ("entry", "text", "said"),
    [
        (Entry("TYT", "trạm xá"), "TYT xã, (TYT) và TYT.", "trạm xá xã, (trạm xá) và trạm xá."),
        (Entry("Đ9", "đường chín"), "Đ9 ngập", "đường chín ngập"),
        (Entry("30/4", "ngày thống nhất"), "Lễ 30/4", "Lễ ngày thống nhất"),
        (Entry("→", "đến"), "sổ→ bàn", "sổ đến bàn"),
        (Entry("NVH ấp 3", "nhà cộng đồng ấp ba"), "tại NVH ấp 3", "tại nhà cộng đồng ấp ba"),
        (Entry("VINAMILK", "VINAMILK"), "sữa VINAMILK", "sữa VINAMILK"),
        (Entry("tyt", "trạm xá", any_case=True), "TYT, Tyt", "trạm xá, trạm xá"),
    ],
)
def test_an_entry_is_used_wherever_it_is_a_word_of_its_own(entry: Entry, text: str, said: str) -> None:
    assert words(text, entry) == said


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry("TYT", "x"), "TYTA ATYT tyt"),
        (Entry("CT", "x"), "Chỉ thị 12/CT-UBND ngày 3/5"),
        (Entry("30/4", "x"), "ngày 30/4/2026"),
        (Entry("30", "x"), "lúc 7h30, http://a.vn/30 và 30.000đ"),
        (Entry("vn", "x"), "trang a.vn"),
    ],
)
def test_an_entry_is_not_used_inside_another_word(entry: Entry, text: str) -> None:
    assert words(text, entry) == words(text)


def test_the_longest_fitting_entry_is_used() -> None:
    entries = [CT, Entry("CT MTQG", "chương trình mục tiêu"), Entry("CT MTQG NTM", "chương trình nông thôn")]
    assert words("CT, CT MTQG, CT MTQG NTM", *entries) == "chương trình, chương trình mục tiêu, chương trình nông thôn"


def test_of_two_entries_for_one_text_the_one_whose_neighbouring_word_is_near_wins_then_the_first() -> None:
    entries = [CT, Entry("CT", "công ty", beside="điện lực"), Entry("CT", "chỉ thị")]
    assert words("CT Điện lực báo", *entries) == "công ty Điện lực báo"
    assert words("CT tiêm chủng", *entries) == "chương trình tiêm chủng"
    assert words(f"CT {'xa ' * MAX_DISTANCE_OF_BESIDE} điện lực", *entries).startswith("chương trình")
    assert words("CT tiêm\nđiện lực", *entries).startswith("chương trình")


def test_an_entry_is_used_in_a_joined_abbreviation_too() -> None:
    assert words("BTV-ĐXY", Entry("ĐXY", "đảng ủy ấp")) == "ban thường vụ-đảng ủy ấp"


def test_a_word_with_an_entry_is_not_doubtful() -> None:
    text = "CT mới, XYZ và XYZ2"
    assert {each.text for each in spoken_text(text).warnings} == {"CT", "XYZ"}
    decided = spoken_text(text, lexicon=Lexicon([CT, Entry("XYZ", "xưởng dệt")]))
    assert not decided.warnings
    assert [each.by for each in decided.stretches if each.kind == "lexicon"] == ["lexicon", "lexicon"]


def _one_by_one(reading: Reading, entries: Sequence[Entry], *, alone: bool) -> list[tuple[int, int, str]]:
    """(start, end, words) of what is read, each entry compared with the text at each place."""
    in_order = sorted(entries, key=lambda each: (-len(each.written), not each.beside))
    found: list[tuple[int, int, str]] = []
    for start in (each.start() for each in re.finditer(r"\w+|[^\w\s]", reading.open)):
        if found and start < found[-1][1]:
            continue
        for entry in in_order:
            end = start + len(entry.written)
            there = reading.open[start:end]
            same = there.lower() == entry.written.lower() if entry.any_case else there == entry.written
            edges = (entry.written[0], reading.open[:start][-1:]), (entry.written[-1], reading.open[end : end + 1])
            in_a_word = any(inner.isalnum() and outer.isalnum() for inner, outer in edges)
            joined = re.search(r"\w[/.@&_+-]$", reading.text[:start]) or re.match(r"[/.@&_+-]\w", reading.text[end:])
            before = reading.text[max(0, start - MAX_DISTANCE_OF_BESIDE) : start].rpartition("\n")[2]
            behind = reading.text[end : end + MAX_DISTANCE_OF_BESIDE].partition("\n")[0]
            beside = rf"(?<!\w){re.escape(entry.beside.lower())}(?!\w)"
            near = not entry.beside or any(re.search(beside, each.lower()) for each in (before, behind))
            refused = joined if alone else any(letter.isdecimal() for letter in entry.written)
            if same and near and not in_a_word and not refused:
                found.append((start, end, entry.spoken))
                break
    return found


_WORDS = ("CT", "ct", "Ct", "MTQG", "ấp", "Ấp", "3", "30/4", "/", "-", "họp", "(", ".")
_written = st.lists(st.sampled_from((*_WORDS, " ")), min_size=1, max_size=4).map("".join).map(str.strip).filter(bool)
_entries = st.builds(
    Entry, _written, st.sampled_from(("một", "hai", "ba")), st.booleans(), st.sampled_from(("", "họp", "ấp"))
)


@given(
    st.lists(st.sampled_from((*_WORDS, " ", " ", "\n", "x" * 30)), max_size=40).map("".join),
    st.lists(_entries, max_size=12),
    st.booleans(),
)
def test_a_text_is_read_as_if_each_entry_were_tried_at_each_place(text: str, entries: list[Entry], alone: bool) -> None:
    text, entries = plain_text(text).text, [each for each in entries if plain_text(each.written).text == each.written]
    reading = Reading(text, NORTHERN)
    Lexicon(entries).read(reading, alone=alone)
    read = [(each.start, each.end, each.words) for each in reading.stretches]
    assert read == _one_by_one(Reading(text, NORTHERN), entries, alone=alone)


TEXT = "Họp lúc 7h, theo CT này; CT kia ✓ kết thúc"


def test_a_correction_holds_at_its_place_alone() -> None:
    said = spoken_text(TEXT, corrections=[Correction("CT", "theo ", " này", "chỉ thị")]).words
    assert said.startswith("Họp lúc bảy giờ, theo chỉ thị này; ")
    assert "chỉ thị kia" not in said


def test_a_correction_wins_over_lexicon_and_rules_and_a_later_one_over_an_earlier_one() -> None:
    corrections = [
        Correction("7h", "lúc ", ",", "bảy giờ đúng"),
        Correction("CT", "; ", " kia", "công ty"),
        Correction("CT", "; ", " kia", "chương trình"),
    ]
    said = spoken_text(TEXT, lexicon=Lexicon([Entry("CT", "chỉ thị")]), corrections=corrections).words
    assert said.startswith("Họp lúc bảy giờ đúng, theo chỉ thị này; chương trình kia")


def test_a_correction_may_leave_out_a_sign_and_its_blocking_doubt() -> None:
    assert [each.text for each in spoken_text(TEXT).warnings if each.blocks] == ["✓"]
    spoken = spoken_text(TEXT, corrections=[Correction("✓", "kia ", " kết", "")])
    assert spoken.words.endswith("kia kết thúc")
    assert not [each for each in spoken.warnings if each.blocks]


def test_a_correction_stays_when_the_text_changes_elsewhere_and_ends_when_it_changes_there() -> None:
    corrections = [Correction("CT", "theo ", " này", "chỉ thị")]
    assert "chỉ thị này" in spoken_text("Mới: " + TEXT.replace("kia", "khác"), corrections=corrections).words
    assert "chỉ thị" not in spoken_text(TEXT.replace("theo", "qua"), corrections=corrections).words.split(";")[0]


def test_a_correction_is_found_in_the_text_as_it_was_typed() -> None:
    typed = "Họp\u00a0 tại  TYT –  bàn 2"  # a hard space, spaces, a dash; TYT decomposes to itself
    assert spoken_text(typed, corrections=[Correction("TYT", "tại  ", " –", "trạm xá")]).words.startswith(
        "Họp tại trạm xá"
    )


letters = st.text(st.sampled_from("abAB ĐVđấT0129/.-:,;()→&\n\u200b–²%h"), max_size=60)


@settings(max_examples=300)
@given(letters, st.lists(st.builds(Entry, letters, st.sampled_from(["một", "hai ba", "A"]), st.booleans(), letters)))
def test_the_pieces_of_any_text_make_up_its_words(text: str, entries: list[Entry]) -> None:
    spoken = spoken_text(text, lexicon=Lexicon(entries))
    assert "".join(each.words for each in spoken.pieces) == spoken.words
    assert "  " not in spoken.words
    ends = 0
    for each in spoken.stretches:
        assert each.start >= ends or each.start == each.end
        ends = each.end


@settings(max_examples=300)
@given(letters, letters, letters, letters, st.sampled_from(["một", ""]))
def test_any_correction_leaves_the_rest_readable(text: str, written: str, before: str, after: str, spoken: str) -> None:
    read = spoken_text(text, corrections=[Correction(written, before, after, spoken)])
    assert "".join(each.words for each in read.pieces) == read.words
