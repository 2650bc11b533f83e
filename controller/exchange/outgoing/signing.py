"""Signing: rows without bytes are work. A revision is signed once, and only if what it plans was approved."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from controller.database.tables import Broadcast, BroadcastRevision, SpeakerSettings
from controller.database.transactions import Database
from controller.orders.agreed import require_agreed
from controller.orders.instants import ORDERED_START_COLUMN
from wire import broadcast, settings
from wire.envelope import Signer
from wire.topics import SETTINGS

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Of each kind of rows that are signed in one transaction: others want to write too."""

Row = BroadcastRevision | SpeakerSettings

_EARLIER = aliased(BroadcastRevision)
_IS_UNSIGNED = col(BroadcastRevision.message).is_(None)
_STOPS = or_(
    col(BroadcastRevision.content)["state"].as_string() == "cancelled",
    select(_EARLIER.broadcast)
    .where(
        col(_EARLIER.broadcast) == col(BroadcastRevision.broadcast),
        col(_EARLIER.revision) < col(BroadcastRevision.revision),
    )
    .exists(),
)
_MUTES = col(SpeakerSettings.content)["muted"].as_boolean()


class Signing:
    """Signs rows and commits them. What can't be signed is logged once, and left alone."""

    def __init__(self, database: Database, signer: Signer) -> None:
        self._database = database
        self._signer = signer
        self._unsignable: set[tuple[str, int]] = set()

    def sign_some(self) -> bool:
        """Sign some of what stops no sound. Returns whether there was any."""
        with self._database.reading() as session:
            rows = self._signable(session, _unsigned(session, MOST_AT_ONCE + len(self._unsignable)))
        return bool(self._commit(rows, first=False))

    def sign_stops(self, now: datetime) -> list[Row]:
        """Sign some of what stops sound, before all else, and return it."""
        with self._database.reading() as session:
            rows = self._signable(session, _unsigned_stops(session, now, MOST_AT_ONCE + len(self._unsignable)))
        return self._commit(rows, first=True)

    def _signable(self, session: Session, rows: Sequence[Row]) -> list[Row]:
        return [row for row in rows if key_of(row) not in self._unsignable and self._is_agreed(session, row)]

    def _commit(self, rows: Sequence[Row], *, first: bool) -> list[Row]:
        signed = [row for row in rows if self._sign(row)]
        if signed:
            with self._database.writing(first=True) if first else self._database.writing() as session:
                session.add_all(signed)
        return signed

    def _is_agreed(self, session: Session, row: Row) -> bool:
        """Whether what a revision plans was approved. Logs once if it wasn't: somebody else wrote the row."""
        if isinstance(row, SpeakerSettings) or row.content["state"] == "cancelled":
            return True
        try:
            require_agreed(session, session.get_one(Broadcast, row.broadcast), row.content)
        except (ValueError, LookupError) as error:  # NotAgreed, or fields that no office writes
            self._unsignable.add(key_of(row))
            log.error("%s revision %d isn't signed: %s", *key_of(row), error)
            return False
        return True

    def _sign(self, row: Row) -> bool:
        """Set the row's message. Returns False, and logs once, if the row can't be signed; others go on."""
        try:
            if isinstance(row, BroadcastRevision):
                row.message = self._signer.sign(broadcast.Broadcast.from_fields(row.content), broadcast.TYP)
            else:
                row.message = self._signer.sign(settings.Settings.from_fields(row.content), settings.TYP)
        except ValueError as error:
            self._unsignable.add(key_of(row))
            log.error("%s revision %d can't be signed, so it isn't sent: %s", *key_of(row), error)
            return False
        return True


def key_of(row: Row) -> tuple[str, int]:
    """(broadcast or speaker, revision)."""
    return row.broadcast if isinstance(row, BroadcastRevision) else row.speaker, row.revision


def is_any_unsigned(session: Session, broadcasts: Sequence[str], speakers: Sequence[str]) -> bool:
    """Whether a revision of these broadcasts, or settings of these speakers, still wait to be sent."""
    revisions = select(BroadcastRevision.broadcast).where(
        _IS_UNSIGNED, col(BroadcastRevision.broadcast).in_(broadcasts)
    )
    settings_due = select(SpeakerSettings.speaker).where(
        col(SpeakerSettings.message).is_(None), col(SpeakerSettings.speaker).in_(speakers)
    )
    return any(session.exec(query.limit(1)).first() is not None for query in (revisions, settings_due))


def topics_of(row: Row) -> list[str]:
    """Where it is published, without the root."""
    return row.topics if isinstance(row, BroadcastRevision) else [SETTINGS.template.format(speaker=row.speaker)]


def _unsigned(session: Session, most: int) -> list[Row]:
    """What stops no sound: first revisions of broadcasts, and settings of speakers that aren't muted."""
    revisions = session.exec(
        select(BroadcastRevision)
        .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
        .where(_IS_UNSIGNED, col(Broadcast.announcement).is_not(None), ~_STOPS)
        .limit(most)
    ).all()
    settings_due = session.exec(
        select(SpeakerSettings).where(col(SpeakerSettings.message).is_(None), ~_MUTES).limit(most)
    ).all()
    return [*revisions, *settings_due]


def _unsigned_stops(session: Session, now: datetime, most: int) -> list[Row]:
    """What stops sound: cancellations and all else that changes a broadcast, the soonest first; and mutes."""
    revisions = session.exec(
        select(BroadcastRevision)
        .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
        .where(_IS_UNSIGNED, col(Broadcast.announcement).is_not(None), col(Broadcast.expires_at) > now, _STOPS)
        .order_by(ORDERED_START_COLUMN)
        .limit(most)
    ).all()
    settings_due = session.exec(
        select(SpeakerSettings).where(col(SpeakerSettings.message).is_(None), _MUTES).limit(most)
    ).all()
    return [*revisions, *settings_due]
