"""`loa-controller check`: everything that must be right for a station to work. It changes nothing."""

import ctypes
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, func, select

from audio.clip_store import ClipStore
from audio.speech.espeak import Espeak
from audio.speech.piper import Piper, file_sha256
from audio.speech.port import FailureReason, SpeechFailed
from controller.broker import keys
from controller.broker.accounts import OFFICE_ACCOUNT
from controller.broker.addresses import office_address
from controller.broker.link import Link
from controller.database.tables import Broadcast, Officer, Submission
from controller.database.transactions import Database
from controller.people.one_officer_rule import rule_in_force
from controller.running.data_lock import InUse, alone_in
from controller.settings import OfficeSettings
from controller.station import facts
from controller.upkeep.schema_version import newest_schema_version, schema_version_of
from controller.words.phrases import Phrase, as_written
from controller.words.translation import language

Verdict = Phrase | None
"""What to do to mend it; None: it is right."""

LEAST_FREE_BYTES = 1 << 30
_BROKER_ANSWERS_WITHIN_S = 10.0
_ASK_AGAIN_AFTER_S = 0.2
_TIME_ERROR = 5
_SAMPLE_WORDS = "một hai ba"


def check(settings: OfficeSettings) -> Iterator[tuple[Phrase, Verdict]]:
    """Yield (what was checked, its verdict), each as soon as it is known."""
    yield Phrase("check_settings"), _settings_for_real_use(settings)
    yield Phrase("check_data_folder", folder=str(settings.data_dir)), _data_folder(settings.data_dir)
    database_verdict = _database(settings)
    yield Phrase("check_database"), database_verdict
    yield (
        Phrase("check_keys"),
        _keys(settings.within("keys"), _keys_in_force(settings) if database_verdict is None else set()),
    )
    if settings.within("keys").is_dir():
        yield Phrase("check_second_key"), _second_key(settings.within("keys"))
    yield Phrase("check_broker", host=settings.broker_host, port=str(settings.broker_port)), _broker(settings)
    yield Phrase("check_password_file"), _broker_password_file(settings.broker_password_file)
    yield Phrase("check_espeak"), _espeak()
    yield from _piper(settings)
    if settings.clock == "system":
        now = datetime.now(ZoneInfo(settings.time_zone))
        yield Phrase("check_clock_kept", time=f"{now:%H:%M:%S}", date=f"{now:%d/%m/%Y}"), None
    else:
        yield Phrase("check_clock"), _clock()
    if database_verdict is None:
        database = Database(settings.database)
        with database.reading() as session:
            yield from _station(settings, session)
        database.close()


def _station(settings: OfficeSettings, session: Session) -> Iterator[tuple[Phrase, Verdict]]:
    yield Phrase("check_google_on" if facts.read(session, "gtts") == "on" else "check_google_off"), None
    rule = rule_in_force(session)
    yield (
        Phrase("check_one_officer", reason=rule.reason) if rule else Phrase("check_officers"),
        _officers(session, one_is_enough=rule is not None),
    )
    yield Phrase("check_clips"), _clips(settings, session)


def _settings_for_real_use(settings: OfficeSettings) -> Verdict:
    if settings.test_clock is not None:
        return Phrase("drop_test_clock")
    if settings.broker_accounts == "demo":
        return Phrase("demo_accounts")
    if not settings.broker_tls and not _is_this_machine(settings.broker_host):
        return Phrase("broker_in_the_clear")
    if not settings.https and not _is_this_machine(settings.host):
        return Phrase("pages_in_the_clear")
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _data_folder(folder: Path) -> Verdict:
    if not folder.is_dir():
        return Phrase("data_folder_missing")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        return Phrase("data_folder_read_only", detail=str(error.strerror))
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return Phrase("little_room", free_mib=free >> 20, least_mib=LEAST_FREE_BYTES >> 20)
    return None


def _database(settings: OfficeSettings) -> Verdict:
    if not settings.database_url and not settings.within("office.db").exists():
        return Phrase("database_missing")
    try:
        version = schema_version_of(settings.database)
    except DatabaseError as error:
        return Phrase("database_unanswering", detail=str(error.orig).splitlines()[0])
    if version != newest_schema_version(settings.database):
        return Phrase("database_outdated", there=str(version), wanted=str(newest_schema_version(settings.database)))
    return None


def _keys_in_force(settings: OfficeSettings) -> set[str]:
    """The public keys that speakers are told to trust, by the database."""
    database = Database(settings.database)
    with database.reading() as session:
        in_force = {key["public_key"] for key in facts.keys_in_force(session)}
    database.close()
    return in_force


def _keys(folder: Path, in_force: set[str]) -> Verdict:
    if not (folder / "public.json").exists():
        if in_force:
            return Phrase("keys_lost")
        return Phrase("keys_not_made")
    try:
        own = keys.load_or_make(folder).public[0]
        modes = {path: path.stat().st_mode for path in folder.iterdir() if path.name != "public.json"}
    except keys.KeysUnusable as error:
        return Phrase("keys_unusable", why=error.phrase)
    except (OSError, ValueError) as error:
        return Phrase("keys_unusable", why=str(error))
    if in_force and own.public_key not in in_force:
        return Phrase("keys_foreign")
    open_to_others = sorted(str(path) for path, mode in modes.items() if mode & 0o077)
    return Phrase("keys_open", files=" ".join(open_to_others)) if open_to_others else None


