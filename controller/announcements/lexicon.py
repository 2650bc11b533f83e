"""The lexicon: entries that say how a written form is read in an area and all areas below it.

A change affects announcements that are written or changed afterwards. Others keep their words until an officer has them
read again.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from audio.spoken_text import spoken_text
from audio.spoken_text.plain_text import plain_text
from controller.announcements.readings import readings_of, speaks_vietnamese
from controller.database.tables import Announcement, LexiconEntry, Officer
from controller.errors import Forbidden, Invalid, NotFound
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import charges_of, may_in_station, require
from controller.station.name_order import by_name
from controller.station.spreadsheet_cells import cell_of, text_of
from wire.ids import new_ulid

LONGEST_WRITTEN, LONGEST_SPOKEN, LONGEST_BESIDE = 60, 200, 40
MOST_ENTRIES = 5_000
"""In one area. The national list has some hundreds."""
LARGEST_FILE_BYTES = 2**20
MOST_ANNOUNCEMENTS_SEARCHED = 300
"""How many of the newest announcements are compared with a changed lexicon."""
CSV_HEADER = ("chữ viết", "cách đọc", "mọi kiểu chữ", "gần chữ")
"""The header of the CSV's columns; further columns are ignored."""

_SPEAKABLE_SIGNS = frozenset(" ,.;:-–'’()!?\"“”/")
_PUNCTUATION = frozenset(".,;:!?-–—/()+%'’\"“” ")
_YES_WORDS = frozenset({"có", "co", "x", "1", "yes", "true"})


@dataclass(frozen=True)
class Wording:
    """The content of an entry. `beside`: a word that must stand near the written form; "" for none."""

    written: str
    spoken: str
    any_case: bool = False
    beside: str = ""


@dataclass(frozen=True)
class ImportCounts:
    """How many entries an imported file added, changed, and left as they were."""

    added: int
    changed: int
    same: int


def entries_in(session: Session, area: str | None) -> list[LexiconEntry]:
    """An area's own entries, sorted by written form; `area` None: the station's entries."""
    rows = session.exec(select(LexiconEntry).where(col(LexiconEntry.area) == area)).all()
    return sorted(rows, key=lambda row: (by_name(row.written), row.beside, row.entry))


def set_entry(session: Session, now: datetime, officer: Officer, area: str | None, wording: Wording) -> LexiconEntry:
    """Add an entry, or change the one with the same written form and `beside`. Raises Invalid, Forbidden."""
    _require_editor(session, now, officer, area)
    wording = _check_wording(wording)
    existing = _find_same(session, area, wording)
    if existing is None and len(entries_in(session, area)) >= MOST_ENTRIES:
        raise Invalid("written", "lexicon_full", most=MOST_ENTRIES)
    return _write_entry(session, now, officer, area, wording, existing)


def change_entry(session: Session, now: datetime, officer: Officer, entry: str, wording: Wording) -> LexiconEntry:
    """Change an entry. Raises NotFound, Forbidden, Invalid (also if another has this written form and `beside`)."""
    row = _require_entry(session, now, officer, entry)
    wording = _check_wording(wording)
    other = _find_same(session, row.area, wording)
    if other is not None and other.entry != entry:
        raise Invalid("written", "lexicon_entry_exists", written=wording.written)
    return _write_entry(session, now, officer, row.area, wording, row)


def remove_entry(session: Session, now: datetime, officer: Officer, entry: str) -> LexiconEntry:
    """Remove an entry; rules and national list read its written form again. Raises NotFound, Forbidden."""
    row = _require_entry(session, now, officer, entry)
    session.delete(row)
    session.flush()
    audit.record(session, now, officer.officer, "lexicon entry removed", entry, written=row.written, spoken=row.spoken)
    return row


def export_csv(rows: Iterable[LexiconEntry], names: dict[str, str]) -> str:
    """CSV, with byte order mark, for spreadsheets and for `read_csv`. `names`: {officer: name}."""
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)  # some spreadsheets also split at semicolons
    writer.writerow([*CSV_HEADER, "người sửa", "lúc (UTC)"])
    for row in rows:
        cells = [row.written, row.spoken, "có" if row.any_case else "", row.beside, names.get(row.changed_by, "")]
        writer.writerow([*map(cell_of, cells), f"{row.changed_at:%Y-%m-%d %H:%M}"])
    return file.getvalue()


def read_csv(data: bytes) -> list[Wording]:
    """The entries of a CSV file; of two for one writing the last counts. Raises Invalid. It takes seconds."""
    given: dict[tuple[str, str], Wording] = {}
    for number, (line, cells) in enumerate(_read_lines(data), 1):
        if number > MOST_ENTRIES:
            raise Invalid("file", "lexicon_file_too_many_lines", most=MOST_ENTRIES)
        try:
            wording = _check_wording(_wording_of_cells(cells))
        except Invalid as error:
            raise Invalid("file", "lexicon_file_line", line=line, why=error.phrase) from None
        given[_entry_key(wording.written, wording.beside)] = wording
    return list(given.values())


def import_entries(
    session: Session, now: datetime, officer: Officer, area: str | None, given: Sequence[Wording]
) -> ImportCounts:
    """Add and change entries that were checked by `read_csv`; other entries stay. Raises Forbidden, Invalid (full)."""
    _require_editor(session, now, officer, area)
    existing = {_entry_key(row.written, row.beside): row for row in entries_in(session, area)}
    if len({_entry_key(each.written, each.beside) for each in given} | existing.keys()) > MOST_ENTRIES:
        raise Invalid("file", "lexicon_file_fills_it", most=MOST_ENTRIES)
    added = changed = 0
    for wording in given:
        row = existing.get(_entry_key(wording.written, wording.beside))
        if row is not None and _has_wording(row, wording):
            continue
        added, changed = added + (row is None), changed + (row is not None)
        _write_entry(session, now, officer, area, wording, row)
    return ImportCounts(added, changed, len(given) - added - changed)


