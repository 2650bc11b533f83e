"""“Từ điển đọc”: how this commune reads what it writes, by area; in and out as a file; what a change touches."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlmodel import Session

from audio.spoken_text.national_list import national_list
from controller.announcements import lexicon
from controller.announcements.lexicon import LARGEST_FILE_BYTES, MOST_LOOKED_AT, Wording, entries_in, read_otherwise
from controller.database.tables import LexiconEntry
from controller.errors import Invalid
from controller.station.area_tree import area_tree
from controller.station.officers import all_officers
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.page import Page, ThePage
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

_FIELDS = {"written": "chu", "spoken": "doc", "beside": "gan", "file": "tep"}


@dataclass(frozen=True)
class Shown:
    """An entry as it is shown; `place`: whose it is, where it is inherited."""

    entry: LexiconEntry
    by: str
    place: str = ""


@router.get("/tu-dien")
def get(page: ThePage, dia_ban: str = "", chu: str = "", thay: str = "", bo: str = "", da: str = "") -> Response:
    """An area's entries and those that it inherits.

    `chu`: what was just set, `thay`: in place of these words; `bo`: what was dropped; `da`: what a file did.
    """
    return _shown(page, dia_ban or None, changed=bo or chu, instead=thay, dropped=bool(bo), done=da)


@router.get("/tu-dien.csv")
def get_file(page: ThePage, dia_ban: str = "") -> Response:
    """An area's own entries, for a spreadsheet."""
    with page.reading() as session:
        if dia_ban:
            area_tree(session).require(dia_ban)
        names = {each.officer: each.name for each in all_officers(session)}
        text = lexicon.export_csv(entries_in(session, dia_ban or None), names)
    headers = {"Content-Disposition": 'attachment; filename="tu-dien-doc.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/tu-dien")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Add an entry; what was there for the same writing is changed."""
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
        return _shown(page, area, form, error)
    return page.go(_path(area, **told))


@router.post("/tu-dien/tep")
def post_file(form: CheckedForm, page: ThePage) -> Response:
    """Take in a file."""
    area = form.text("dia-ban") or None
    file = form.file("tep")
    try:
        if file is None:
            raise Invalid("file", "lexicon_file_missing")
        data = file.file.read(LARGEST_FILE_BYTES + 1)
        with page.office.database.writing() as session:
            done = lexicon.import_csv(session, page.now, page.officer, area, data)
    except Invalid as error:
        return _shown(page, area, form, error)
    return page.go(_path(area, da=f"{done.added}-{done.changed}-{done.same}"))


@router.post("/tu-dien/{entry}")
def post_change(form: CheckedForm, page: ThePage, entry: str) -> Response:
    """Change an entry, or drop it."""
    area = form.text("dia-ban") or None
    try:
        with page.office.database.writing() as session:
            if form.text("viec") == "bo":
                told = {"bo": lexicon.remove_entry(session, page.now, page.officer, entry).written}
            else:
                told = {"chu": lexicon.change_entry(session, page.now, page.officer, entry, _wording(form)).written}
    except Invalid as error:
        return _shown(page, area, form, error)
    return page.go(_path(area, **told))


def _wording(form: Form) -> Wording:
    return Wording(form.text("chu"), form.text("doc"), form.text("moi-kieu") == "1", form.text("gan"))


def _path(area: str | None, **told: str) -> str:
    return "/tu-dien?" + urlencode({"dia_ban": area or "", **told})


def _shown(
    page: Page,
    area: str | None,
    form: Form | None = None,
    error: Invalid | None = None,
    changed: str = "",
    instead: str = "",
    dropped: bool = False,
    done: str = "",
) -> Response:
    with page.reading() as session:
        values = _values(session, page, area)
        touched = read_otherwise(session, page.now, changed) if changed or done else []
    added = [int(each) for each in done.split("-") if each.isdecimal() and len(each) < 7]
    wrong = Wrong({_FIELDS.get(error.field, error.field): str(error)}) if error else Wrong()
    return page.show(
        "station/lexicon.html",
        422 if error else 200,
        area=area or "",
        typed=form,
        wrong=wrong,
        changed=changed,
        instead=instead,
        dropped=dropped,
        done=added if len(added) == 3 else None,
        touched=touched,
        looked_at=MOST_LOOKED_AT,
        **values,
    )


def _values(session: Session, page: Page, area: str | None) -> dict[str, Any]:
    tree = area_tree(session)
    above: list[str | None] = []
    if area is not None:
        tree.require(area)
        above = [*reversed(tree.chain(area)[:-1]), None]
    names = {each.officer: each.name for each in all_officers(session)}

    def shown(of: str | None) -> list[Shown]:
        place = tree.by_id[of].name if of else _("cả đài")
        return [Shown(row, names[row.changed_by], place) for row in entries_in(session, of)]

    return {
        "areas": [(tree.by_id[each], len(tree.chain(each)) - 1) for each in tree.in_order()],
        "where": tree.by_id[area].name if area else _("cả đài"),
        "own": shown(area),
        "inherited": [each for of in above for each in shown(of)],
        "national": sorted(
            (each for entries in national_list().values() for each in entries), key=lambda each: each.written
        ),
        "may": page.officer.role in ("administrator", "editor", "approver")
        and (tree.is_in_charge(page.officer, [area]) if area else page.officer.area is None),
    }