def _second_key(folder: Path) -> Verdict:
    if keys.second_key_is_here(folder):
        return Phrase("second_key_here")
    return None


def _broker(settings: OfficeSettings) -> Verdict:
    """Sign in to the broker as the office. If an office runs, ask it instead: a second client would disconnect it."""
    password_file = settings.within("keys", "broker.password")
    if not password_file.exists():
        return Phrase("no_office_password")
    try:
        with alone_in(settings.data_dir):
            return _sign_in(settings, password_file.read_text(encoding="ascii").strip())
    except InUse:
        return _health_soon(settings)
    except OSError as error:
        return Phrase("broker_untried", detail=str(error))


def _sign_in(settings: OfficeSettings, password: str) -> Verdict:
    connected = Event()
    link = Link(office_address(settings), settings.topic_root, OFFICE_ACCOUNT, password)
    link.on_connected = connected.set
    link.start()
    signed_in = connected.wait(_BROKER_ANSWERS_WITHIN_S)
    trouble = link.last_error or Phrase("broker_not_tried")
    link.stop()
    return None if signed_in else Phrase("broker_keeps_out", why=trouble)


def _health_soon(settings: OfficeSettings) -> Verdict:
    """The running office's verdict on its broker link; an office that has just started gets time to connect."""
    until = time.monotonic() + _BROKER_ANSWERS_WITHIN_S
    while (verdict := _health(settings)) is not None and time.monotonic() < until:
        time.sleep(_ASK_AGAIN_AFTER_S)
    return verdict


def _health(settings: OfficeSettings) -> Verdict:
    # Not by urllib: it would use a proxy from the environment.
    connection = HTTPConnection(settings.host, settings.port, timeout=_BROKER_ANSWERS_WITHIN_S)
    try:
        connection.request("GET", "/health", headers={"Accept-Language": language()})
        health: dict[str, str] = json.load(connection.getresponse())
    except (OSError, HTTPException, ValueError) as error:
        return Phrase("office_unanswering", port=str(settings.port), detail=str(error))
    finally:
        connection.close()
    broker = health.get("broker")
    return None if broker is None else as_written(broker)


def _broker_password_file(file: Path | None) -> Verdict:
    if file is None:
        return Phrase("password_file_unset")
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        return Phrase("password_folder_read_only", folder=str(file.parent))
    return None


def _piper(settings: OfficeSettings) -> Iterator[tuple[Phrase, Verdict]]:
    file = settings.piper_voice
    if file is None:
        yield Phrase("check_no_piper"), None
        return
    known_by = Phrase("piper_hash", begins=file_sha256(file)[:16]) if file.is_file() else Phrase("piper_file_missing")
    try:
        Piper(file, settings.piper_voice_sha256).speak([_SAMPLE_WORDS], "piper", 1.0)
        verdict: Verdict = None
    except SpeechFailed as error:
        verdict = Phrase("piper_fails", todo=_piper_remedy(error.reason, file), detail=str(error))
    yield Phrase("check_piper", file=file.name, known_by=known_by), verdict


def _piper_remedy(reason: FailureReason, file: Path) -> Phrase:
    match reason:
        case FailureReason.MISSING:
            return Phrase("piper_install", file=file.name, folder=str(file.parent))
        case FailureReason.BROKEN:
            return Phrase("piper_replace")
        case _:
            return Phrase("piper_again")


def _espeak() -> Verdict:
    try:
        Espeak().speak([_SAMPLE_WORDS], "north", 1.0)
    except SpeechFailed as error:
        return Phrase("espeak_fails", detail=str(error))
    return None


def _clock() -> Verdict:
    # adjtimex(2) with modes = 0 only reads; it returns TIME_ERROR if nothing synchronises the clock.
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if not 0 <= state < _TIME_ERROR:
        return Phrase("clock_undisciplined")
    return None


def _officers(session: Session, *, one_is_enough: bool) -> Verdict:
    def count(*roles: str) -> int:
        return session.exec(
            select(func.count())
            .select_from(Officer)
            .where(col(Officer.disabled).is_(False), col(Officer.role).in_(roles))
        ).one()

    if not count("administrator"):
        return Phrase("no_administrator")
    if not one_is_enough and count("administrator", "approver", "editor") < 2:
        return Phrase("no_second_person")
    return None


def _clips(settings: OfficeSettings, session: Session) -> Verdict:
    needed = session.exec(
        select(Submission.clip)
        .join(Broadcast, col(Broadcast.submission) == col(Submission.submission))
        .where(
            col(Broadcast.planned_at).is_not(None),
            col(Broadcast.cancelled_at).is_(None),
            col(Broadcast.cleared_at).is_(None),
        )
        .distinct()
    ).all()
    store = ClipStore(settings.within("clips"))
    damaged = [clip for clip in needed if not store.verify(clip)]
    if damaged:
        return Phrase("clips_damaged", count=len(damaged), first=damaged[0])
    return None
