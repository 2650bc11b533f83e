"""The station in one file, made while the office runs: a tar (mode 0600, for it holds keys) of

    office.db         all rows, as a SQLite database, whichever database the office uses
    clips/SHA256      finished sounds           recordings/SHA256    recorded voices as they came
    keys/NAME         signing keys, and the office's password at the broker
    manifest.json     last: {"format": 1, "made_at": …, "agent": …, "files": {name: {"bytes": …, "sha256": …}}}

It is written next to its final place, flushed to the disk, and renamed. `controller.upkeep.restore` reads it.
"""

import hashlib
import logging
import os
import re
import sqlite3
import tarfile
import tempfile
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, RowMapping, create_engine, insert, make_url, select

from controller.database.migrations import bring_up_to_date
from controller.database.tables import Area, metadata
from controller.settings import OfficeSettings
from controller.upkeep.schema_version import newest_schema_version, schema_version_of
from controller.words.phrases import PhrasedError
from host.whole_file import whole_file
from wire.instants import Instant

log = logging.getLogger(__name__)

DATABASE, MANIFEST = "office.db", "manifest.json"
FOLDERS = ("clips", "recordings", "keys")
MEMBER = re.compile(r"office\.db|manifest\.json|(clips|recordings)/[0-9a-f]{64}|keys/[a-z]+\.[a-z]+")
ROWS_AT_ONCE = 1000


class BackupError(PhrasedError):
    """A backup or restore that isn't possible; nothing was changed. The sentence ends with what to do."""


class FileFacts(BaseModel):
    """Size and hash of one file in a backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """The list of a backup's files. It is written last, so a backup that was cut off has none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    made_at: Instant
    agent: str
    files: dict[str, FileFacts]


@dataclass(frozen=True)
class BackedUp:
    """Number of files and size of a backup. `damaged`: clips and recordings whose SHA-256 is no longer their name."""

    files: int
    bytes: int
    damaged: list[str]


def back_up(settings: OfficeSettings, file: Path, now: datetime) -> BackedUp:
    """Write the backup; an older file of this name stays until the new one is complete. Raises BackupError, OSError."""
    if not (settings.data_dir / "keys").is_dir():
        raise BackupError("no_station_data", folder=str(settings.data_dir))
    folder = file.absolute().parent
    with tempfile.TemporaryDirectory(prefix=".loa-backup-", dir=folder) as scratch:
        snapshot = Path(scratch) / DATABASE
        copy_database(settings.database, snapshot)
        with whole_file(file) as out:
            return _write_archive(out, snapshot, settings.data_dir, now)


def copy_database(url: str, target: Path) -> None:
    """Copy all rows, as of one moment, into a new SQLite database, while others read and write. Raises BackupError."""
    if (file := sqlite_file(url)) is not None:
        if not file.exists():
            raise BackupError("no_database", file=str(file))
        source, copy = sqlite3.connect(file), sqlite3.connect(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm next to it
        finally:
            source.close()
            copy.close()
        return
    if schema_version_of(url) != newest_schema_version(url):
        raise BackupError("database_not_migrated")
    bring_up_to_date(f"sqlite:///{target}")
    one_moment = create_engine(url, isolation_level="REPEATABLE READ")
    copy_engine = create_engine(f"sqlite:///{target}")
    with one_moment.connect() as rows, copy_engine.begin() as empty:
        copy_rows(rows, empty)
    copy_engine.dispose()
    one_moment.dispose()


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy all rows of all tables between databases of any kind; the target's tables must be empty."""
    for table in metadata.sorted_tables:
        rows = source.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table)).mappings()
        if table.name == Area.__tablename__:
            in_order = _parents_first(list(rows))
            if in_order:
                target.execute(insert(table), in_order)
            continue
        for some in rows.partitions(ROWS_AT_ONCE):
            target.execute(insert(table), [dict(row) for row in some])


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database; None for a database of another kind."""
    parsed = make_url(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


def _parents_first(areas: list[RowMapping]) -> list[dict[str, object]]:
    children_of: dict[str | None, list[dict[str, object]]] = {}
    for area in areas:
        children_of.setdefault(area["parent"], []).append(dict(area))
    ordered: list[dict[str, object]] = []
    todo: list[str | None] = [None]
    while todo:
        children = children_of.get(todo.pop(), [])
        ordered += children
        todo += [str(child["area"]) for child in children]
    return ordered


def _write_archive(out: BinaryIO, snapshot: Path, data_dir: Path, now: datetime) -> BackedUp:
    listed: dict[str, FileFacts] = {}
    damaged = []
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path in [snapshot, *_files_to_back_up(data_dir)]:
            name = DATABASE if path == snapshot else path.relative_to(data_dir).as_posix()
            try:
                listed[name] = facts = _add_file(tar, name, path)
            except FileNotFoundError:  # a clip that the office removed meanwhile
                continue
            if not name.startswith(("keys/", DATABASE)) and path.name != facts.sha256:
                log.error("clip %s is damaged: its SHA-256 is %s", path, facts.sha256)
                damaged.append(name)
        manifest = Manifest(format=1, made_at=now, agent=version("loa-xa"), files=listed)
        text = manifest.model_dump_json(indent=1).encode()
        information = tarfile.TarInfo(MANIFEST)
        information.size, information.mode = len(text), 0o600
        tar.addfile(information, BytesIO(text))
    return BackedUp(len(listed), out.tell(), damaged)


def _files_to_back_up(data_dir: Path) -> list[Path]:
    found = (path for folder in FOLDERS for path in (data_dir / folder).glob("*"))
    return sorted(path for path in found if MEMBER.fullmatch(path.relative_to(data_dir).as_posix()))


class _Hashing:
    """A file for tarfile that hashes what is read from it."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self.hash.update(data)
        return data


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> FileFacts:
    with path.open("rb") as file:
        information = tarfile.TarInfo(name)
        status = os.fstat(file.fileno())
        information.size, information.mtime, information.mode = status.st_size, int(status.st_mtime), 0o600
        hashing = _Hashing(file)
        tar.addfile(information, hashing)
    return FileFacts(bytes=information.size, sha256=hashing.hash.hexdigest())
