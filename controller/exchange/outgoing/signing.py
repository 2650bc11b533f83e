"""Signing: rows without bytes are work. A revision is signed once, and only if what it plans was approved.

Settings are signed only as the office would make them now, with the keys of its own folder.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from audio.clip_store import ClipStore
from audio.sound import opus
from controller.broker.keys import OfficeKeys
from controller.database.tables import Broadcast, BroadcastRevision, Clip, Speaker, SpeakerSettings
from controller.database.transactions import Database
from controller.exchange.outgoing.own_messages import OwnMessages, Row, is_of_row, key_of
from controller.orders.agreed import NotAgreed, require_agreed
from controller.orders.instants import ORDERED_START_COLUMN
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.station.speaker_settings import contents_now, has_content, refresh_settings
from wire import broadcast, settings
from wire.instants import cut_to_milliseconds, parse_instant
from wire.topics import SETTINGS

log = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Of each kind of rows that are signed in one transaction: others want to write too."""

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
_LATER = aliased(SpeakerSettings)
_IS_NEWEST_UNSIGNED = col(SpeakerSettings.message).is_(None) & ~(
    select(_LATER.speaker)
    .where(col(_LATER.speaker) == col(SpeakerSettings.speaker), col(_LATER.revision) > col(SpeakerSettings.revision))
    .exists()
)
"""Settings that wait: older ones that were never signed aren't sent any more."""