def find_read_otherwise(session: Session, now: datetime, written: str = "") -> list[Announcement]:
    """Announcements whose words would differ if they were read today, the last changed first.

    `written`: only announcements whose text contains it. Searches MOST_ANNOUNCEMENTS_SEARCHED announcements.
    """
    query = select(Announcement).where(col(Announcement.recording).is_(None))
    rows = session.exec(query.order_by(col(Announcement.changed_at).desc()).limit(MOST_ANNOUNCEMENTS_SEARCHED)).all()
    held = [row for row in rows if written.lower() in row.text.lower() and speaks_vietnamese(row)]
    readings = readings_of(session, now, held)
    return [row for row, reading in zip(held, readings, strict=True) if reading.words != row.spoken_text]


def _write_entry(
    session: Session, now: datetime, officer: Officer, area: str | None, wording: Wording, row: LexiconEntry | None
) -> LexiconEntry:
    row = row or LexiconEntry(
        entry=new_ulid(now), area=area, written="", spoken="", changed_by=officer.officer, changed_at=now
    )
    row.sqlmodel_update(
        {
            "written": wording.written,
            "spoken": wording.spoken,
            "any_case": wording.any_case,
            "beside": wording.beside,
            "changed_by": officer.officer,
            "changed_at": now,
            "approved": False,
        }
    )
    session.add(row)
    audit.record(
        session, now, officer.officer, "lexicon entry set", row.entry, written=wording.written, spoken=wording.spoken
    )
    return row


def _find_same(session: Session, area: str | None, wording: Wording) -> LexiconEntry | None:
    key = _entry_key(wording.written, wording.beside)
    return next((row for row in entries_in(session, area) if _entry_key(row.written, row.beside) == key), None)


def _entry_key(written: str, beside: str) -> tuple[str, str]:
    return written, beside.lower()


def _has_wording(row: LexiconEntry, wording: Wording) -> bool:
    return (row.written, row.spoken, row.any_case, row.beside) == (
        wording.written,
        wording.spoken,
        wording.any_case,
        wording.beside,
    )


def _require_entry(session: Session, now: datetime, officer: Officer, entry: str) -> LexiconEntry:
    row = session.get(LexiconEntry, entry)
    if row is None:
        raise NotFound("lexicon_entry_unknown")
    _require_editor(session, now, officer, row.area)
    return row


def _require_editor(session: Session, now: datetime, officer: Officer, area: str | None) -> None:
    if area is None:
        if not may_in_station(charges_of(session, now, officer), "editor"):
            raise Forbidden("lexicon_of_own_part", officer=officer.name)
        return
    area_tree(session).require_named(area, "area")
    require(session, now, officer, "editor", [area])


def check_spoken(field: str, spoken: str, written: str) -> str:
    """The words in NFC. Raises Invalid unless a voice can say them as they are: no rule is applied to them later."""
    spoken = " ".join(unicodedata.normalize("NFC", spoken).split())
    if not any(letter.isalpha() for letter in spoken):
        raise Invalid(field, "spoken_missing")
    if len(spoken) > LONGEST_SPOKEN:
        raise Invalid(field, "spoken_too_long", most=LONGEST_SPOKEN)
    for letter in spoken:
        if not letter.isalpha() and letter not in _SPEAKABLE_SIGNS:
            raise Invalid(field, "spoken_sign", sign=letter)
    read = spoken_text(spoken).words
    if spoken != written and read != spoken:
        raise Invalid(field, "spoken_not_spelled_out", words=read)
    return spoken


def _check_wording(wording: Wording) -> Wording:
    written = plain_text(wording.written).text.strip()
    if not written or "\n" in written:
        raise Invalid("written", "written_missing")
    if len(written) > LONGEST_WRITTEN:
        raise Invalid("written", "written_too_long", most=LONGEST_WRITTEN)
    if len(written) == 1 and written.isalnum():
        raise Invalid("written", "written_everywhere", written=written)
    if all(letter in _PUNCTUATION for letter in written):
        raise Invalid("written", "written_only_marks", written=written)
    if written[0] in "=@\t" and len(written) > 1:
        raise Invalid("written", "written_formula", written=written)
    beside = " ".join(unicodedata.normalize("NFC", wording.beside).split())
    if len(beside) > LONGEST_BESIDE:
        raise Invalid("beside", "beside_too_long", most=LONGEST_BESIDE)
    return replace(wording, written=written, spoken=check_spoken("spoken", wording.spoken, written), beside=beside)


def _read_lines(data: bytes) -> Iterable[tuple[int, Sequence[str]]]:
    """(line number, cells) of the CSV's rows, without header and empty rows; raises Invalid."""
    if len(data) > LARGEST_FILE_BYTES:
        raise Invalid("file", "lexicon_file_too_large", most_mb=LARGEST_FILE_BYTES // 2**20)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("file", "lexicon_file_not_utf8") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or [each.lower() for each in cells[:2]] == list(CSV_HEADER[:2]):
                continue
            yield reader.line_num, cells
    except csv.Error as error:
        raise Invalid("file", "lexicon_file_not_csv", line=reader.line_num, detail=str(error)) from None


def _wording_of_cells(cells: Sequence[str]) -> Wording:
    if len(cells) < 2:
        raise Invalid("file", "lexicon_file_columns")
    written, spoken, any_case, beside = (*map(text_of, cells[:4]), "", "")[:4]
    return Wording(written, spoken, any_case.lower() in _YES_WORDS, beside)
