"""Backup and restore: the whole station is restored, into either database; a damaged file changes nothing."""

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from audio.clip_store import ClipStore
from controller.broker import keys
from controller.database.tables import Officer, metadata
from controller.database.transactions import Database
from controller.errors import Conflict, NotSignedIn
from controller.people.accounts import change_charge, make_link
from controller.people.password_links import standing_link
from controller.people.sessions import open_session, who_is
from controller.people.weighty_deeds import carry_out_due
from controller.places.areas import add_area, change_area
from controller.running.data_lock import InUse, alone_in
from controller.settings import OfficeSettings
from controller.upkeep.backup import BackupError, back_up
from controller.upkeep.restore import restore
from tests.people import Commune, make_commune
from tests.servers.postgresql import PostgreSQL

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
Station = dict[str, Any]


def of(data_dir: Path, database_url: str = "") -> OfficeSettings:
    """Settings of a station in this folder."""
    return OfficeSettings(data_dir=data_dir, database_url=database_url)


def contents(here: OfficeSettings) -> Station:
    """All rows of all tables, and all files, as values that can be compared."""
    engine = create_engine(here.database)
    with engine.connect() as connection:
        rows = {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in metadata.sorted_tables
        }
    engine.dispose()
    files = {
        path.relative_to(here.data_dir).as_posix(): path.read_bytes()
        for folder in ("clips", "recordings", "keys")
        for path in here.within(folder).glob("[!.]*")
    }
    return rows | files


@pytest.fixture
def station(commune: Commune, tmp_path: Path) -> OfficeSettings:
    """The small commune with broadcasts, a recording and keys."""
    here = of(tmp_path, "" if commune.database.engine.name == "sqlite" else _url(commune))
    fill_station(commune, here)
    return here


def fill_station(commune: Commune, here: OfficeSettings) -> None:
    """Add broadcasts, a recording and keys, and a parent area younger than its child: parents are restored first."""
    commune.store = ClipStore(here.within("clips"))
    keys.load_or_make(here.within("keys"))
    keys.write_secret(here.within("keys", "broker.password"), "secret")
    ClipStore(here.within("recordings")).put(b"a voice")
    commune.order(commune.approved(), "xã", starts_in_s=3600)
    commune.order(commune.announcement(title="Chờ phê duyệt"), "ấp 1")
    with commune.writing() as session:
        province = add_area(session, commune.now, None, name="Tỉnh", kind="tỉnh", parent=None)
        change_area(session, commune.now, commune.officers["tham"], commune.areas["xã"], {"parent": province.area})


