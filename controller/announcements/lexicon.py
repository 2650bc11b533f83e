"""What an officer does with the lexicon: how something that is written is read, in an area and all below it.

A change is heard in what is written from then on. What was read before stays as it was, until it is read again.
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
from controller.announcements.drafts import speaks_vietnamese
from controller.announcements.readings import reading_of
from controller.database.tables import Announcement, LexiconEntry, Officer
from controller.errors import Forbidden, Invalid, NotFound
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.name_order import by_name
from controller.station.officers import require_role
from wire.ids import new_ulid

LONGEST_WRITTEN, LONGEST_SPOKEN, LONGEST_BESIDE = 60, 200, 40
MOST_ENTRIES = 5_000
"""Of one area; the national list has some hundreds."""
LARGEST_FILE_BYTES = 2**20
MOST_LOOKED_AT = 300
"""Of the newest announcements, when those are looked for that a change touches."""
HEAD = ("chữ viết", "cách đọc", "mọi kiểu chữ", "gần chữ")
"""Of the file's columns; more may follow, and aren't read."""

_SAID = frozenset(" ,.;:-–'’()!?\"“”/")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKS = frozenset(".,;:!?-–—/()+%'’\"“” ")
_YES = frozenset({"có", "co", "x", "1", "yes", "true"})


@dataclass(frozen=True)
class Wording:
    """An entry as it is written down."""

    written: str
    spoken: str
    any_case: bool = False
    beside: str = ""


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    added: int
    changed: int
    same: int


def entries_in(session: Session, area: str | None) -> list[LexiconEntry]:
    """An area's own, by how they are written; None: the station's."""
    rows = session.exec(select(LexiconEntry).where(col(LexiconEntry.area) == area)).all()
    return sorted(rows, key=lambda row: (by_name(row.written), row.beside, row.entry))


def set_entry(session: Session, now: datetime, officer: Officer, area: str | None, wording: Wording) -> LexiconEntry:
    """Add it, or change what was there for the same writing beside the same word. Raises Invalid, Forbidden."""
    _require_charge(session, officer, area)
    wording = _checked(wording)
    there = _same(session, area, wording)
    if there is None and len(entries_in(session, area)) >= MOST_ENTRIES:
        raise Invalid("written", "lexicon_full", most=MOST_ENTRIES)
    return _put(session, now, officer, area, wording, there)


def change_entry(session: Session, now: datetime, officer: Officer, entry: str, wording: Wording) -> LexiconEntry:
    """Change one. Raises NotFound, Invalid (another has the same writing beside the same word), Forbidden."""
    row = _require(session, officer, entry)
    wording = _checked(wording)
    other = _same(session, row.area, wording)
    if other is not None and other.entry != entry:
        raise Invalid("written", "lexicon_entry_exists", written=wording.written)
    return _put(session, now, officer, row.area, wording, row)


def remove_entry(session: Session, now: datetime, officer: Officer, entry: str) -> LexiconEntry:
    """From now on rules and national list read it again. Raises NotFound, Forbidden."""
    row = _require(session, officer, entry)
    session.delete(row)
    session.flush()
    audit.record(session, now, officer.officer, "lexicon entry removed", entry, written=row.written, spoken=row.spoken)
    return row


def export_csv(rows: Iterable[LexiconEntry], names: dict[str, str]) -> str:
    """A file that `import_csv` reads and a spreadsheet opens: it begins with a byte order mark. `names`: of officers.

    What a spreadsheet would take for a formula has an apostrophe before it.
    """
    file = io.StringIO()
    file.write("\ufeff")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)  # a spreadsheet may part at semicolons as well
    writer.writerow([*HEAD, "người sửa", "lúc (UTC)"])
    for row in rows:
        cells = [row.written, row.spoken, "có" if row.any_case else "", row.beside, names.get(row.changed_by, "")]
        writer.writerow([*map(_no_formula, cells), f"{row.changed_at:%Y-%m-%d %H:%M}"])
    return file.getvalue()


def import_csv(session: Session, now: datetime, officer: Officer, area: str | None, data: bytes) -> Imported:
    """Add and change entries as a file says; those that it doesn't name stay. Raises Invalid with nothing changed."""
    _require_charge(session, officer, area)
    there = {_key(row.written, row.beside): row for row in entries_in(session, area)}
    given: dict[tuple[str, str], Wording] = {}
    for number, (line, cells) in enumerate(_lines(data), 1):
        if number > MOST_ENTRIES:
            raise Invalid("file", "lexicon_file_too_many_lines", most=MOST_ENTRIES)
        try:
            wording = _checked(_wording(cells))
        except Invalid as error:
            raise Invalid("file", "lexicon_file_line", line=line, why=error.phrase) from None
        given[_key(wording.written, wording.beside)] = wording
        if len(given.keys() | there.keys()) > MOST_ENTRIES:
            raise Invalid("file", "lexicon_file_fills_it", most=MOST_ENTRIES)
    added = changed = 0
    for key, wording in given.items():
        row = there.get(key)
        if row is not None and _is_worded(row, wording):
            continue
        added, changed = added + (row is None), changed + (row is not None)
        _put(session, now, officer, area, wording, row)
    return Imported(added, changed, len(given) - added - changed)


