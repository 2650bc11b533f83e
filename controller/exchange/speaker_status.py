"""What speakers say of themselves: who is there, whose settings are old, whose plan is not what the office expects."""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from controller.database.tables import Speaker, SpeakerStatus
from controller.database.transactions import note_change
from controller.exchange.expected_plan import LivePlan
from controller.station.area_tree import area_tree
from controller.station.speaker_settings import last_settings, refresh_settings
from wire.status import SILENT_AFTER_S, Status

log = logging.getLogger(__name__)

SILENT_AFTER = timedelta(seconds=SILENT_AFTER_S)
FIRST_REPAIR_AFTER = timedelta(seconds=30)
LONGEST_REPAIR_PAUSE = timedelta(minutes=30)
SHOWN_OUT_OF_STEP_AFTER = 3
"""Repairs after which a speaker is shown as out of step."""


def take_status(session: Session, now: datetime, speaker: Speaker, status: Status, plan: LivePlan) -> str | None:
    """Keep a speaker's word; its journal, if it is another one than was known.

    An offline counts only from the connection that the last online came by. A word that is here already says nothing
    new, whenever it comes: the broker keeps the last one also of a speaker that has been gone for days.
    """
    row = session.get_one(SpeakerStatus, speaker.speaker)
    if not status.online:
        if (row.boot, row.session) == (status.boot, status.session) and speaker.is_online:
            row.received_at, speaker.silent_after = now, None
            _keep(session, speaker, row)
        return None
    if status.at is not None and row.status == status.fields():
        return None
    if not speaker.is_online:
        row.online_since = now
    row.received_at = now
    row.boot, row.session = status.boot, status.session
    new_journal = status.journal if status.journal != row.journal else None
    row.journal = status.journal or row.journal
    row.settings_revision = status.settings_revision
    row.status = status.fields()
    speaker.silent_after = now + SILENT_AFTER
    _compare_plan(session, row, status, now, plan)
    _keep(session, speaker, row)
    _renew_settings(session, now, speaker, status)
    return new_journal


def speaker_fell_silent(session: Session, speaker: Speaker) -> None:
    """Nothing was heard of it for too long."""
    speaker.silent_after = None
    session.add(speaker)
    note_change(session, "speaker", speaker.speaker)


def repaired(session: Session, now: datetime, row: SpeakerStatus) -> None:
    """Its broadcasts were published again; the next time, if it must be, after a pause that doubles."""
    row.repairs += 1
    pause = min(timedelta(minutes=1) * 2 ** min(row.repairs - 1, 10), LONGEST_REPAIR_PAUSE)
    row.repair_due = now + pause
    session.add(row)
    if row.repairs == SHOWN_OUT_OF_STEP_AFTER:
        note_change(session, "speaker", row.speaker)


def repairs_due(session: Session, now: datetime) -> list[SpeakerStatus]:
    """The speakers whose broadcasts are to be published again."""
    return list(
        session.exec(
            select(SpeakerStatus)
            .join(Speaker, col(Speaker.speaker) == col(SpeakerStatus.speaker))
            .where(col(SpeakerStatus.repair_due) <= now, col(Speaker.silent_after).is_not(None))
        ).all()
    )


def is_out_of_step(row: SpeakerStatus) -> bool:
    """Whether repairing has not helped: somebody should look."""
    return row.repairs >= SHOWN_OUT_OF_STEP_AFTER


def _compare_plan(session: Session, row: SpeakerStatus, status: Status, now: datetime, plan: LivePlan) -> None:
    if plan.agrees_with(session, status, row):
        row.out_of_step_since, row.repair_due, row.repairs = None, None, 0
    elif row.out_of_step_since is None:
        row.out_of_step_since, row.repair_due = now, now + FIRST_REPAIR_AFTER


def _renew_settings(session: Session, now: datetime, speaker: Speaker, status: Status) -> None:
    """A speaker that keeps a higher revision than ours has seen a newer office: this one is a restored copy."""
    told = last_settings(session, speaker.speaker)
    if status.settings_revision is not None and (told is None or status.settings_revision > told.revision):
        log.warning("speaker %s has settings %s, above ours: new ones", speaker.speaker, status.settings_revision)
        refresh_settings(session, now, [speaker], area_tree(session), above=status.settings_revision)


def _keep(session: Session, speaker: Speaker, row: SpeakerStatus) -> None:
    session.add(speaker)
    session.add(row)
    note_change(session, "speaker", speaker.speaker)
