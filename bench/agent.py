"""The agent beside a real office and broker, with the file device: what it takes of a small board, and its install.

Memory is what the kernel counts as resident (VmRSS; its peak VmHWM, set back before each sound), CPU what it charged
to the process (utime and stime).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.lines import Line, at_most
from bench.spoken import spoken_and_approved, words_of
from tests.acceptance.station import Speaker, Station, ahead, said

BROADCASTS = 20
WAITS_S = 60
PLAYS_S = 15
SHORT_S, LONG_S = 20, 600
MAY_GROW_MB = 8.0
"""Between two sounds of the same program; ten minutes decoded would be 58 MB."""
REPOSITORY = Path(__file__).parent.parent
PACKAGES = ("disk", "wire", "schedules", "audio", "controller", "speaker_agent")


def measure() -> list[Line]:
    """The lines to print."""
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as folder, Station(Path(folder)) as station:
        speaker = station.add_speaker("loa-1")
        short, long = (spoken_and_approved(station, words_of(length_s)) for length_s in (SHORT_S, LONG_S))
        planned = [
            station.order(short, starts_at=ahead(timedelta(days=1, minutes=n).total_seconds()))
            for n in range(BROADCASTS)
        ]
        for broadcast in planned:
            speaker.wait_for_receipt(broadcast, "ready")
        time.sleep(5)  # what came with the plan has been worked off
        cpu_s = _cpu_s(speaker.pid)
        time.sleep(WAITS_S)
        busy_percent = 100 * (_cpu_s(speaker.pid) - cpu_s) / WAITS_S
        waits_mb = _memory_mb(speaker.pid, "VmRSS")
        short_mb, long_mb = _peak_mb(station, speaker, short), _peak_mb(station, speaker, long)
    return [
        at_most(f"resident while it waits, {BROADCASTS} broadcasts held:", waits_mb, 80, " MB"),
        at_most(f"CPU while it waits, of one core, over {WAITS_S} s:", busy_percent, 1, " %"),
        Line(
            f"peak in {PLAYS_S} s of playing: {short_mb:.1f} MB of a {SHORT_S} s clip, {long_mb:.1f} MB of {LONG_S} s"
        ),
        at_most("grows with the clip by", long_mb - short_mb, MAY_GROW_MB, " MB"),
        _size_of_install(),
    ]


def _peak_mb(station: Station, speaker: Speaker, announcement: str) -> float:
    """From the order on, over the fetching of the clip and the first seconds in which it sounds."""
    Path(f"/proc/{speaker.pid}/clear_refs").write_text("5", encoding="ascii")  # proc(5): sets VmHWM back to VmRSS
    broadcast = station.order(announcement)
    speaker.wait_for_receipt(broadcast, "started")
    time.sleep(PLAYS_S)
    peak_mb = _memory_mb(speaker.pid, "VmHWM")
    said(station.administrator.post(f"/broadcasts/{broadcast}/cancellation"))
    station.wait_until_final(broadcast)
    return peak_mb


def _memory_mb(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == what:
            return int(value.removesuffix("kB")) * 1024 / 1e6
    raise ValueError(f"the kernel doesn't tell {what}")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _size_of_install() -> Line:
    """What `pip install` with the pinned versions puts down for a board, pip itself not counted."""
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as folder:
        source, target = Path(folder, "source"), Path(folder, "target")
        source.mkdir()
        for package in PACKAGES:
            shutil.copytree(REPOSITORY / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(REPOSITORY / file, source)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        pinned = ["-c", str(REPOSITORY / "constraints.txt"), "--target", str(target), f"{source}[speaker]"]
        installed = subprocess.run([*command, *pinned], capture_output=True, text=True)
        assert installed.returncode == 0, installed.stderr
        sizes = {each.name: _size_mb(each) for each in target.iterdir()}
    largest = ", ".join(f"{name} {sizes[name]:.0f}" for name in sorted(sizes, key=sizes.__getitem__)[:-4:-1])
    return Line(f"size of a [speaker] install: {sum(sizes.values()):.0f} MB (most of it: {largest})")


def _size_mb(path: Path) -> float:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6