def read_otherwise(session: Session, now: datetime, written: str = "") -> list[Announcement]:
    """Announcements, the newest first, that would be read otherwise today; `written`: only those that hold it."""
    query = select(Announcement).where(col(Announcement.recording).is_(None))
    rows = session.exec(query.order_by(col(Announcement.changed_at).desc()).limit(MOST_LOOKED_AT)).all()
    held = [row for row in rows if written.lower() in row.text.lower() and speaks_vietnamese(row)]
    return [row for row in held if reading_of(session, now, row).words != row.spoken_text]


def _put(
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
        }
    )
    session.add(row)
    session.flush()
    audit.record(
        session, now, officer.officer, "lexicon entry set", row.entry, written=wording.written, spoken=wording.spoken
    )
    return row


def _same(session: Session, area: str | None, wording: Wording) -> LexiconEntry | None:
    key = _key(wording.written, wording.beside)
    return next((row for row in entries_in(session, area) if _key(row.written, row.beside) == key), None)


def _key(written: str, beside: str) -> tuple[str, str]:
    return written, beside.lower()


def _is_worded(row: LexiconEntry, wording: Wording) -> bool:
    return (row.written, row.spoken, row.any_case, row.beside) == (
        wording.written,
        wording.spoken,
        wording.any_case,
        wording.beside,
    )


def _require(session: Session, officer: Officer, entry: str) -> LexiconEntry:
    row = session.get(LexiconEntry, entry)
    if row is None:
        raise NotFound("lexicon_entry_unknown")
    _require_charge(session, officer, row.area)
    return row


def _require_charge(session: Session, officer: Officer, area: str | None) -> None:
    require_role(officer, "editor", "approver")
    if area is None:
        if officer.area is not None:
            raise Forbidden("lexicon_of_own_part", officer=officer.name)
        return
    tree = area_tree(session)
    tree.require_named(area, "area")
    tree.require_charge(officer, [area])


def check_spoken(field: str, spoken: str, written: str) -> str:
    """Words as a voice can say them, in NFC; raises Invalid. Nothing of them is read again, so nothing may be left."""
    spoken = " ".join(unicodedata.normalize("NFC", spoken).split())
    if not any(letter.isalpha() for letter in spoken):
        raise Invalid(field, "spoken_missing")
    if len(spoken) > LONGEST_SPOKEN:
        raise Invalid(field, "spoken_too_long", most=LONGEST_SPOKEN)
    for letter in spoken:
        if not letter.isalpha() and letter not in _SAID:
            raise Invalid(field, "spoken_sign", sign=letter)
    read = spoken_text(spoken).words
    if spoken != written and read != spoken:
        raise Invalid(field, "spoken_not_spelled_out", words=read)
    return spoken


def _checked(wording: Wording) -> Wording:
    written = plain_text(wording.written).text.strip()
    if not written or "\n" in written:
        raise Invalid("written", "written_missing")
    if len(written) > LONGEST_WRITTEN:
        raise Invalid("written", "written_too_long", most=LONGEST_WRITTEN)
    if len(written) == 1 and written.isalnum():
        raise Invalid("written", "written_everywhere", written=written)
    if all(letter in _MARKS for letter in written):
        raise Invalid("written", "written_only_marks", written=written)
    if written[0] in "=@\t" and len(written) > 1:
        raise Invalid("written", "written_formula", written=written)
    beside = " ".join(unicodedata.normalize("NFC", wording.beside).split())
    if len(beside) > LONGEST_BESIDE:
        raise Invalid("beside", "beside_too_long", most=LONGEST_BESIDE)
    return replace(wording, written=written, spoken=check_spoken("spoken", wording.spoken, written), beside=beside)


def _lines(data: bytes) -> Iterable[tuple[int, Sequence[str]]]:
    """The file's lines behind its head, with their numbers; raises Invalid."""
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
            if not any(cells) or [each.lower() for each in cells[:2]] == list(HEAD[:2]):
                continue
            yield reader.line_num, cells
    except csv.Error as error:
        raise Invalid("file", "lexicon_file_not_csv", line=reader.line_num, detail=str(error)) from None


def _wording(cells: Sequence[str]) -> Wording:
    if len(cells) < 2:
        raise Invalid("file", "lexicon_file_columns")
    written, spoken, any_case, beside = (*map(_plain_cell, cells[:4]), "", "")[:4]
    return Wording(written, spoken, any_case.lower() in _YES, beside)


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain_cell(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
