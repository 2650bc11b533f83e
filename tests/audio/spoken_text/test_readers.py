"""Each row of the readers' tables reads its example, and the rows of a table are applied in order."""

import re
from collections import Counter

import pytest

from audio.spoken_text import reader, spoken_text
from audio.spoken_text.number_words import NORTHERN
from audio.spoken_text.reader import Reader, Table, always, between, read_table
from audio.spoken_text.readers.tables import tables_after_lexicon, tables_before_lexicon
from audio.spoken_text.reading import Reading

ROWS = [row for table in (*tables_before_lexicon(), *tables_after_lexicon()) for row in table]


@pytest.fixture
def rows_that_read(monkeypatch: pytest.MonkeyPatch) -> list[Reader]:
    """The rows that have read something so far in the test, in order."""
    rows: list[Reader] = []
    apply_reader = reader.apply_reader

    def apply_and_note(reading: Reading, row: Reader) -> None:
        count = len(reading.stretches)
        apply_reader(reading, row)
        if len(reading.stretches) > count:
            rows.append(row)

    monkeypatch.setattr(reader, "apply_reader", apply_and_note)
    return rows


@pytest.mark.parametrize("row", ROWS, ids=[row.example for row in ROWS])
def test_each_row_reads_its_example(row: Reader, rows_that_read: list[Reader]) -> None:
    assert spoken_text(row.example).words == row.spoken
    assert any(each is row for each in rows_that_read)


def test_each_row_has_an_example_of_its_own_and_says_what_is_replaced() -> None:
    assert [example for example, times in Counter(row.example for row in ROWS).items() if times > 1] == []
    assert [row.example for row in ROWS if "it" not in row.pattern.groupindex] == []
    assert [row.example for row in ROWS if re.search("[0-9]", row.spoken)] == []


SEVEN = Reader("7", "bảy", re.compile("(?P<it>7)"), always("bảy"), "number")
PAIR = Reader("77", "bảy bảy", re.compile("(?P<it>77)"), always("bảy bảy"), "number")
DASH = Reader("7-7", "bảy đến bảy", re.compile("(?P<it>-)"), between(" đến ", "number"), "range")
NEXT = Reader("7,8,8", "bảy bảy bảy", re.compile(r"(?<=\x01)(?P<it>,8)"), always(" tám"), "number", is_repeated=True)


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ((PAIR, SEVEN), "77", "bảy bảy"),
        ((SEVEN, PAIR), "7", "bảy"),
        ((SEVEN, DASH), "7-7 - 7", "bảy đến bảy - bảy"),
        ((DASH, SEVEN), "7-7", "bảy-bảy"),
        ((SEVEN, NEXT), "7,8,8,8", "bảy tám tám tám"),
        ((NEXT, SEVEN), "7,8,8", "bảy,8,8"),
    ],
)
def test_text_that_a_row_has_read_is_visible_to_later_rows_but_not_read_by_them(
    table: Table, text: str, said: str
) -> None:
    reading = Reading(text, NORTHERN)
    read_table(reading, table)
    in_order = sorted(reading.stretches, key=lambda each: each.start)
    assert " ".join(re.sub("[\x02\x03]", "", reading.said(in_order)).split()) == said


def test_text_that_a_row_declines_is_left_to_later_rows() -> None:
    not_before_8 = Reader("77", "", re.compile("(?P<it>7.)"), lambda match, _: None if "8" in match[0] else "", "sign")
    reading = Reading("78 77", NORTHERN)
    read_table(reading, (not_before_8, SEVEN))
    assert [(each.start, each.kind) for each in reading.stretches] == [(3, "sign"), (0, "number")]
