"""The agent beside a real office and broker, with the file device: what it takes of a small board, and its install.

Memory is the kernel's VmRSS, and for peaks VmHWM, which is reset before each sound; CPU is utime plus stime.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench.lines import ReportLine, at_most
from bench.spoken import make_approved, words_lasting
from tests.acceptance.station import Speaker, Station, ahead, said

BROADCASTS = 20
IDLE_S = 60
PLAYING_S = 15
SHORT_CLIP_S, LONG_CLIP_S = 20, 600
MAX_GROWTH_MB = 8.0
"""Peak memory with the long clip minus that with the short one; ten minutes decoded would be 58 MB."""
REPOSITORY = Path(__file__).parent.parent
PACKAGES = ("host", "wire", "schedules", "audio", "controller", "speaker_agent")


def measure() -> list[ReportLine]:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as folder, Station(Path(folder)) as station:
        speaker = station.add_speaker("loa-1")
        short, long = (make_approved(station, words_lasting(length_s)) for length_s in (SHORT_CLIP_S, LONG_CLIP_S))
        planned = [
            station.order(short, starts_at=ahead(timedelta(days=1, minutes=n).total_seconds()))
            for n in range(BROADCASTS)
        ]
        for broadcast in planned:
            speaker.wait_for_receipt(broadcast, "ready")
        time.sleep(5)  # the agent finishes its work on the new plan
        cpu_s = _cpu_s(speaker.pid)
        time.sleep(IDLE_S)
        idle_cpu_percent = 100 * (_cpu_s(speaker.pid) - cpu_s) / IDLE_S
        idle_mb = _memory_mb(speaker.pid, "VmRSS")
        short_mb, long_mb = _peak_mb(station, speaker, short), _peak_mb(station, speaker, long)
    return [
        at_most(f"resident while it waits, {BROADCASTS} broadcasts held:", idle_mb, 80, " MB"),
        at_most(f"CPU while it waits, of one core, over {IDLE_S} s:", idle_cpu_percent, 1, " %"),
        ReportLine(
            f"peak in {PLAYING_S} s of playing: {short_mb:.1f} MB of a {SHORT_CLIP_S} s clip, "
            f"{long_mb:.1f} MB of {LONG_CLIP_S} s"
        ),
        at_most("grows with the clip by", long_mb - short_mb, MAX_GROWTH_MB, " MB"),
        _size_of_install(),
    ]


def _peak_mb(station: Station, speaker: Speaker, announcement: str) -> float:
    """The agent's peak memory from the order on: it fetches the clip, and plays it for 15 s."""
    Path(f"/proc/{speaker.pid}/clear_refs").write_text("5", encoding="ascii")  # proc(5): resets VmHWM to VmRSS
    broadcast = station.order(announcement)
    speaker.wait_for_receipt(broadcast, "started")
    time.sleep(PLAYING_S)
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


def _size_of_install() -> ReportLine:
    """The size of what `pip install` with the pinned versions writes for a loudspeaker, without pip itself."""
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
    return ReportLine(f"size of a [speaker] install: {sum(sizes.values()):.0f} MB (most of it: {largest})")


def _size_mb(path: Path) -> float:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6
