"""The lexicon: by area, inherited, changed by those in charge, imported and exported; bad input changes nothing."""

import csv
import io

import pytest

from audio.spoken_text import spoken_text
from controller.announcements.lexicon import (
    CSV_HEADER,
    MOST_ENTRIES,
    ImportCounts,
    Wording,
    change_entry,
    entries_in,
    export_csv,
    find_read_otherwise,
    import_entries,
    read_csv,
    remove_entry,
    set_entry,
)
from controller.announcements.readings import lexicons_of
from controller.errors import Forbidden, Invalid, NotFound
from controller.station import audit
from tests.people import Commune


def put(commune: Commune, written: str, spoken: str, area: str | None = None, **more: object) -> str:
    with commune.writing() as session:
        place = commune.areas[area] if area else None
        wording = Wording(written, spoken, **more)  # type: ignore[arg-type]  # a test knows its fields
        return set_entry(session, commune.now, commune.officers["tham"], place, wording).entry


def said(commune: Commune, text: str, area: str | None = None) -> str:
    with commune.database.reading() as session:
        place = commune.areas[area] if area else None
        return spoken_text(text, lexicon=lexicons_of(session, [place])[place]).words


def test_an_areas_own_entry_wins_then_its_parents_then_the_stations(
    commune: Commune,
) -> None:
    put(commune, "NTM", "nông thôn mới")
    put(commune, "XBT", "xưởng bánh tráng", "xã")
    put(commune, "NTM", "ngã tư mới", "ấp 1")
    assert said(commune, "NTM XBT", "ấp 1") == "ngã tư mới xưởng bánh tráng"
    assert said(commune, "NTM XBT", "ấp 2") == "nông thôn mới xưởng bánh tráng"
    assert said(commune, "NTM XBT") == "nông thôn mới XBT"


def test_an_announcement_is_read_by_the_lexicon_of_its_author(commune: Commune) -> None:
    commune.in_charge_of("editor", "ấp 1")
    put(commune, "NTM", "ngã tư mới", "ấp 1")
    assert commune.row(commune.announcement(text="NTM", author="editor")).spoken_text == "ngã tư mới"
    assert commune.row(commune.announcement(text="NTM", author="tham")).spoken_text == "nông thôn mới"


def test_a_second_entry_for_the_same_text_replaces_the_first_and_names_its_officer(commune: Commune) -> None:
    first = put(commune, "XBT", "xưởng bánh tráng")
    commune.later(hours=1)
    assert put(commune, "XBT", "xưởng bún tươi") == first
    with commune.database.reading() as session:
        (row,) = entries_in(session, None)
        written_down = audit.last_entry(session, "lexicon entry set", first)
    assert (row.spoken, row.changed_at) == ("xưởng bún tươi", commune.now)
    assert written_down is not None
    assert written_down.detail == {"written": "XBT", "spoken": "xưởng bún tươi"}


def test_an_entry_is_changed_and_removed(commune: Commune) -> None:
    entry, tham = put(commune, "XBT", "xưởng bánh tráng"), commune.officers["tham"]
    with commune.writing() as session:
        change_entry(session, commune.now, tham, entry, Wording("XBT", "xưởng bún tươi"))
    assert said(commune, "XBT") == "xưởng bún tươi"
    with commune.writing() as session:
        remove_entry(session, commune.now, tham, entry)
        with pytest.raises(NotFound):
            remove_entry(session, commune.now, tham, entry)
    assert said(commune, "XBT") == "XBT"


def test_only_officers_in_charge_of_an_area_change_its_lexicon(commune: Commune) -> None:
    commune.in_charge_of("editor", "ấp 1")
    with commune.writing() as session:
        for place in (None, commune.areas["xã"], commune.areas["ấp 2"]):
            with pytest.raises(Forbidden):
                set_entry(session, commune.now, commune.officers["editor"], place, Wording("XBT", "x bờ tờ"))
        set_entry(session, commune.now, commune.officers["editor"], commune.areas["ấp 1"], Wording("XBT", "xưởng"))


@pytest.mark.parametrize(
    ("wording", "field", "says"),
    [
        (Wording("", "x y"), "written", "trên một dòng"),
        (Wording("A\nB", "x y"), "written", "trên một dòng"),
        (Wording("x" * 61, "x y"), "written", "dài nhất"),
        (Wording("a", "anh"), "written", "khắp nơi"),
        (Wording("=1+1", "một"), "written", "công thức"),
        (Wording("XBT", ""), "spoken", "bằng chữ"),
        (Wording("XBT", "…"), "spoken", "bằng chữ"),
        (Wording("XBT", "xưởng 2"), "spoken", "“2”"),
        (Wording("XBT", "=xưởng"), "spoken", "“=”"),
        (Wording("XBT", "UBND xã"), "spoken", "“ủy ban nhân dân xã”"),
        (Wording("XBT", "a" * 201), "spoken", "dài nhất"),
        (Wording("XBT", "xưởng", beside="b" * 41), "beside", "dài nhất"),
    ],
)
def test_an_invalid_entry_is_refused_with_its_field(commune: Commune, wording: Wording, field: str, says: str) -> None:
    with commune.writing() as session:
        with pytest.raises(Invalid, match=says) as refused:
            set_entry(session, commune.now, commune.officers["tham"], None, wording)
        assert refused.value.field == field
        assert entries_in(session, None) == []


