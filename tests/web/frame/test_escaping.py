"""`<script>` in every field shows as text, on every page where it can be read."""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, SQLModel, select

from controller.database.tables import (
    Announcement,
    Area,
    AuditEntry,
    Broadcast,
    Delivery,
    Deputy,
    Holiday,
    HolidayYear,
    LexiconEntry,
    Officer,
    OneOfficerRule,
    Passkey,
    PasswordLink,
    Schedule,
    Silence,
    Speaker,
    SpeakerStatus,
    Submission,
)
from controller.people.one_officer_rule import allow_one_officer
from controller.station import facts
from controller.words.phrases import Phrase
from tests.web.conftest import Website
from tests.web.frame.one_of_everything import add_one_of_everything
from tests.web.frame.page_addresses import WALKED, assert_walked_all, route_of, walk

READER = "tham"
READERS_NAME = "the name of the reader"
HELD_AREA, HOLDERS_NAME = "the name of the area that is held silent", "the name of the officer who holds it silent"
INVITEDS_NAME = "the name of who was invited, or invited somebody"
DEPUTYS_NAME = "the name of a deputy, or of who is away"
STATION: tuple[facts.StationKey, ...] = ("name", "technician", "technician_phone")
COLUMNS: Mapping[type[SQLModel], tuple[str, ...]] = {
    Announcement: ("title", "text", "spoken_text"),
    Area: ("name", "kind"),
    Broadcast: ("title",),
    Delivery: ("reason",),
    Holiday: ("name",),
    HolidayYear: ("decree",),
    LexiconEntry: ("written", "spoken", "beside"),
    Officer: ("name", "position"),
    OneOfficerRule: ("reason",),
    Passkey: ("name",),
    Speaker: ("name", "caretaker", "caretaker_phone"),
    Submission: ("refusal",),
}
"""The columns that hold what people, or speakers, have written."""
OF_A_STATUS = ("playing", "last_error", "agent", "clock", "refused")
IN_JSON = {"AuditEntry.detail", "Announcement.corrections", "Schedule.trouble"}
OF_THE_FRAME = {
    READERS_NAME,
    HELD_AREA,
    HOLDERS_NAME,
    DEPUTYS_NAME,
    INVITEDS_NAME,
    *(f"station {key}" for key in STATION),
}
"""What can stand on every page, whatever else it shows."""
ALL_FIELDS = {
    *OF_THE_FRAME,
    *(f"{table.__name__}.{name}" for table, names in COLUMNS.items() for name in names),
    *(f"status {name}" for name in OF_A_STATUS),
    *IN_JSON,
}
SHOWS_NO_ROW = {"/dang-nhap", "/dat-mat-khau", "/huong-dan", "/viec-hai-nguoi"}
"""Or of whom a link is, whom the frame names too."""

_NO_VOICE_SAYS = "{{ 123456*2 }}"


def evil(field: str) -> str:
    """Markup that names the field in which it was written."""
    return f"<script>alert('{field}')</script>\"'><img src=x onerror=alert(1)>{_NO_VOICE_SAYS}"


EVIL = evil("typed")


def _poison(website: Website) -> None:
    """Write it into every field of every row that anybody can write."""
    add_one_of_everything(website.commune, 0)
    with website.commune.writing() as session:
        allow_one_officer(session, website.commune.now, website.commune.officers[READER], "Chỉ có một cán bộ.")
        for key in STATION:
            facts.write(session, key, evil(f"station {key}"))
        _poison_columns(session)
        _poison_what_speakers_said(session)
        _poison_json(session)
        _poison_frame(session, website.commune.officers[READER].officer)


def _poison_columns(session: Session) -> None:
    for table, names in COLUMNS.items():
        rows = session.exec(select(table)).all()
        assert rows, f"no {table.__name__} to write into"
        for row in rows:
            for name in names:
                setattr(row, name, evil(f"{table.__name__}.{name}"))
            session.add(row)


