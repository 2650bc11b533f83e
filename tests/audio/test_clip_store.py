"""A clip is stored whole or not at all, whatever happens to the power, the disk or the bytes."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio.clip_store import ClipStore, CorruptClip, DiskFull

CLIP = "Kính thưa bà con".encode() * 5_000
SHA256 = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def _left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".partial")]


def test_a_clip_is_stored_under_its_hash(store: ClipStore) -> None:
    assert not store.holds(SHA256)
    assert store.put(CLIP) == SHA256
    assert store.holds(SHA256)
    assert store.verify(SHA256)
    assert store.read(SHA256) == CLIP == store.path(SHA256).read_bytes()
    assert store.clips() == {SHA256: len(CLIP)}
    assert store.size_bytes() == len(CLIP)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.binary())
def test_any_bytes_are_read_back(store: ClipStore, data: bytes) -> None:
    assert store.read(store.put(data)) == data


def test_parts_are_stored_only_if_together_they_have_the_clips_hash(store: ClipStore) -> None:
    assert not store.put_parts(SHA256, [CLIP[:50_000], CLIP[50_001:]])
    assert (store.clips(), _left_over(store.path(SHA256).parent)) == ({}, [])
    assert store.put_parts(SHA256, [CLIP[:50_000], CLIP[50_000:]])
    assert store.read(SHA256) == CLIP


def test_a_removed_clip_is_gone_and_may_be_removed_again(store: ClipStore) -> None:
    store.put(CLIP)
    store.remove(SHA256)
    store.remove(SHA256)
    assert (store.holds(SHA256), store.verify(SHA256), store.clips()) == (False, False, {})
    with pytest.raises(FileNotFoundError):
        store.read(SHA256)


def test_an_unreadable_entry_hides_no_other_clip(store: ClipStore, tmp_path: Path) -> None:
    store.put(CLIP)
    loop = tmp_path / "clips" / ("0" * 64)
    loop.symlink_to(loop)
    assert store.clips() == {SHA256: len(CLIP)}


def test_a_clip_with_a_flipped_bit_is_found_on_reading_and_removed(store: ClipStore) -> None:
    store.put(CLIP)
    path = store.path(SHA256)
    path.write_bytes(CLIP[:-1] + bytes([CLIP[-1] ^ 1]))
    assert not store.verify(SHA256)
    assert store.holds(SHA256)
    with pytest.raises(CorruptClip, match=SHA256):
        store.read(SHA256)
    assert not store.holds(SHA256)


def test_a_corrupt_clip_is_repaired_by_storing_it_again(store: ClipStore) -> None:
    store.put(CLIP)
    store.path(SHA256).write_bytes(b"")
    store.put(CLIP)
    assert store.read(SHA256) == CLIP


@pytest.mark.parametrize("name", ["", "../secret", SHA256.upper(), SHA256[:-1], SHA256 + "\n", "/" + SHA256[:-1]])
def test_a_name_that_is_no_hash_is_refused(store: ClipStore, name: str) -> None:
    for look in (store.path, store.holds, store.read, store.verify, store.remove):
        with pytest.raises(ValueError, match="SHA-256"):
            look(name)


def _put_and_die(folder: Path, before: str) -> int:
    """Run `put` in a process that is killed by SIGKILL before the named step; returns its exit status."""
    code = (
        "import os, pathlib, signal, sys\n"
        "from audio.clip_store import ClipStore\n"
        "store = ClipStore(pathlib.Path(sys.argv[1]))\n"
        f"{before} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"store.put({CLIP[:16]!r} * {len(CLIP) // 16})\n"
    )
    return subprocess.run([sys.executable, "-c", code, folder], check=False).returncode


@pytest.mark.parametrize("before", ["os.fsync", "pathlib.Path.replace"])
def test_a_crash_before_the_rename_leaves_no_clip_and_the_next_start_removes_its_file(
    tmp_path: Path, before: str
) -> None:
    assert _put_and_die(tmp_path, before) == -9
    assert len(_left_over(tmp_path)) == 1
    store = ClipStore(tmp_path)
    assert _left_over(tmp_path) == []
    assert store.clips() == {}
    assert store.size_bytes() == 0


def test_the_steps_of_writing_have_the_order_that_survives_a_power_cut(
    store: ClipStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        steps.append("flush folder" if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir() else "flush clip")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        assert self.parent == target.parent
        assert self.read_bytes() == CLIP
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    store.put(CLIP)
    assert steps == ["flush clip", "rename", "flush folder"]


def test_opening_the_folder_does_not_disturb_another_program_that_writes(tmp_path: Path) -> None:
    ClipStore(tmp_path)
    partial = tmp_path / "x.partial"
    partial.touch()
    with (tmp_path / ".writing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        ClipStore(tmp_path)
        assert partial.exists()
    ClipStore(tmp_path)
    assert not partial.exists()


def test_a_full_disk_keeps_the_existing_clips_and_no_partial_file(tmp_path: Path) -> None:
    """The kernel refuses: the process may write no file beyond 50 kB."""
    kept = ClipStore(tmp_path).put(b"kept")
    code = (
        "import pathlib, resource, sys\n"
        "from audio.clip_store import ClipStore, DiskFull\n"
        "store = ClipStore(pathlib.Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        f"try: store.put(bytes({len(CLIP)}))\n"
        "except DiskFull as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, check=True).stdout.decode()
    assert "no room for another clip" in said
    assert _left_over(tmp_path) == []
    assert ClipStore(tmp_path).clips() == {kept: 4}


def test_no_space_left_on_the_device_is_a_full_disk(store: ClipStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """/dev/full is the kernel's own full disk."""
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), "/nonexistent/x.partial"))
    with pytest.raises(DiskFull):
        store.put(CLIP)
    assert store.clips() == {}
