"""“Từ điển đọc” (/tu-dien): how the words of each area are read; in and out as a file (/tu-dien.csv, /tu-dien/tep).

After a change the page lists the announcements that would be read otherwise now.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlmodel import Session

from audio.spoken_text.national_list import Abbreviation, national_list
from controller.announcements import lexicon
from controller.announcements.lexicon import (
    LARGEST_FILE_BYTES,
    LONGEST_SPOKEN,
    MOST_ANNOUNCEMENTS_SEARCHED,
    Wording,
    entries_in,
    find_read_otherwise,
)
from controller.database.tables import Announcement, LexiconEntry
from controller.errors import Invalid
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import areas_of, may
from controller.station.officers import all_officers
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.page import ForEditors, Page, PageValues, ThePage
from controller.web.words.place_names import AreaChoice, area_choices
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

_FIELDS = {"written": "chu", "spoken": "doc", "beside": "gan", "file": "tep"}


@dataclass(frozen=True)
class EntryLine:
    """An entry, the name of the officer who changed it last, and the name of its area."""

    entry: LexiconEntry
    by: str
    place: str


@dataclass(frozen=True)
class LexiconDeed:
    """What was done just before the page is shown.

    `changed`: the writing that was set or dropped; `instead`: the words that it replaced. `counts`: how many entries a
    file added, changed, and left as they were.
    """

    changed: str = ""
    instead: str = ""
    dropped: bool = False
    counts: tuple[int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class LexiconPage(PageValues):
    """The entries of one area (`area` empty: of the station), what it inherits, and the list that all stations have.

    `touched`: the announcements, of the `looked_at` newest, that would be read otherwise after the deed.
    """

    template: ClassVar[str] = "station/lexicon.html"
    area: str
    where: str
    areas: list[AreaChoice]
    own: list[EntryLine]
    inherited: list[EntryLine]
    national: list[Abbreviation]
    may: bool
    changed: str
    instead: str
    dropped: bool
    done: tuple[int, int, int] | None
    touched: list[Announcement]
    typed: Form | None
    wrong: FieldErrors
    longest_spoken: int = LONGEST_SPOKEN
    looked_at: int = MOST_ANNOUNCEMENTS_SEARCHED


@router.get("/tu-dien")
def get(page: ThePage, dia_ban: str = "", chu: str = "", thay: str = "", bo: str = "", da: str = "") -> Response:
    """An area's entries and those that it inherits.

    Just before, `chu` was set in place of the words `thay`, `bo` was dropped, or a file did `da` (three counts).
    """
    return _show_lexicon(page, dia_ban or None, LexiconDeed(bo or chu, thay, dropped=bool(bo), counts=_read_counts(da)))


@router.get("/tu-dien.csv")
def get_file(page: ThePage, dia_ban: str = "") -> Response:
    """An area's own entries as CSV, for a spreadsheet."""
    with page.reading() as session:
        if dia_ban:
            area_tree(session).require(dia_ban)
        names = {each.officer: each.name for each in all_officers(session)}
        text = lexicon.export_csv(entries_in(session, dia_ban or None), names)
    headers = {"Content-Disposition": 'attachment; filename="tu-dien-doc.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/tu-dien")
def post(form: CheckedForm, page: ForEditors) -> Response:
    """Add an entry, or change the one for the same writing."""
    area = form.text("dia-ban") or None
    try:
        with page.office.database.writing() as session:
            wording = _wording(form)
            before = next(
                (
                    each.spoken
                    for each in entries_in(session, area)
                    if (each.written, each.beside.lower()) == (wording.written, wording.beside.strip().lower())
                ),
                "",
            )
            row = lexicon.set_entry(session, page.now, page.officer, area, wording)
            told = {"chu": row.written, "thay": before if before != row.spoken else ""}
    except Invalid as error:
        return _show_lexicon(page, area, LexiconDeed(), form, error)
    return page.go(_path(area, **told))


@router.post("/tu-dien/tep")
def post_file(form: CheckedForm, page: ForEditors) -> Response:
    """Add and change the entries of a CSV file."""
    area = form.text("dia-ban") or None
    file = form.file("tep")
    try:
        if file is None:
            raise Invalid("file", "lexicon_file_missing")
        given = lexicon.read_csv(file.file.read(LARGEST_FILE_BYTES + 1))
        with page.office.database.writing() as session:
            done = lexicon.import_entries(session, page.now, page.officer, area, given)
    except Invalid as error:
        return _show_lexicon(page, area, LexiconDeed(), form, error)
    return page.go(_path(area, da=f"{done.added}-{done.changed}-{done.same}"))


@router.post("/tu-dien/{entry}")
def post_change(form: CheckedForm, page: ForEditors, entry: str) -> Response:
    """Change an entry, or remove it (`viec=bo`)."""
    area = form.text("dia-ban") or None
    try:
        with page.office.database.writing() as session:
            if form.text("viec") == "bo":
                told = {"bo": lexicon.remove_entry(session, page.now, page.officer, entry).written}
            else:
                told = {"chu": lexicon.change_entry(session, page.now, page.officer, entry, _wording(form)).written}
    except Invalid as error:
        return _show_lexicon(page, area, LexiconDeed(), form, error)
    return page.go(_path(area, **told))


def _wording(form: Form) -> Wording:
    return Wording(form.text("chu"), form.text("doc"), form.text("moi-kieu") == "1", form.text("gan"))


def _path(area: str | None, **told: str) -> str:
    return "/tu-dien?" + urlencode({"dia_ban": area or "", **told})


def _read_counts(text: str) -> tuple[int, int, int] | None:
    """What `_path` wrote into the address; None for anything else."""
    found = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})-([0-9]{1,6})", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _show_lexicon(
    page: Page, area: str | None, deed: LexiconDeed, form: Form | None = None, error: Invalid | None = None
) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        above: list[str | None] = []
        if area is not None:
            tree.require(area)
            above = [*reversed(tree.chain(area)[:-1]), None]
        names = {each.officer: each.name for each in all_officers(session)}
        values = LexiconPage(
            area=area or "",
            where=_place(tree, area),
            areas=area_choices(tree),
            own=_entry_lines(session, tree, names, area),
            inherited=[line for each in above for line in _entry_lines(session, tree, names, each)],
            national=_national_entries(),
            may=may(page.charges, "editor", areas_of(area), tree),
            changed=deed.changed,
            instead=deed.instead,
            dropped=deed.dropped,
            done=deed.counts,
            touched=find_read_otherwise(session, page.now, deed.changed) if deed.changed or deed.counts else [],
            typed=form,
            wrong=FieldErrors.of(error, _FIELDS),
        )
    return page.show(values, 422 if error else 200)


def _place(tree: AreaTree, area: str | None) -> str:
    return tree.by_id[area].name if area else _("cả đài")


def _entry_lines(session: Session, tree: AreaTree, names: Mapping[str, str], area: str | None) -> list[EntryLine]:
    place = _place(tree, area)
    return [EntryLine(row, names[row.changed_by], place) for row in entries_in(session, area)]


def _national_entries() -> list[Abbreviation]:
    entries = (each for alternatives in national_list().values() for each in alternatives)
    return sorted(entries, key=lambda each: each.written)