def test_a_word_that_is_read_as_itself_is_an_entry(commune: Commune) -> None:
    put(commune, "VINAMILK", "VINAMILK")
    assert said(commune, "Sữa VINAMILK") == "Sữa VINAMILK"


def _import(commune: Commune, data: bytes) -> ImportCounts:
    with commune.writing() as session:
        return import_entries(session, commune.now, commune.officers["tham"], None, read_csv(data))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_adds_and_changes_entries_and_removes_none(commune: Commune, separator: str) -> None:
    for written, spoken in (("AAB", "một"), ("AAC", "hai"), ("AAD", "ba")):
        put(commune, written, spoken)
    lines = [CSV_HEADER[:2], ("AAB", "một"), ("AAC", "hai mươi"), ("AAE", "bốn"), ()]
    data = "\r\n".join(separator.join(line) for line in lines).encode("utf-8-sig")
    assert _import(commune, data) == ImportCounts(added=1, changed=1, same=1)
    with commune.database.reading() as session:
        there = {row.written: row.spoken for row in entries_in(session, None)}
    assert there == {"AAB": "một", "AAC": "hai mươi", "AAD": "ba", "AAE": "bốn"}


def test_an_exported_lexicon_is_imported_unchanged(commune: Commune) -> None:
    put(commune, "CT", "chương trình", beside="mục tiêu, quốc gia")
    put(commune, "Đ/c", "“đồng chí”", any_case=True)
    put(commune, "-CK-", "chuyển khoản")
    with commune.writing() as session:
        text = export_csv(entries_in(session, None), {commune.officers["tham"].officer: "Chị Thắm"})
        before = [(row.written, row.spoken, row.any_case, row.beside) for row in entries_in(session, None)]
        for row in entries_in(session, None):
            remove_entry(session, commune.now, commune.officers["tham"], row.entry)
    assert _import(commune, text.encode()) == ImportCounts(3, 0, 0)
    with commune.database.reading() as session:
        assert [(row.written, row.spoken, row.any_case, row.beside) for row in entries_in(session, None)] == before


def test_no_exported_cell_is_a_formula(commune: Commune) -> None:
    put(commune, "-CK-", "chuyển khoản")
    put(commune, "@", "a còng", beside="=HYPERLINK(1)")
    with commune.database.reading() as session:
        text = export_csv(entries_in(session, None), {commune.officers["tham"].officer: "=cmd"})
    cells = [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"AAB,x\xff", "UTF-8"),
        (b"AAB,hai\nAAC", "Dòng 2: .*Thiếu cột"),
        (b"AAB,hai\nAAC,ba 3", "Dòng 2: Lời đọc có “3”"),
        (b'AAB,hai\n"=HYPERLINK(""http://x"")",ba', "Dòng 2: .*công thức"),
        (b'AAB,hai\n"AAC,ba', "Dòng 2 không phải CSV"),
        (b"x" * (2**20 + 1), "lớn quá 1 MB"),
    ],
)
def test_a_file_with_one_bad_line_changes_nothing_and_says_which(commune: Commune, data: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        _import(commune, data)
    with commune.database.reading() as session:
        assert entries_in(session, None) == []


def test_a_file_of_a_hundred_thousand_lines_is_refused(commune: Commune) -> None:
    letters = "BCDGHKLMNPQRSTVX"
    names = (f"A{a}{b}{c}{d}" for a in letters for b in letters for c in letters for d in letters)
    data = "\n".join(f"{name},một" for name in names).encode()
    assert data.count(b"\n") == 16**4 - 1
    with pytest.raises(Invalid, match=f"Quá {MOST_ENTRIES:,}".replace(",", ".")):
        _import(commune, data)


def test_announcements_that_an_entry_would_change_are_listed_and_keep_their_words(commune: Commune) -> None:
    touched = commune.announcement(text="Họp XBT", title="Một")
    commune.announcement(text="Họp dân", title="Hai")
    recorded = commune.announcement(text="Họp XBT", title="Ba")
    with commune.writing() as session:
        row = commune.row(recorded)
        row.recording = "a" * 64
        session.add(row)
    put(commune, "XBT", "xưởng bánh tráng")
    with commune.database.reading() as session:
        assert [row.announcement for row in find_read_otherwise(session, commune.now, "XBT")] == [touched]
        assert [row.announcement for row in find_read_otherwise(session, commune.now)] == [touched]
        assert find_read_otherwise(session, commune.now, "NTM") == []
    assert commune.row(touched).spoken_text == "Họp XBT"
