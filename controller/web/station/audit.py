"""“Nhật ký: ai đã làm gì” (/nhat-ky): who did what, the newest first."""

import re
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.database.tables import AuditEntry
from controller.station.audit import SubjectKind, newest_entries, subjects_of
from controller.station.officers import all_officers
from controller.web.frame.page import PageValues, ThePage
from controller.web.words.states import APPROVAL_POLICY, ROLE, WEIGHTY, word
from controller.web.words.vietnamese import listed
from controller.words.numbers import number
from controller.words.translation import _

router = APIRouter(include_in_schema=False)

ON_ONE_PAGE = 100

_PATHS: dict[SubjectKind, str] = {"announcement": "/ban-tin/", "broadcast": "/luot-phat/", "speaker": "/cum-loa/"}
"""What the path of a subject's page begins with; the others have none."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the list. The same deed `times` in a row is one line: a draft is saved while it is written.

    `who`: the officer's name; empty: the program. `in_place_of`: the names of those for whom a deputy did it; empty:
    nobody. `what`, `link`: the name and the page of the subject; empty: none.
    """

    entry: AuditEntry
    who: str
    in_place_of: str
    what: str
    link: str
    note: str
    times: int


@dataclass(frozen=True)
class AuditPage(PageValues):
    """`more`: the id to go on after; None: there are no more."""

    template: ClassVar[str] = "station/audit.html"
    deeds: list[AuditLine]
    more: str | None


@router.get("/nhat-ky")
def get(page: ThePage, truoc: str | None = None) -> Response:
    """The list; `truoc`: only what is older than this entry."""
    with page.reading() as session:
        entries = newest_entries(session, ON_ONE_PAGE + 1, truoc)
        deeds = _read_lines(session, _folded(entries[:ON_ONE_PAGE]))
    more = entries[ON_ONE_PAGE - 1].entry if len(entries) > ON_ONE_PAGE else None
    return page.show(AuditPage(deeds, more))


def _folded(entries: list[AuditEntry]) -> list[list[AuditEntry]]:
    """The entries in runs of the same deed."""
    runs: list[list[AuditEntry]] = []
    for entry in entries:
        last = runs[-1][0] if runs else None
        summed_up = entry.action == "sign-ins failed" or "approval_policy" in entry.detail
        if (
            not summed_up
            and last
            and (last.officer, last.action, last.subject) == (entry.officer, entry.action, entry.subject)
        ):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return runs


def _read_lines(session: Session, runs: list[list[AuditEntry]]) -> list[AuditLine]:
    names = {each.officer: each.name for each in all_officers(session)}
    subjects = _read_subjects(session, {run[0].subject for run in runs})
    lines = []
    for run in runs:
        entry = run[0]
        what, link = subjects.get(entry.subject, ("", "")) if entry.subject != entry.officer else ("", "")
        note = _note(entry)
        who, absent = names.get(entry.officer or "", ""), entry.detail.get("in_place_of", [])
        if user := entry.detail.get("system_user"):
            who = _("{user}, ở máy chủ").format(user=user)
        in_place_of = listed([names[each] for each in absent if each in names])
        lines.append(AuditLine(entry, who, in_place_of, what, link, note, len(run)))
    return lines


def _note(entry: AuditEntry) -> str:
    """What the line says behind the deed."""
    if entry.action == "sign-ins failed":
        return _of_failed_sign_ins(entry)
    if "approval_policy" in entry.detail:
        holds = [name for name, ticked in entry.detail["approval_policy"].items() if ticked]
        return ", ".join(word(APPROVAL_POLICY, name) for name in holds) or _("một người phê duyệt là đủ")
    if "deed" in entry.detail:
        return _of_weighty_deed(entry)
    if entry.action == "charge changed":
        return word(ROLE, entry.detail["role"])
    note = " ".join(str(entry.detail[name]) for name in ("reason", "written") if entry.detail.get(name))
    return note and f"“{note}”"


def _of_weighty_deed(entry: AuditEntry) -> str:
    said = word(WEIGHTY, entry.detail["deed"])
    if "role" in entry.detail:
        said += ": " + word(ROLE, entry.detail["role"])
    return said + (f" “{entry.detail['reason']}”" if entry.detail.get("reason") else "")


def _of_failed_sign_ins(entry: AuditEntry) -> str:
    said = _("sai {wrong} lần, {refused} lần chưa xét vì quá nhiều, từ {networks} mạng").format(
        wrong=number(entry.detail["wrong"]),
        refused=number(entry.detail["refused"]),
        networks=number(entry.detail["networks"]),
    )
    return said if entry.subject else said + _("; tên đăng nhập không có ở đài")


def _read_subjects(session: Session, ids: set[str]) -> dict[str, tuple[str, str]]:
    """{id: (name, path of its page; empty: none)} of what entries are about."""
    found = {
        each: (_("năm {year}").format(year=each), f"/ngay-nghi?nam={each}")
        for each in ids
        if re.fullmatch(r"[0-9]{4}", each)
    }
    for each, subject in subjects_of(session, ids).items():
        found[each] = (subject.name, _PATHS[subject.kind] + each if subject.kind in _PATHS else "")
    return found
