"""What the station is: its name, its technician, its zone, its keys, and what an administrator has allowed."""

import json
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from controller.database.column_types import AuditDetail, OfficeKeyFields
from controller.database.tables import Officer, Station
from controller.station import audit
from controller.station.charges import WHOLE_STATION, require
from controller.station.names import MAX_PHONE_LENGTH, require_name_if_any
from wire.envelope import OfficeKey

StationKey = Literal[
    "name",
    "technician",
    "technician_phone",
    "gtts",
    "time_zone",
    "keys",
    "horizon_days",
    "receipts_days",
    "session_limits",
    "word_for_thousand",
    "word_for_zero_tens",
    "word_for_four",
    "horn_filter",
    "siren",
    "approvers_second_factor",
]

_DEFAULTS: dict[StationKey, str] = {
    "name": "",
    "technician": "",
    "technician_phone": "",
    "gtts": "off",
    "time_zone": "Asia/Ho_Chi_Minh",
    "keys": "[]",
    "horizon_days": "14",
    "receipts_days": "400",
    "session_limits": "warn",
    # Empty: as the voice's region says it.
    "word_for_thousand": "",
    "word_for_zero_tens": "",
    "word_for_four": "",
    "horn_filter": "on",
    "siren": "off",
    "approvers_second_factor": "off",
}

HORIZON_DAYS = (2, 30)
"""The fewest and the most days that may be planned ahead (the fact "horizon_days")."""
RECEIPTS_DAYS = (60, 3_660)
"""The fewest and the most days for which receipts are kept (the fact "receipts_days"); results stay."""
_NAMES: dict[StationKey, int] = {"name": 100, "technician": 100, "technician_phone": MAX_PHONE_LENGTH}
"""Facts that are names, and the most characters of each."""


def read(session: Session, key: StationKey) -> str:
    """The value of one fact, or its default. Values are text, as in the table."""
    row = session.get(Station, key)
    return row.value if row else _DEFAULTS[key]


def write(session: Session, key: StationKey, value: str) -> bool:
    """Set one fact. Returns whether its value changed."""
    if read(session, key) == value:
        return False
    session.merge(Station(key=key, value=value))
    session.flush()
    return True


def change(session: Session, now: datetime, officer: Officer, values: dict[StationKey, str]) -> None:
    """Set some facts in an administrator's name; what changed is audited. Raises Forbidden, Invalid (one of _NAMES)."""
    require(session, now, officer, "administrator", WHOLE_STATION)
    changed: AuditDetail = {}
    for key, value in values.items():
        kept = require_name_if_any(key, value, _NAMES[key]) if key in _NAMES else value
        if write(session, key, kept):
            changed[key] = kept
    if changed:
        audit.record(session, now, officer.officer, "station changed", "station", **changed)


def time_zone(session: Session) -> str:
    """The commune's time zone, as an IANA name."""
    return read(session, "time_zone")


def keys_in_force(session: Session) -> list[OfficeKeyFields]:
    """The public keys that speakers are told to trust, in the form of the wire."""
    keys: list[OfficeKeyFields] = json.loads(read(session, "keys"))
    return keys


def is_key_in_force(session: Session, key: OfficeKey) -> bool:
    """Whether speakers are told to trust this key. True also before the first key is written."""
    keys = keys_in_force(session)
    return not keys or key.public_key in {each["public_key"] for each in keys}


def fields_of(keys: tuple[OfficeKey, ...]) -> list[OfficeKeyFields]:
    """Public keys in the form of the wire."""
    return [key.fields() for key in keys]


def keys_text(keys: tuple[OfficeKey, ...]) -> str:
    """Public keys as the JSON text of the fact "keys"."""
    return json.dumps(fields_of(keys))
