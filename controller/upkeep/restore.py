"""Restoring a station from its backup, into either kind of database. Old data is put aside, never deleted.

Everything is unpacked next to its final place and verified there; only then the old data is put aside and the new data
installed.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from alembic.util import CommandError
from sqlalchemy import Engine, create_engine, delete, inspect, literal, select, update
from sqlmodel import Session, col

from controller.database.migrations import bring_up_to_date
from controller.database.tables import PasswordLink, SignIn, WeightyDeed, metadata
from controller.running.data_lock import alone_in
from controller.settings import OfficeSettings
from controller.upkeep.backup import (
    DATABASE,
    FOLDERS,
    MANIFEST,
    MEMBER,
    BackupError,
    FileFacts,
    Manifest,
    copy_database,
    copy_rows,
    sqlite_file,
)
from host.whole_file import sync_folder

_BLOCK_BYTES = 1 << 20
_LARGEST_MANIFEST_BYTES = 1 << 28


@dataclass(frozen=True)
class Restored:
    """When the backup was made, by its manifest, and the folder of the old data (None: there was none)."""

    made_at: datetime
    aside: Path | None


def restore(settings: OfficeSettings, file: Path, now: datetime, *, replace: bool = False) -> Restored:
    """Restore the station from the backup. Raises BackupError, InUse (nothing was changed), OSError.

    `replace`: put an existing station aside; without, its existence is an error.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.data_dir):
        occupied = _holds_rows(settings.database) or any(_existing_folders(settings.data_dir))
        if occupied and not replace:
            raise BackupError("station_there", folder=str(settings.data_dir))
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=settings.data_dir) as scratch:
            unpacked = Path(scratch)
            made_at = _unpack(file, unpacked)
            _end_what_was_open(unpacked / DATABASE, now)
            aside = settings.data_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
            _install(settings, unpacked, aside)
        sync_folder(settings.data_dir)
    return Restored(made_at, aside if occupied else None)


def _install(settings: OfficeSettings, unpacked: Path, aside: Path) -> None:
    """Put the old data aside and install the new. If cut off, run again with `replace`: nothing is lost."""
    aside.mkdir()
    try:
        _install_database(settings.database, unpacked / DATABASE, aside / DATABASE)
        for old in _existing_folders(settings.data_dir):
            old.rename(aside / old.name)
        for name in FOLDERS:
            (unpacked / name).rename(settings.data_dir / name)
    finally:
        with suppress(OSError):  # rmdir succeeds only if nothing was put aside
            aside.rmdir()


def _install_database(url: str, new: Path, aside: Path) -> None:
    if (file := sqlite_file(url)) is not None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                shutil.move(f"{file}{suffix}", f"{aside}{suffix}")
        shutil.move(new, file)
        return
    if _holds_rows(url):
        copy_database(url, aside)
    bring_up_to_date(url)
    with (
        _engine(f"sqlite:///{new}") as source,
        _engine(url) as target,
        source.connect() as rows,
        target.begin() as into,
    ):
        for table in reversed(metadata.sorted_tables):
            into.execute(delete(table))
        copy_rows(rows, into)


def _holds_rows(url: str) -> bool:
    if (file := sqlite_file(url)) is not None:
        return file.exists()
    with _engine(url) as engine, engine.connect() as connection:
        existing = set(inspect(connection).get_table_names())
        return any(
            connection.execute(select(literal(1)).select_from(table).limit(1)).first()
            for table in metadata.sorted_tables
            if table.name in existing
        )


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _existing_folders(data_dir: Path) -> list[Path]:
    return [data_dir / name for name in FOLDERS if (data_dir / name).exists()]


def _unpack(file: Path, folder: Path) -> datetime:
    """Unpack and verify all files, and migrate the database. Returns when the backup was made. Raises BackupError."""
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700)
    found: dict[str, FileFacts] = {}
    manifest = None
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                data = tar.extractfile(member) if MEMBER.fullmatch(member.name) and member.isreg() else None
                if data is None or member.name in found:
                    raise BackupError("backup_foreign_part", file=str(file), part=repr(member.name))
                if member.name == MANIFEST:
                    manifest = Manifest.model_validate_json(data.read(_LARGEST_MANIFEST_BYTES))
                    continue
                found[member.name] = _write_file(folder / member.name, data)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupError("backup_broken", file=str(file), detail=str(error)) from None
    if manifest is None or DATABASE not in found:
        raise BackupError("backup_not_whole", file=str(file))
    if wrong := sorted(name for name in found | manifest.files if found.get(name) != manifest.files.get(name)):
        raise BackupError("backup_part_broken", file=str(file), part=wrong[0])
    try:
        bring_up_to_date(f"sqlite:///{folder / DATABASE}")
    except CommandError as error:
        raise BackupError("backup_of_newer_version", file=str(file), detail=str(error)) from None
    return manifest.made_at


def _end_what_was_open(file: Path, now: datetime) -> None:
    """End browsers' sessions, links and weighty deeds: some may have been ended, used or withdrawn after the backup.

    A program's token holds for twelve hours at most, and the program goes on after a restore.
    """
    with _engine(f"sqlite:///{file}") as engine, Session(engine) as session:
        session.exec(delete(SignIn).where(col(SignIn.kind) == "browser"))
        session.exec(update(PasswordLink).where(col(PasswordLink.ended_at).is_(None)).values(ended_at=now))
        waits = col(WeightyDeed.done_at).is_(None), col(WeightyDeed.withdrawn_at).is_(None)
        session.exec(update(WeightyDeed).where(*waits).values(withdrawn_at=now))
        session.commit()


def _write_file(path: Path, data: IO[bytes]) -> FileFacts:
    """Write a new file with mode 0600 and flush it to the disk. Returns its size and hash."""
    sha256, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while block := data.read(_BLOCK_BYTES):
            out.write(block)
            sha256.update(block)
            size += len(block)
        out.flush()
        os.fsync(out.fileno())
    return FileFacts(bytes=size, sha256=sha256.hexdigest())
