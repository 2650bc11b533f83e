"""`.ci/bare`: runs `make demo` in a fresh clone of HEAD, under `env -i` with Python, make, git and coreutils alone.

It checks that the demo becomes ready, its three loudspeakers are online, an announcement is written, approved and
played, and no process is left at the end. Prints whether it passed. Imports the standard library alone.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.servers.demonstration import Demonstration, free_port

_REPOSITORY = Path(__file__).parents[2]
_MAX_INSTALL_S = 600.0
_MAX_SHUTDOWN_S = 10.0
# fmt: off
_COREUTILS = (
    "basename", "cat", "chmod", "cp", "cut", "date", "dirname", "echo", "env", "expand", "expr", "false",
    "head", "id", "ln", "ls", "mkdir", "mktemp", "mv", "nproc", "pwd", "readlink", "realpath", "rm", "rmdir",
    "sleep", "sort", "stat", "tail", "tee", "test", "touch", "tr", "true", "uname", "uniq", "wc",
)
# fmt: on


def _make_path(folder: Path) -> None:
    """Make a folder for PATH with links to Python, make, git and coreutils, and nothing else."""
    folder.mkdir()
    python = Path(sys.executable).resolve()
    (folder / "python3").symlink_to(python)
    for name in ("make", "git", *_COREUTILS):
        program = shutil.which(name)
        assert program is not None, f"{name} is missing on this machine"
        (folder / name).symlink_to(program)


def _try_out(folder: Path) -> str:
    clone, path = folder / "clone", folder / "path"
    subprocess.run(["git", "clone", "--quiet", str(_REPOSITORY), str(clone)], check=True)
    _make_path(path)
    demonstration = Demonstration(
        [str(path / "make"), "demo"],
        data_dir=clone / "var" / "demo",
        port=free_port(),
        cwd=clone,
        environment={"PATH": str(path)},
    )
    try:
        began = time.monotonic()
        demonstration.start(_MAX_INSTALL_S)
        ready_s = time.monotonic() - began
        speakers = demonstration.call("GET", "/speakers")["items"]
        online = [each["speaker"] for each in speakers if each["online"]]
        assert online == ["demo-1", "demo-2", "demo-3"], f"online: {online}"
        announcement = demonstration.submitted_announcement("Thử loa", "Xin chào bà con. Đây là bản tin thử.")
        states = {name: each["state"] for name, each in demonstration.broadcast_now(announcement).items()}
        assert set(states.values()) == {"played"}, f"not played everywhere: {states}"
        demonstration.signal(signal.SIGTERM)
        demonstration.wait_for_end(_MAX_SHUTDOWN_S)
        told = "\n".join(demonstration.said())
        assert "Traceback" not in told, told
    finally:
        demonstration.close()
    return f"ready after {ready_s:.0f} s, played at {len(states)} loudspeakers, ended without a process left"


def main() -> int:
    """Print the result; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="loa-bare-") as folder:
        try:
            print(f".ci/bare passed: {_try_out(Path(folder))}.")  # noqa: T201 - a command prints
        except (AssertionError, OSError, subprocess.CalledProcessError) as error:
            print(f".ci/bare failed: {error}", file=sys.stderr)  # noqa: T201
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