def _url(commune: Commune) -> str:
    return commune.database.engine.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> OfficeSettings:
    """An empty folder on another machine, with either database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql").new_database()
    return of(tmp_path / "elsewhere", url)


def test_a_station_is_restored_whole_from_either_database_into_either(
    station: OfficeSettings, elsewhere: OfficeSettings, tmp_path: Path
) -> None:
    done = back_up(station, tmp_path / "backup.tar", NOW)
    assert done.damaged == []
    before = contents(station)
    restored = restore(elsewhere, tmp_path / "backup.tar", NOW)
    assert restored.aside is None
    assert restored.made_at == NOW
    assert contents(elsewhere) == before
    assert len(before["broadcast"]) == 2
    assert {"keys/office.key", "keys/safe.key", "keys/public.json", "keys/broker.password"} <= set(before)
    assert sorted(path.name for path in elsewhere.data_dir.iterdir() if path.name != "office.db") == [
        "clips",
        "keys",
        "recordings",
    ]


def test_no_session_link_or_weighty_deed_comes_back_with_a_backup(
    commune: Commune, station: OfficeSettings, elsewhere: OfficeSettings, tmp_path: Path
) -> None:
    tham, editor, quang = (commune.officers[each] for each in ("tham", "editor", "quang"))
    with commune.writing() as session:
        sign_in = open_session(session, commune.now, tham)
        link = make_link(session, commune.now, tham, editor.officer)
        change_charge(session, commune.now, tham, quang.officer, role="administrator", area=None)
    back_up(station, tmp_path / "backup.tar", NOW)
    restore(elsewhere, tmp_path / "backup.tar", NOW)
    restored = Database(elsewhere.database)
    carry_out_due(restored, NOW + timedelta(days=2))
    with restored.reading() as session:
        with pytest.raises(NotSignedIn):
            who_is(session, sign_in.token, commune.now)
        with pytest.raises(Conflict):
            standing_link(session, commune.now, link.token)
        assert session.get_one(Officer, quang.officer).role == "approver"
    restored.close()


def test_a_backup_and_its_restored_files_are_readable_by_their_owner_alone(
    station: OfficeSettings, tmp_path: Path
) -> None:
    back_up(station, tmp_path / "backup.tar", NOW)
    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600
    restore(of(tmp_path / "elsewhere"), tmp_path / "backup.tar", NOW)
    files = [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_a_backup_shows_one_moment_while_the_office_writes(
    commune: Commune, station: OfficeSettings, tmp_path: Path
) -> None:
    """Each announcement is written together with its line in the audit: a backup holds both or neither."""
    enough = Event()

    def write_on() -> None:
        while not enough.is_set():
            commune.announcement()

    writer = Thread(target=write_on)
    writer.start()
    try:
        for number in range(3):
            back_up(station, tmp_path / f"{number}.tar", NOW)
    finally:
        enough.set()
        writer.join()
    seen = []
    for number in range(3):
        there = of(tmp_path / f"elsewhere-{number}")
        restore(there, tmp_path / f"{number}.tar", NOW)
        with sqlite3.connect(there.within("office.db")) as rows:
            [[announcements]] = rows.execute("SELECT count(*) FROM announcement")
            [[written]] = rows.execute("SELECT count(*) FROM audit_entry WHERE action = 'announcement written'")
        rows.close()
        assert announcements == written
        seen.append(announcements)
    assert seen[2] > seen[0], "nothing was written meanwhile: this showed nothing"


def test_existing_data_is_replaced_only_with_the_option_replace_and_is_set_aside(
    commune: Commune, station: OfficeSettings, tmp_path: Path
) -> None:
    at_the_backup = contents(station)
    back_up(station, tmp_path / "backup.tar", NOW)
    commune.announcement(title="Sau khi sao lưu")
    ClipStore(station.within("clips")).put(b"a later sound")
    later = contents(station)
    with pytest.raises(BackupError, match="--replace"):
        restore(station, tmp_path / "backup.tar", NOW)
    assert contents(station) == later
    commune.database.close()
    restored = restore(station, tmp_path / "backup.tar", NOW, replace=True)
    assert contents(station) == at_the_backup
    assert restored.aside is not None
    assert contents(of(restored.aside)) == later


def test_a_restore_is_refused_while_the_office_runs(station: OfficeSettings, tmp_path: Path) -> None:
    back_up(station, tmp_path / "backup.tar", NOW)
    with alone_in(station.data_dir), pytest.raises(InUse):
        restore(station, tmp_path / "backup.tar", NOW, replace=True)


def _rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with tarfile.open(file) as tar:
        members = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]  # all are files
    change(members)
    with tarfile.open(file, "w") as tar:
        for name, data in members.items():
            information = tarfile.TarInfo(name)
            information.size = len(data)
            tar.addfile(information, io.BytesIO(data))


def _clip_of(members: dict[str, bytes]) -> str:
    return next(name for name in members if name.startswith("clips/"))


def _other_manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | changes).encode()

    return change


def _without(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[name]

    return change


def _from_a_newer_version(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    database = sqlite3.connect(":memory:")
    database.deserialize(members["office.db"])
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    members["office.db"] = database.serialize()
    database.close()
    manifest["files"]["office.db"] = {
        "bytes": len(members["office.db"]),
        "sha256": hashlib.sha256(members["office.db"]).hexdigest(),
    }
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
        pytest.param(lambda file: file.write_bytes(b"Xin ch\xc3\xa0o" * 500), id="another kind of file"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:-20_000]), id="cut off"),
        pytest.param(lambda file: _rewritten(file, lambda m: m.update({_clip_of(m): b"other"})), id="another sound"),
        pytest.param(lambda file: _rewritten(file, _without("keys/office.key")), id="without its key"),
        pytest.param(lambda file: _rewritten(file, lambda m: m.update({"clips/" + "0" * 64: b"x"})), id="one too many"),
        pytest.param(
            lambda file: _rewritten(file, lambda m: m.update({"../escaped.key": b"x"})), id="out of the folder"
        ),
        pytest.param(lambda file: _rewritten(file, _without("manifest.json")), id="no manifest"),
        pytest.param(lambda file: _rewritten(file, _other_manifest(format=2)), id="another format"),
        pytest.param(lambda file: _rewritten(file, _other_manifest(files=[])), id="nonsense in the manifest"),
        pytest.param(lambda file: _rewritten(file, _from_a_newer_version), id="from a newer version"),
    ],
)
def test_a_file_that_is_no_whole_backup_is_refused_and_changes_nothing(
    damage: Callable[[Path], None], one_station: tuple[OfficeSettings, Path], tmp_path: Path
) -> None:
    here, backup = one_station
    damage(Path(shutil.copy(backup, tmp_path / "damaged.tar")))
    before = contents(here)
    with pytest.raises(BackupError):
        restore(here, tmp_path / "damaged.tar", NOW, replace=True)
    assert contents(here) == before
    assert not list(here.data_dir.glob("*restor*"))


@pytest.fixture(scope="module")
def one_station(tmp_path_factory: pytest.TempPathFactory) -> tuple[OfficeSettings, Path]:
    """A station on SQLite with its backup; no test changes them."""
    folder = tmp_path_factory.mktemp("one")
    here = of(folder / "office")
    here.data_dir.mkdir()
    commune = make_commune(here.database, here.data_dir)
    fill_station(commune, here)
    commune.database.close()
    back_up(here, folder / "backup.tar", NOW)
    return here, folder / "backup.tar"


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_refused_or_harmless(
    place: float, bit: int, one_station: tuple[OfficeSettings, Path], tmp_path: Path
) -> None:
    here, backup = one_station
    data = bytearray(backup.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (tmp_path / "flipped.tar").write_bytes(data)
    there = of(tmp_path / "there")
    try:
        restore(there, tmp_path / "flipped.tar", NOW)
    except BackupError:
        assert list(there.data_dir.iterdir()) == []
    else:
        assert contents(there) == contents(here)
    shutil.rmtree(there.data_dir)


def test_an_older_backup_stays_when_a_new_one_fails(
    one_station: tuple[OfficeSettings, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, backup = one_station
    target = Path(shutil.copy(backup, tmp_path / "backup.tar"))

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device", "backup.tar")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(OSError, match="No space"):
        back_up(here, target, NOW)
    assert target.read_bytes() == backup.read_bytes()
    assert list(tmp_path.iterdir()) == [target]


def test_a_damaged_sound_is_named_and_all_else_is_backed_up(
    one_station: tuple[OfficeSettings, Path], tmp_path: Path
) -> None:
    here = of(Path(shutil.copytree(one_station[0].data_dir, tmp_path / "office")))
    [clip, *_] = here.within("clips").glob("[!.]*")
    clip.write_bytes(b"rot")
    done = back_up(here, tmp_path / "backup.tar", NOW)
    assert done.damaged == [f"clips/{clip.name}"]
    restore(of(tmp_path / "there"), tmp_path / "backup.tar", NOW)
    assert contents(of(tmp_path / "there")) == contents(here)


def test_backing_up_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="LOA_DATA_DIR"):
        back_up(of(tmp_path), tmp_path / "backup.tar", NOW)


def test_a_restore_that_fails_in_postgresql_keeps_the_existing_rows(
    postgresql: PostgreSQL, one_station: tuple[OfficeSettings, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = of(tmp_path / "office", postgresql.new_database())
    restore(here, one_station[1], NOW)
    before = contents(here)

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error", "office.db")

    monkeypatch.setattr("controller.upkeep.restore.copy_rows", broken)
    with pytest.raises(OSError, match="Input/output"):
        restore(here, one_station[1], NOW, replace=True)
    assert contents(here) == before
