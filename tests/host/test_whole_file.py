"""A file holds its old content or its new one, also after a crash, a power cut or a full disk."""

import os
import signal
import stat
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host.whole_file import PARTIAL_SUFFIX, whole_file, write_whole_file

OLD, NEW = b"old" * 1_000, b"new!" * 50_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    return path


def unfinished(folder: Path) -> list[Path]:
    return list(folder.glob(f"*{PARTIAL_SUFFIX}"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(data=st.binary(), durable=st.booleans())
def test_any_bytes_are_written_to_a_new_or_an_existing_file(tmp_path: Path, data: bytes, durable: bool) -> None:
    write_whole_file(tmp_path / "file", data, durable=durable)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == data


def test_until_the_block_ends_a_reader_finds_the_old_content(file: Path) -> None:
    with whole_file(file) as new:
        new.write(NEW)
        new.flush()
        assert file.read_bytes() == OLD
    assert file.read_bytes() == NEW


def test_an_exception_in_the_block_leaves_the_old_file_and_no_other(file: Path) -> None:
    def write_and_break_off() -> None:
        with whole_file(file) as new:
            new.write(NEW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_break_off()
    assert [path.read_bytes() for path in file.parent.iterdir()] == [OLD]


_KILLED_AT_STEP = """
import os, signal, sys
from pathlib import Path
import host.whole_file

left = int(sys.argv[2])

def at_each_line(frame, event, argument):
    global left
    if event == "line" and frame.f_code.co_filename == host.whole_file.__file__:
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    return at_each_line

sys.settrace(at_each_line)
host.whole_file.write_whole_file(Path(sys.argv[1]), b"new!" * 50_000)
sys.settrace(None)
"""


def test_a_kill_before_any_line_leaves_the_old_file_or_the_new_one(file: Path) -> None:
    """SIGKILL before the first line of the writer, then before the second, and so on to its end."""
    found: list[bytes] = []
    for step in count():
        file.write_bytes(OLD)
        status = subprocess.run([sys.executable, "-c", _KILLED_AT_STEP, file, str(step)], check=False).returncode
        found.append(file.read_bytes())
        if status == 0:
            break
        assert status == -signal.SIGKILL
        assert len(unfinished(file.parent)) <= 1
        for left in unfinished(file.parent):
            left.unlink()
    assert set(found) == {OLD, NEW}
    assert found == sorted(found, key=[OLD, NEW].index), "once the new one is there, it stays"
    assert len(found) > 10, "it was killed at many lines"
    assert [path.name for path in file.parent.iterdir()] == ["file"]


def steps_of_writing(file: Path, monkeypatch: pytest.MonkeyPatch, *, durable: bool) -> list[str]:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        is_folder = Path(f"/proc/self/fd/{descriptor}").readlink().is_dir()
        steps.append("flush folder" if is_folder else "flush file")
        fsync(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        assert self.parent == target.parent
        assert self.read_bytes() == NEW
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_whole_file(file, NEW, durable=durable)
    return steps


def test_the_steps_of_writing_have_the_order_that_survives_a_power_cut(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert steps_of_writing(file, monkeypatch, durable=True) == ["flush file", "rename", "flush folder"]


def test_a_file_that_need_not_survive_a_power_cut_is_not_flushed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps_of_writing(file, monkeypatch, durable=False) == ["rename"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_mode_holds_from_the_first_byte_with_any_umask(file: Path, umask: int, mode: int) -> None:
    file.chmod(0o666)
    before = os.umask(umask)
    try:
        with whole_file(file, mode=mode) as new:
            [partial] = unfinished(file.parent)
            assert stat.S_IMODE(partial.stat().st_mode) == mode
            new.write(NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_file_is_private_by_default(file: Path) -> None:
    write_whole_file(file, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_full_disk_leaves_the_old_file_and_no_unfinished_one(file: Path) -> None:
    """The kernel refuses: the process may write no file beyond 50 kB."""
    code = (
        "import pathlib, resource, sys\n"
        "from host.whole_file import write_whole_file\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try: write_whole_file(pathlib.Path(sys.argv[1]), bytes(200_000))\n"
        "except OSError as error: print(error.strerror)\n"
    )
    said = subprocess.run([sys.executable, "-c", code, file], capture_output=True, check=True).stdout.decode()
    assert said == "File too large\n"
    assert [path.read_bytes() for path in file.parent.iterdir()] == [OLD]


@pytest.mark.parametrize("durable", [True, False])
def test_a_device_without_space_raises_an_error(file: Path, monkeypatch: pytest.MonkeyPatch, durable: bool) -> None:
    """/dev/full is the kernel's own full disk."""
    partial = file.with_name("x.partial")
    partial.touch()
    monkeypatch.setattr("tempfile.mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(partial)))
    with pytest.raises(OSError, match="No space left"):
        write_whole_file(file, NEW, durable=durable)
    assert [path.read_bytes() for path in file.parent.iterdir()] == [OLD]


def test_a_missing_folder_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole_file(tmp_path / "missing" / "file", NEW)
    assert list(tmp_path.iterdir()) == []


def test_many_writers_of_one_file_leave_the_content_of_one(file: Path) -> None:
    code = (
        "import pathlib, sys\n"
        "from host.whole_file import write_whole_file\n"
        "for _ in range(50): write_whole_file(pathlib.Path(sys.argv[1]), sys.argv[2].encode() * 1_000, durable=False)\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, file, letter]) for letter in "abc"]
    while any(child.poll() is None for child in children):
        data = file.read_bytes()
        assert len(data) in (1_000, len(OLD))
        assert data == OLD or len(set(data)) == 1
    assert [child.returncode for child in children] == [0, 0, 0]
    assert [path.name for path in file.parent.iterdir()] == ["file"]