class Signing:
    """Signs rows and commits them. What can't be signed is logged once, and left alone."""

    def __init__(self, database: Database, store: ClipStore, keys: OfficeKeys, own: OwnMessages) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._own = own
        self._unsignable: set[tuple[str, int]] = set()
        self._waiting: set[tuple[str, int]] = set()
        """Those that wait until another broadcast of their occurrence is cancelled, and that the log has."""
        self._durations_ms: dict[str, int] = {}
        """{clip: its duration by its file}"""
        self._to_renew: dict[str, int] = {}
        """{speaker: the revision that wasn't the office's}"""

    def sign_some(self, now: datetime) -> bool:
        """Sign some of what stops no sound. Returns whether there was any."""
        with self._database.reading() as session:
            rows = self._signable(session, _unsigned(session, MOST_AT_ONCE + len(self._unsignable | self._waiting)))
        return bool(self._commit(rows, first=False)) | self._renew(now)

    def sign_stops(self, now: datetime) -> list[Row]:
        """Sign some of what stops sound, before all else, and return it."""
        with self._database.reading() as session:
            rows = self._signable(session, _unsigned_stops(session, now, MOST_AT_ONCE + len(self._unsignable)))
        return self._commit(rows, first=True)

    def _signable(self, session: Session, rows: Sequence[Row]) -> list[Row]:
        waiting = [row for row in rows if key_of(row) not in self._unsignable]
        told = [row for row in waiting if isinstance(row, SpeakerSettings)]
        as_now = self._as_now(session, told) if told else set()
        return [
            row
            for row in waiting
            if (key_of(row) in as_now if isinstance(row, SpeakerSettings) else self._is_agreed(session, row))
        ]

    def _as_now(self, session: Session, told: Sequence[SpeakerSettings]) -> set[tuple[str, int]]:
        """The keys of those that say what the office would say now. Logs the others once, and has them made anew."""
        speakers = session.exec(select(Speaker).where(col(Speaker.speaker).in_([row.speaker for row in told]))).all()
        contents = contents_now(session, speakers, area_tree(session), facts.fields_of(self._keys.public))
        as_now = set()
        for row in told:
            if is_of_row(row) and has_content(row, contents[row.speaker]):
                as_now.add(key_of(row))
                continue
            self._unsignable.add(key_of(row))
            self._to_renew[row.speaker] = row.revision
            log.error("settings of %s revision %d aren't signed: the office's rows say something else", *key_of(row))
        return as_now

    def _renew(self, now: datetime) -> bool:
        """Make settings anew where those that wait weren't the office's. Returns whether there were any."""
        if not self._to_renew:
            return False
        foreign = [self._to_renew.popitem() for _ in range(len(self._to_renew))]
        with self._database.writing() as session:
            if facts.write(session, "keys", facts.keys_text(self._keys.public)):
                log.error("the keys in the database weren't the office's: they were put right")
            for speaker, revision in foreign:
                row = session.get_one(Speaker, speaker)
                refresh_settings(session, now, [row], area_tree(session), above=revision + 1)
        return True

    def _commit(self, rows: Sequence[Row], *, first: bool) -> list[Row]:
        signed = [row for row in rows if self._sign(row)]
        if signed:
            with self._database.writing(first=True) if first else self._database.writing() as session:
                session.add_all(signed)
        return signed

    def _is_agreed(self, session: Session, row: BroadcastRevision) -> bool:
        """Whether what a revision plans was approved. Logs once if it wasn't: somebody else wrote the row."""
        try:
            if not is_of_row(row):
                raise NotAgreed(f"it names {row.content['broadcast']} revision {row.content['revision']}")
            if row.content["state"] == "cancelled":
                return True
            order = session.get_one(Broadcast, row.broadcast)
            was_signed = self._was_signed(session, order, row)
            require_agreed(session, order, row.content, was_signed=was_signed)
            self._require_durations(session, row)
        except (ValueError, LookupError, TypeError) as error:  # NotAgreed, or fields that no office writes
            self._unsignable.add(key_of(row))
            log.error("%s revision %d isn't signed: %s", *key_of(row), error)
            return False
        if was_signed or not self._has_another(session, order):
            return True
        if key_of(row) not in self._waiting:
            self._waiting.add(key_of(row))
            log.warning("%s revision %d waits: its occurrence has another broadcast", *key_of(row))
        return False

    def _require_durations(self, session: Session, row: BroadcastRevision) -> None:
        """Raises NotAgreed if the database says that a clip lasts longer than its file does: expiries count by it."""
        for clip in row.content["clips"]:
            sha256 = clip["sha256"]
            if sha256 not in self._durations_ms:
                try:
                    self._durations_ms[sha256] = opus.duration_ms(self._store.path(sha256))
                except (opus.NotAudio, OSError) as error:
                    log.warning("clip %s isn't measured: %s", sha256, error)
                    continue
            stored = session.get(Clip, sha256)
            if stored is None or stored.duration_ms > self._durations_ms[sha256]:
                raise NotAgreed(f"clip {sha256} lasts {self._durations_ms[sha256]} ms")

    def _has_another(self, session: Session, order: Broadcast) -> bool:
        """Whether another broadcast of its occurrence may be on the wire: it has revisions, and no signed cancellation.

        One that is taken back and made anew is cancelled in the same transaction, and that is signed first.
        """
        if order.schedule is None:
            return False
        others = session.exec(
            select(BroadcastRevision)
            .join(Broadcast, col(Broadcast.broadcast) == col(BroadcastRevision.broadcast))
            .where(
                Broadcast.schedule == order.schedule,
                Broadcast.occurrence == order.occurrence,
                Broadcast.broadcast != order.broadcast,
            )
        ).all()
        cancelled = {
            each.broadcast for each in others if each.content["state"] == "cancelled" and self._own.is_own(each)
        }
        return any(each.broadcast not in cancelled for each in others)

    def _was_signed(self, session: Session, order: Broadcast, row: BroadcastRevision) -> bool:
        """Whether this office signed an earlier revision of it. Raises NotAgreed after a cancellation."""
        earlier = [
            each
            for each in session.exec(
                select(BroadcastRevision).where(
                    BroadcastRevision.broadcast == row.broadcast, col(BroadcastRevision.revision) < row.revision
                )
            ).all()
            if self._own.is_own(each)
        ]
        if any(each.content["state"] == "cancelled" for each in earlier):
            raise NotAgreed("it was cancelled")
        # A standing text is set off and planned in one transaction: what was signed before was another use of the row.
        used_before = order.set_off_by is not None and any(
            parse_instant(each.content["issued_at"]) < cut_to_milliseconds(order.created_at) for each in earlier
        )
        if used_before:
            raise NotAgreed("it was set off before")
        return bool(earlier)

    def _sign(self, row: Row) -> bool:
        """Set the row's message. Returns False, and logs once, if the row can't be signed; others go on."""
        try:
            if isinstance(row, BroadcastRevision):
                row.message = self._keys.signer.sign(broadcast.Broadcast.from_fields(row.content), broadcast.TYP)
            else:
                row.message = self._keys.signer.sign(settings.Settings.from_fields(row.content), settings.TYP)
        except ValueError as error:
            self._unsignable.add(key_of(row))
            log.error("%s revision %d can't be signed, so it isn't sent: %s", *key_of(row), error)
            return False
        self._own.note_signed(row)
        return True


def is_any_unsigned(session: Session, broadcasts: Sequence[str], speakers: Sequence[str]) -> bool:
    """Whether a revision of these broadcasts, or settings of these speakers, still wait to be sent."""
    revisions = select(BroadcastRevision.broadcast).where(
        _IS_UNSIGNED, col(BroadcastRevision.broadcast).in_(broadcasts)
    )
    settings_due = select(SpeakerSettings.speaker).where(
        _IS_NEWEST_UNSIGNED, col(SpeakerSettings.speaker).in_(speakers)
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
    settings_due = session.exec(select(SpeakerSettings).where(_IS_NEWEST_UNSIGNED, ~_MUTES).limit(most)).all()
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
    settings_due = session.exec(select(SpeakerSettings).where(_IS_NEWEST_UNSIGNED, _MUTES).limit(most)).all()
    return [*revisions, *settings_due]
