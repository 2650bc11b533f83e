"""The demonstration's commune: three hamlets with a loudspeaker each, and two officers.

Made once for each data folder; later starts leave it as it is.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from sqlmodel import Session, select

from controller.database.column_types import Role
from controller.database.tables import Officer
from controller.people.accounts import add_officer
from controller.people.sessions import open_session
from controller.places.areas import add_area
from controller.places.enrolment import make_enrolment
from controller.places.speakers import admit_speaker
from controller.running.app import Office
from controller.running.off_air import off_air
from controller.settings import OfficeSettings
from controller.station import facts
from host.whole_file import write_whole_file

SPEAKERS = ("demo-1", "demo-2", "demo-3")
_TOKENS_LAST = timedelta(days=3650)


class Person(TypedDict):
    """An officer's credentials."""

    username: str
    password: str
    token: str


class Access(Person):
    """`access.json`: the office's URL, and the credentials of the administrator and of the approver."""

    url: str
    approver: Person


def set_up(settings: OfficeSettings, url: str, now: datetime) -> Access:
    """Make the station if the folder has none, and write URL and ports of this start into the files."""
    access_file = settings.within("access.json")
    with off_air(settings) as office, office.database.writing() as session:
        if session.exec(select(Officer).limit(1)).first() is None:
            # Files are written before the commit: if cut off in between, the next start makes all of it again.
            _write_json(access_file, _make_station(office, session, now, url))
    access: Access = json.loads(access_file.read_text(encoding="utf-8")) | {"url": url}
    _write_json(access_file, access)
    for speaker in SPEAKERS:
        file = speaker_file(settings, speaker)
        config = json.loads(file.read_text(encoding="utf-8"))
        config["broker"] |= {"host": settings.broker_host, "port": settings.broker_port}
        _write_json(file, config)
    return access


def speaker_file(settings: OfficeSettings, speaker: str) -> Path:
    """The path of one loudspeaker's configuration."""
    return settings.within("speakers", f"{speaker}.json")


def _make_station(office: Office, session: Session, now: datetime, url: str) -> Access:
    facts.write(session, "name", "Xã Phú Lâm")
    commune = add_area(session, now, None, name="Xã Phú Lâm", kind="xã", parent=None)
    for number, speaker in enumerate(SPEAKERS, 1):
        hamlet = add_area(session, now, None, name=f"Ấp {number}", kind="ấp", parent=commune.area)
        name = f"Nhà văn hóa ấp {number}"
        _, password = admit_speaker(session, now, None, speaker=speaker, name=name, area=hamlet.area)
        config = make_enrolment(office.settings, office.keys.public, speaker, password).fields()
        sound = f"file:{office.settings.within('heard')}"
        # "system": a container's kernel may not know that its clock is synchronised; it is right enough for a trial.
        _write_json(
            speaker_file(office.settings, speaker), {**config, "data_dir": speaker, "sound": sound, "clock": "system"}
        )
    administrator = _person(session, now, "tham", "Nguyễn Thị Hồng Thắm", "Công chức văn hóa xã", "administrator")
    approver = _person(session, now, "quang", "Lê Minh Quang", "Phó Chủ tịch UBND xã", "approver")
    return {"url": url, **administrator, "approver": approver}


def _person(session: Session, now: datetime, username: str, name: str, position: str, role: Role) -> Person:
    password = secrets.token_urlsafe(12)
    officer = add_officer(session, now, username=username, password=password, name=name, position=position, role=role)
    token = open_session(session, now, officer, "program", device="demo", lasts=_TOKENS_LAST).token
    return {"username": username, "password": password, "token": token}


def _write_json(file: Path, content: Mapping[str, object]) -> None:
    """Write JSON atomically, with mode 0600: it has passwords."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole_file(file, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
