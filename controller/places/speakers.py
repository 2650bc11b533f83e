"""Admitting speakers, changing them (area, volume, mute) and renewing their credentials."""

from datetime import datetime
from typing import TypedDict, Unpack

from sqlmodel import Session, col, delete

from controller.broadcasts.deliveries import add_missing_deliveries
from controller.broker.accounts import hash_password, new_password
from controller.database.column_types import Role, VolumeFields
from controller.database.tables import Officer, Speaker, SpeakerExcess, SpeakerStatus
from controller.database.transactions import note_change
from controller.errors import Conflict, Invalid
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.charges import require
from controller.station.names import MAX_PHONE_LENGTH, require_name, require_name_if_any
from controller.station.speaker_lists import require_speaker
from controller.station.speaker_settings import refresh_settings
from wire.ids import is_name
from wire.settings import Volume


class SpeakerOptions(TypedDict, total=False):
    """Optional fields of a new speaker; see `Speaker`."""

    latitude: float | None
    longitude: float | None
    caretaker: str
    caretaker_phone: str


class SpeakerFields(SpeakerOptions, total=False):
    """The fields of a speaker that an officer can change."""

    name: str
    area: str
    volume: VolumeFields
    output_delay_ms: int
    muted: bool


def admit_speaker(
    session: Session,
    now: datetime,
    officer: Officer | None,
    *,
    speaker: str,
    name: str,
    area: str,
    **options: Unpack[SpeakerOptions],
) -> tuple[Speaker, str]:
    """Add a speaker. Returns its row and its broker password, of which only the hash is stored.

    Raises Invalid, Conflict (the id is taken), Forbidden. `officer` None: the command line.
    """
    if not is_name(speaker):
        raise Invalid("speaker", "speaker_id_form")
    name = require_name("name", name)
    _mend_caretaker(options)
    tree = area_tree(session)
    tree.require_named(area, "area")
    if officer:
        require(session, now, officer, "administrator", [area])
    if session.get(Speaker, speaker):
        raise Conflict("speaker_id_taken", speaker=speaker)
    password = new_password()
    row = Speaker(
        speaker=speaker,
        name=name,
        area=area,
        volume=Volume().fields(),
        broker_password_hash=hash_password(password),
        created_at=now,
        **options,
    )
    session.add(row)
    session.flush()
    session.add(SpeakerStatus(speaker=speaker, received_at=now, status={}))
    session.flush()
    refresh_settings(session, now, [row], tree)
    add_missing_deliveries(session, now, tree, [row])
    audit.record(session, now, officer.officer if officer else None, "speaker admitted", speaker, area=area)
    note_change(session, "accounts", speaker)
    return row, password


def renew_credentials(session: Session, now: datetime, officer: Officer, speaker: str) -> tuple[Speaker, str]:
    """Replace the broker password; returns the row and the new password. The broker cuts the old connection.

    Raises NotFound, Forbidden.
    """
    row = require_speaker(session, speaker)
    require(session, now, officer, "administrator", [row.area])
    password = new_password()
    row.broker_password_hash = hash_password(password)
    session.add(row)
    session.exec(delete(SpeakerExcess).where(col(SpeakerExcess.speaker) == speaker))  # whoever sent it is cut off
    audit.record(session, now, officer.officer, "credentials renewed", speaker)
    note_change(session, "accounts", speaker)
    return row, password


def change_speaker(session: Session, now: datetime, officer: Officer, speaker: str, changes: SpeakerFields) -> Speaker:
    """Change some fields; the speaker gets new settings. Editors may mute it, and let it sound again.

    Raises NotFound, Invalid, Forbidden.
    """
    row = require_speaker(session, speaker)
    tree = area_tree(session)
    role: Role = "administrator" if changes.keys() - {"muted"} else "editor"
    require(session, now, officer, role, [row.area])
    changes = changes.copy()
    if "name" in changes:
        changes["name"] = require_name("name", changes["name"])
    _mend_caretaker(changes)
    moved = changes.get("area", row.area) != row.area
    if moved:
        tree.require_named(changes["area"], "area")
        require(session, now, officer, role, [changes["area"]])
    if "muted" in changes and changes["muted"] != row.muted:
        row.muted_at, row.muted_by = (now, officer.officer) if changes["muted"] else (None, None)
    row.sqlmodel_update(dict(changes))
    session.add(row)
    session.flush()
    refresh_settings(session, now, [row], tree)
    if moved:
        add_missing_deliveries(session, now, tree, [row])
    audit.record(session, now, officer.officer, "speaker changed", speaker, **changes)
    note_change(session, "speaker", speaker)
    return row


def _mend_caretaker(options: SpeakerOptions) -> None:
    """Put the caretaker's name and telephone into the form that is kept. Raises Invalid."""
    if "caretaker" in options:
        options["caretaker"] = require_name_if_any("caretaker", options["caretaker"])
    if "caretaker_phone" in options:
        options["caretaker_phone"] = require_name_if_any(
            "caretaker_phone", options["caretaker_phone"], MAX_PHONE_LENGTH
        )
