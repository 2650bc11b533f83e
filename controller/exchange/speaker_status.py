"""The statuses of speakers: online or not, settings newer than ours, a plan that isn't what the office expects."""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from controller.database.tables import Speaker, SpeakerStatus
from controller.database.transactions import note_change
from controller.exchange.expected_plan import LivePlan
from controller.exchange.quotas import Quotas, is_believable
from controller.exchange.shown_status import shown_fields
from controller.station.area_tree import area_tree
from controller.station.last_words import IS_ONLINE_COLUMN
from controller.station.speaker_settings import last_settings, refresh_settings
from wire.status import SILENT_AFTER_S, Status

log = logging.getLogger(__name__)

SILENT_AFTER = timedelta(seconds=SILENT_AFTER_S)
FIRST_REPAIR_AFTER = timedelta(seconds=30)
LONGEST_REPAIR_PAUSE = timedelta(minutes=30)
SHOWN_OUT_OF_STEP_AFTER = 3
"""Repairs in a row after which a speaker is shown as out of step."""


def take_status(
    session: Session,
    now: datetime,
    speaker: Speaker,
    status: Status,
    plan: LivePlan,
    quotas: Quotas,
) -> str | None:
    """Store a status. Returns the id of the speaker's journal if it is another than before, else None.

    An offline status counts only if it belongs to the connection of the last online status. A status that is stored
    already changes nothing: the broker retains the last one of a speaker that has been gone for days.
    """
    row = session.get_one(SpeakerStatus, speaker.speaker)
    if not status.online:
        if (row.boot, row.session) == (status.boot, status.session) and speaker.is_online:
            row.received_at, speaker.silent_after = now, None
            _store(session, speaker, row)
        return None
    fields = shown_fields(status)
    # Not by all fields: the row lacks those that an older version of the office didn't know.
    stored = (row.boot, row.session, row.status.get("at"))
    if fields["at"] is not None and stored == (status.boot, status.session, fields["at"]):
        return None
    if not speaker.is_online:
        row.online_since = now
    row.received_at = now
    row.boot, row.session = status.boot, status.session
    new_journal = status.journal if status.journal != row.journal else None
    row.journal = status.journal or row.journal
    row.settings_revision = status.settings_revision
    row.status = fields
    speaker.silent_after = now + SILENT_AFTER
    _compare_plan(session, row, status, now, plan)
    _store(session, speaker, row)
    _renew_settings(session, now, speaker, status, quotas)
    return new_journal


def speaker_fell_silent(session: Session, speaker: Speaker) -> None:
    """Mark a speaker as offline, after no status came for SILENT_AFTER."""
    speaker.silent_after = None
    session.add(speaker)
    note_change(session, "speaker", speaker.speaker)


def note_repair(session: Session, now: datetime, row: SpeakerStatus) -> None:
    """Count a repair (its broadcasts are sent again) and set when the next is due: the pause doubles up to 30 min."""
    row.repairs += 1
    pause = min(timedelta(minutes=1) * 2 ** min(row.repairs - 1, 10), LONGEST_REPAIR_PAUSE)
    row.repair_due = now + pause
    session.add(row)
    if row.repairs == SHOWN_OUT_OF_STEP_AFTER:
        note_change(session, "speaker", row.speaker)


def repairs_due(session: Session, now: datetime) -> list[SpeakerStatus]:
    """The online speakers whose next repair is due."""
    return list(
        session.exec(
            select(SpeakerStatus)
            .join(Speaker, col(Speaker.speaker) == col(SpeakerStatus.speaker))
            .where(col(SpeakerStatus.repair_due) <= now, IS_ONLINE_COLUMN)
        ).all()
    )


def is_out_of_step(row: SpeakerStatus) -> bool:
    """Whether repairs have not helped, so that an officer should look."""
    return row.repairs >= SHOWN_OUT_OF_STEP_AFTER


def _compare_plan(session: Session, row: SpeakerStatus, status: Status, now: datetime, plan: LivePlan) -> None:
    if plan.agrees_with(session, status, row):
        row.out_of_step_since, row.repair_due, row.repairs = None, None, 0
    elif row.out_of_step_since is None:
        row.out_of_step_since, row.repair_due = now, now + FIRST_REPAIR_AFTER


def _renew_settings(session: Session, now: datetime, speaker: Speaker, status: Status, quotas: Quotas) -> None:
    """New settings for a speaker with a higher revision than ours: this database was restored from an older copy.

    But not for a revision that no office can have made: the next ones would have to be above it, up to the largest
    number of the wire, above which nothing is.
    """
    told, newest = status.settings_revision, last_settings(session, speaker.speaker)
    if told is None or (newest is not None and told <= newest.revision):
        return
    if not is_believable(now, told):
        quotas.refuse(speaker.speaker, "revisions")
    elif quotas.take(speaker.speaker, "new_settings", 1, now):
        log.warning("speaker %s has settings %s, above ours: new ones", speaker.speaker, told)
        refresh_settings(session, now, [speaker], area_tree(session), above=told)


def _store(session: Session, speaker: Speaker, row: SpeakerStatus) -> None:
    session.add(speaker)
    session.add(row)
    note_change(session, "speaker", speaker.speaker)
