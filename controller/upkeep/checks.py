"""`loa-controller check`: one line for each thing that must be right, `ok` or what to do. It changes nothing."""

import ctypes
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path
from threading import Event

from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, col, func, select

from audio.clip_store import ClipStore
from audio.speech.espeak import Espeak
from audio.speech.piper import Piper, file_sha256
from audio.speech.port import FailureReason, SpeechFailed
from controller.announcements.one_officer_rule import rule_in_force
from controller.broker import keys
from controller.broker.accounts import OFFICE_ACCOUNT
from controller.broker.addresses import office_address
from controller.broker.link import Link
from controller.database.tables import Broadcast, Officer, Submission
from controller.database.transactions import Database
from controller.running.data_lock import InUse, alone_in
from controller.settings import OfficeSettings
from controller.station import facts
from controller.upkeep.schema_version import version_there, version_wanted

Verdict = str | None
"""What to do; None: it is right."""

LEAST_FREE_BYTES = 1 << 30
_BROKER_ANSWERS_WITHIN_S = 10.0
_TIME_ERROR = 5


def check(settings: OfficeSettings) -> Iterator[tuple[str, Verdict]]:
    """What was looked at, and what to do about it."""
    yield "cài đặt", _for_real(settings)
    yield f"thư mục dữ liệu {settings.data_dir}", _data_folder(settings.data_dir)
    database_verdict = _database(settings)
    yield "cơ sở dữ liệu", database_verdict
    yield "khóa ký", _keys(settings.within("keys"), _keys_given(settings) if database_verdict is None else set())
    if settings.within("keys").is_dir():
        yield "khóa dự phòng", _second_key(settings.within("keys"))
    yield f"máy chủ truyền tin {settings.broker_host}:{settings.broker_port}", _broker(settings)
    yield "tệp mật khẩu của máy chủ truyền tin", _broker_password_file(settings.broker_password_file)
    yield "giọng đọc eSpeak NG", _speech()
    yield from _piper(settings)
    yield "đồng hồ", _clock()
    if database_verdict is None:
        database = Database(settings.database)
        with database.reading() as session:
            yield from _station(settings, session)
        database.close()


def _station(settings: OfficeSettings, session: Session) -> Iterator[tuple[str, Verdict]]:
    gtts = "bật: lời bản tin được gửi ra nước ngoài" if facts.read(session, "gtts") == "on" else "tắt"
    yield f"giọng đọc Google ({gtts})", None
    rule = rule_in_force(session)
    yield (
        f"cán bộ (một cán bộ tự phê duyệt, theo văn bản: {rule.reason})" if rule else "cán bộ",
        _officers(session, one_is_enough=rule is not None),
    )
    yield "tệp âm thanh của các lượt phát sắp tới", _clips(settings, session)


def _for_real(settings: OfficeSettings) -> Verdict:
    if settings.test_clock is not None:
        return "bỏ test_clock (LOA_TEST_CLOCK): giờ đang do một phép thử điều khiển, không phải giờ thật"
    if settings.broker_accounts == "demo":
        return "broker_accounts = “demo” chỉ để xem thử; một đài thật dùng Mosquitto (docs/install.md)"
    if not settings.broker_tls and not _is_this_machine(settings.broker_host):
        return "bật broker_tls: máy chủ truyền tin ở máy khác mà đường truyền không mã hóa"
    if not settings.https and not _is_this_machine(settings.host):
        return "đặt host = “127.0.0.1” sau một máy chủ HTTPS và bật https: mật khẩu cán bộ đang đi không mã hóa"
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _data_folder(folder: Path) -> Verdict:
    if not folder.is_dir():
        return "chưa có: chạy loa-controller serve một lần, hoặc sửa LOA_DATA_DIR"
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        return f"không ghi được ({error.strerror}): trao quyền ghi cho người dùng chạy văn phòng"
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        return f"chỉ còn trống {free >> 20} MiB: dọn để có ít nhất {LEAST_FREE_BYTES >> 20} MiB"
    return None


def _database(settings: OfficeSettings) -> Verdict:
    if not settings.database_url and not settings.within("office.db").exists():
        return "chưa có: chạy loa-controller migrate"
    try:
        there = version_there(settings.database)
    except DatabaseError as error:
        return f"không trả lời ({str(error.orig).splitlines()[0]}): xem LOA_DATABASE_URL và máy chủ cơ sở dữ liệu"
    if there != version_wanted(settings.database):
        return f"ở phiên bản {there}, phần mềm cần {version_wanted(settings.database)}: chạy loa-controller migrate"
    return None


def _keys_given(settings: OfficeSettings) -> set[str]:
    """The public keys that speakers were told to trust."""
    database = Database(settings.database)
    with database.reading() as session:
        given = {key["public_key"] for key in facts.keys_in_force(session)}
    database.close()
    return given


def _keys(folder: Path, given: set[str]) -> Verdict:
    if not (folder / "public.json").exists():
        if given:
            return "mất, mà cụm loa chỉ tin khóa cũ: khôi phục thư mục keys từ bản sao lưu"
        return "chưa có: chạy loa-controller serve một lần để tạo"
    try:
        own = keys.load_or_make(folder).public[0]
        modes = {path: path.stat().st_mode for path in folder.iterdir() if path.name != "public.json"}
    except (OSError, ValueError) as error:
        return f"không dùng được ({error}): khôi phục thư mục keys từ bản sao lưu"
    if given and own.public_key not in given:
        return "không phải khóa đã giao cho cụm loa: khôi phục thư mục keys từ bản sao lưu"
    open_to_others = sorted(str(path) for path, mode in modes.items() if mode & 0o077)
    return f"người khác đọc được: chmod 600 {' '.join(open_to_others)}" if open_to_others else None