def _poison_json(session: Session) -> None:
    for entry in session.exec(select(AuditEntry)).all():
        if "reason" in entry.detail:
            entry.detail = {**entry.detail, "reason": evil("AuditEntry.detail")}
        session.add(entry)
    for row in session.exec(select(Announcement)).all():
        words = evil("Announcement.corrections")
        row.corrections = [{**each, "written": words, "spoken": words} for each in row.corrections]
        session.add(row)
    for schedule in session.exec(select(Schedule)).all():
        schedule.trouble = Phrase("speech_failed", why=evil("Schedule.trouble"))
        session.add(schedule)


def _poison_frame(session: Session, reader: str) -> None:
    """Rows that every page names have fields of their own, so that they don't stand for those of the page."""
    for link in session.exec(select(PasswordLink).where(PasswordLink.kind == "invitation")).all():
        for person in (session.get_one(Officer, link.officer), session.get_one(Officer, link.made_by)):
            person.name = evil(INVITEDS_NAME)
            session.add(person)
    for named in session.exec(select(Deputy)).all():
        for person in (session.get_one(Officer, named.absent), session.get_one(Officer, named.officer)):
            person.name = evil(DEPUTYS_NAME)
            session.add(person)
    officer = session.get_one(Officer, reader)
    officer.name = evil(READERS_NAME)
    session.add(officer)
    for held in session.exec(select(Silence)).all():
        area = session.get_one(Area, held.area)
        holder = session.get_one(Officer, held.held_by)
        area.name, holder.name = evil(HELD_AREA), evil(HOLDERS_NAME)
        session.add_all((area, holder))


def _poison_what_speakers_said(session: Session) -> None:
    """Places for the map, too: it shows names."""
    for number, speaker in enumerate(session.exec(select(Speaker)).all()):
        speaker.latitude, speaker.longitude = 11.0 + number, 107.0
        session.add(speaker)
    for status in session.exec(select(SpeakerStatus)).all():
        said: Any = {name: evil(f"status {name}") for name in OF_A_STATUS}
        said |= {"online": True, "clock": {"state": said["clock"], "offset_ms": 1.0}, "refused": {said["refused"]: 3}}
        status.status = said
        session.add(status)


def _fields_shown(walked: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The fields that can be read on each page, by the path of its route."""
    found: dict[str, set[str]] = {path: set() for path in WALKED}
    for address, page in walked:
        shown = re.findall(r"&lt;script&gt;alert\((.+?)\)&lt;/script&gt;", page)
        found[route_of(address) or ""] |= {html.unescape(each).strip("'") for each in shown}
    return found


def test_markup_in_every_field_shows_as_text(website: Website) -> None:
    _poison(website)
    walked = list(walk(website, website.officer(READER)))
    assert_walked_all([address for address, _ in walked])
    for address, page in walked:
        assert "<script>" not in page, address
        assert "<img" not in page, address
        assert "246912" not in page, f"{address}: a template was rendered twice"
    fields_of = _fields_shown(walked)
    assert {path for path, fields in fields_of.items() if not fields - OF_THE_FRAME} == SHOWS_NO_ROW
    assert {field for fields in fields_of.values() for field in fields} == ALL_FIELDS


def test_markup_in_what_is_typed_or_asked_shows_as_text(website: Website) -> None:
    browser = website.officer()
    announcement = website.commune.approved()
    asked = website.commune.areas["ấp 1"]
    for path in (
        f"/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban={asked}&gio=<script>alert(1)</script>",
        f"/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban=<script>alert(1)</script>",
        f'/ban-tin/{announcement}/phat?khi=gio-dinh&dia-ban={asked}&gio=17:15&lan="><script>alert(1)</script>',
        "/cum-loa/<script>alert(1)<script>",
        "/ban-tin?truoc=<script>alert(1)</script>",
        "/luot-phat/<script>alert(1)</script>",
        "/<script>alert(1)</script>",
    ):
        answer = browser.client.get(path)
        assert "<script>alert" not in answer.text, path
    visitor = website.visitor()
    visitor.get('/dang-nhap?tiep=/"><script>alert(1)</script>')
    assert "<script>alert" not in visitor.page
    answer = visitor.send("/dang-nhap", {"ten": EVIL, "mat-khau": "x"})
    assert "<script>alert" not in answer.text