def _second_key(folder: Path) -> Verdict:
    if keys.second_key_is_here(folder):
        return "còn ở máy này: loa-controller key export FILE ra USB, rồi cất vào két của xã"
    return None


def _broker(settings: OfficeSettings) -> Verdict:
    """Sign in as the office; where an office runs, ask that one: a second one would throw it off."""
    password_file = settings.within("keys", "broker.password")
    if not password_file.exists():
        return "chưa có mật khẩu của văn phòng: chạy loa-controller serve một lần để tạo"
    try:
        with alone_in(settings.data_dir):
            return _sign_in(settings, password_file.read_text(encoding="ascii").strip())
    except InUse:
        return _health(settings)
    except OSError as error:
        return f"không thử được ({error})"


def _sign_in(settings: OfficeSettings, password: str) -> Verdict:
    let_in = Event()
    link = Link(office_address(settings), settings.topic_root, OFFICE_ACCOUNT, password)
    link.on_connected = let_in.set
    link.start()
    came = let_in.wait(_BROKER_ANSWERS_WITHIN_S)
    trouble = link.last_error
    link.stop()
    return None if came else f"{trouble}: xem Mosquitto có chạy không, có đọc tệp mật khẩu do văn phòng ghi không"


def _health(settings: OfficeSettings) -> Verdict:
    # Not by urllib: it would ask the proxy of the environment.
    connection = HTTPConnection(settings.host, settings.port, timeout=_BROKER_ANSWERS_WITHIN_S)
    try:
        connection.request("GET", "/health")
        health: dict[str, str] = json.load(connection.getresponse())
    except (OSError, HTTPException, ValueError) as error:
        return f"văn phòng đang chạy mà cổng {settings.port} không trả lời ({error}): xem LOA_HOST, LOA_PORT"
    finally:
        connection.close()
    return health.get("broker")


def _broker_password_file(file: Path | None) -> Verdict:
    if file is None:
        return "đặt broker_password_file (LOA_BROKER_PASSWORD_FILE): tệp mà máy chủ truyền tin đọc"
    if not file.parent.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        return f"không ghi được vào {file.parent}: tạo thư mục, trao quyền ghi cho người dùng chạy văn phòng"
    return None


def _piper(settings: OfficeSettings) -> Iterator[tuple[str, Verdict]]:
    file = settings.piper_voice
    if file is None:
        yield "giọng đọc Piper (không dùng; muốn dùng thì đặt piper_voice, xem docs/install.md)", None
        return
    known = f"SHA-256 {file_sha256(file)[:16]}…" if file.is_file() else "không thấy tệp"
    try:
        Piper(file, settings.piper_voice_sha256).speak(["một hai ba"], "piper", 1.0)
        verdict = None
    except SpeechFailed as error:
        ways = {
            FailureReason.MISSING: f"chép {file.name} và {file.name}.json vào {file.parent}, cài thêm: "
            "pip install -c constraints.txt '.[controller,piper]'",
            FailureReason.BROKEN: "tệp giọng hỏng, hoặc khác tệp đã cho phép ở piper_voice_sha256: chép lại tệp đúng",
        }
        verdict = f"{ways.get(error.reason, 'chạy lại; vẫn vậy thì chép lại tệp giọng')} ({error})"
    yield f"giọng đọc Piper {file.name}, {known}; giấy phép của giọng do đài tự chịu trách nhiệm", verdict


def _speech() -> Verdict:
    try:
        Espeak().speak(["một hai ba"], "north", 1.0)
    except SpeechFailed as error:
        return f"không đọc được ({error}): cài gói espeak-ng của Debian"
    return None


def _clock() -> Verdict:
    # adjtimex(2) with modes = 0 only reads; it answers TIME_ERROR where nothing disciplines the clock.
    state: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if not 0 <= state < _TIME_ERROR:
        return "chưa được đồng bộ: bật bằng timedatectl set-ntp true"
    return None


def _officers(session: Session, *, one_is_enough: bool) -> Verdict:
    def count(*roles: str) -> int:
        return session.exec(
            select(func.count())
            .select_from(Officer)
            .where(col(Officer.disabled).is_(False), col(Officer.role).in_(roles))
        ).one()

    if not count("administrator"):
        return "chưa có người quản trị: loa-controller officer add --role administrator …"
    if not one_is_enough and count("administrator", "approver", "editor") < 2:
        return "mới có một người, mà bản tin cần người thứ hai phê duyệt: loa-controller officer add --role approver …"
    return None


def _clips(settings: OfficeSettings, session: Session) -> Verdict:
    now_needed = session.exec(
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
    damaged = [clip for clip in now_needed if not store.verify(clip)]
    if damaged:
        return f"{len(damaged)} tệp thiếu hoặc hỏng ({damaged[0]}…): khôi phục thư mục clips từ bản sao lưu"
    return None
