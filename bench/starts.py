"""Starts on PulseAudio's null sink: how far from their instant, and how far apart two loudspeakers begin.

Each loudspeaker is the agent's ALSA device in a process of its own. The yardstick: two of Debian's snapclients on the
same two sinks play what one snapserver sends. One recording holds all four; starts are found in it by correlation.
The recording's own beginning is only known to 50 ms, so errors are differences from their median; the devices' own
`start_error_ms` must confirm them.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench.lines import ReportLine, at_most
from speaker_agent.clock.agent_clock import AgentClock
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.port import RATE
from tests.correlation import Samples, likeness, samples
from tests.servers.demonstration import free_port
from tests.servers.pulseaudio import SPEAKERS, PulseAudio, Recording
from tests.servers.real_time import Pauses
from tests.sounds import Listener, noise, sound_of

ROUNDS = 150
"""Each with two loudspeakers: 300 starts."""
SNAPCAST_EVERY = 4
"""Snapcast plays in each fourth round."""
AHEAD_S = 2.0
"""The agent opens its device as long ahead: at first a sound server reports its delay wrong by milliseconds."""
STEP_S = 0.8
DEVICES_PER_SINK = 3
"""Devices that take turns on each sink: each opens 2 s ahead, and a round starts each 0.8 s."""
BURST_FRAMES = RATE // 10
OUR_BURST, SNAPCAST_BURST = noise(BURST_FRAMES, 11), noise(BURST_FRAMES, 12)


def measure() -> list[ReportLine]:
    return [*_measure_starts(busy=False), *_measure_starts(busy=True)]


def _measure_starts(*, busy: bool) -> list[ReportLine]:
    how = "both cores busy" if busy else "idle"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loa-bench-")))
        server = stack.enter_context(PulseAudio(folder))
        lanes = [[stack.enter_context(_player(name, server)) for name in SPEAKERS] for _ in range(DEVICES_PER_SINK)]
        snap = stack.enter_context(_snapcast(folder, server))
        for _ in range(os.cpu_count() or 1 if busy else 0):
            stack.enter_context(_process([sys.executable, "-c", "while True: pass"]))
        pauses = Pauses()
        with pauses, server.record() as recording:
            rounds = _play(lanes, snap, recording)
    both = [samples(recording.left), samples(recording.right)]
    asked = [recording.frame_at(at) for at, _, _ in rounds]
    ours = [[_find_burst(channel, OUR_BURST, frame, 0.3) for channel in both] for frame in asked]
    offs = [[found - frame for found in pair] for pair, frame in zip(ours, asked, strict=True)]
    middle = statistics.median(off for pair in offs for off in pair)
    errors_ms = [abs(off - middle) / RATE * 1000 for pair in offs for off in pair]
    told_ms = [abs(told) for _, _, both_told in rounds for told in both_told]
    apart_ms = [abs(left - right) / RATE * 1000 for left, right in ours]
    sent = [recording.frame_at(sent_at) for _, sent_at, _ in rounds if sent_at]
    theirs = [[_find_burst(channel, SNAPCAST_BURST, frame + 1.2 * RATE, 1.2) for channel in both] for frame in sent]
    snap_ms = [abs(left - right) / RATE * 1000 for left, right in theirs]
    median, snap_median = statistics.median(apart_ms), statistics.median(snap_ms)
    return [
        at_most(
            f"start error, {how}, p99 of {len(errors_ms)}, recorded:",
            _quantile(errors_ms, 0.99),
            10 if busy else 5,
            " ms",
        ),
        at_most(
            f"the same as the devices tell it, p99 of {len(told_ms)}:",
            _quantile(told_ms, 0.99),
            10 if busy else 5,
            " ms",
        ),
        ReportLine(
            f"two loudspeakers apart, {how}, {len(apart_ms)} rounds: median {median:.2f} ms,"
            f" p95 {_quantile(apart_ms, 0.95):.2f} ms"
        ),
        ReportLine(
            f"two snapclients apart, {how}, {len(snap_ms)} rounds: median {snap_median:.2f} ms,"
            f" maximum {max(snap_ms):.2f} ms"
        ),
        at_most(f"median above Snapcast's, {how}:", median - snap_median, 0.2, " ms"),
        at_most(f"maximum apart, {how}:", max(apart_ms), 2.0 if busy else 1.0, " ms"),
        ReportLine(f"the longest time a processor stood still meanwhile: {pauses.longest_s * 1000:.0f} ms"),
    ]


def _play(
    lanes: Sequence[Sequence["subprocess.Popen[str]"]], snap: Path, recording: Recording
) -> list[tuple[float, float | None, list[float]]]:
    """For each round: the Unix time of our start; when Snapcast got its burst (None: not in this round); and the start
    errors in milliseconds that our two devices report.
    """
    rounds: list[tuple[float, float | None, list[float]]] = []
    quiet = bytes(4 * RATE // 5)
    frames = (SNAPCAST_BURST[at : at + 2] for at in range(0, len(SNAPCAST_BURST), 2))
    burst = b"".join(frame * 2 for frame in frames)
    with snap.open("wb", buffering=0) as pipe:
        pipe.write(quiet)
        time.sleep(3)  # the snapclients synchronise their clocks
        first_at = time.time() + AHEAD_S + STEP_S
        for number in range(ROUNDS + DEVICES_PER_SINK):
            at = first_at + number * STEP_S
            if number >= DEVICES_PER_SINK:
                told = [_read_start_error_ms(each) for each in lanes[number % DEVICES_PER_SINK]]
                rounds[number - DEVICES_PER_SINK][2].extend(told)
            if number >= ROUNDS:
                continue
            time.sleep(max(0.0, at - AHEAD_S - time.time()))
            for player in lanes[number % DEVICES_PER_SINK]:
                assert player.stdin is not None
                print(at, file=player.stdin, flush=True)
            sent_at = time.time() if number % SNAPCAST_EVERY == 0 else None
            if sent_at is not None:
                pipe.write(burst + quiet)
            rounds.append((at, sent_at, []))
        recording.wait_until(time.time() + 3)
    return rounds


def _read_start_error_ms(player: "subprocess.Popen[str]") -> float:
    assert player.stdout is not None
    return float(player.stdout.readline())


def _find_burst(channel: Samples, burst: bytes, frame: float, within_s: float) -> float:
    """The frame at which the burst begins, at most `within_s` from `frame`."""
    first = max(0, round(frame - within_s * RATE))
    stretch = channel[first : round(frame + within_s * RATE) + BURST_FRAMES]
    return first + likeness(stretch, samples(burst)).found_at


def _quantile(figures: Sequence[float], share: float) -> float:
    return sorted(figures)[round(share * (len(figures) - 1))]


@contextmanager
def _process(command: list[str], **more: object) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(command, text=True, **more)  # type: ignore[call-overload]  # callers know its options
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def _player(name: str, server: PulseAudio) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", f"from bench import starts; starts.player({name!r})"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with _process(command, env=os.environ | server.environment, **pipes) as process:
        yield process


def player(name: str) -> None:
    """Runs in a process of its own: each input line is the Unix time of a start; prints its error in milliseconds."""
    clock = AgentClock(system_synchronised=lambda: True)
    listener = Listener()
    device = AlsaDevice(name, clock, listener.on_change)
    listener.listen_to(device)
    for line in sys.stdin:
        at = datetime.fromtimestamp(float(line), UTC)
        device.start(sound_of(OUR_BURST), at)
        progress = listener.wait_for_end()
        assert progress.began_at is not None
        print((progress.began_at - at).total_seconds() * 1000, flush=True)


@contextmanager
def _snapcast(folder: Path, server: PulseAudio) -> Iterator[Path]:
    """A snapserver, and a snapclient on each sink; both play what is written to the yielded pipe a second later."""
    assert shutil.which("snapserver"), "snapserver is missing: install Debian's snapserver and snapclient"
    ports = [free_port() for _ in range(3)]
    pipe = folder / "snap"
    os.mkfifo(pipe)
    config = folder / "snapserver.conf"
    config.write_text(
        f"[server]\ndatadir = {folder}\n[http]\nenabled = false\n"
        f"[tcp]\nenabled = true\nbind_to_address = 127.0.0.1\nport = {ports[0]}\n"
        f"[stream]\nbind_to_address = 127.0.0.1\nport = {ports[1]}\nbuffer = 1000\n"
        f"source = pipe://{pipe}?name=bench&sampleformat=48000:16:2&codec=pcm&mode=read\n",
        encoding="ascii",
    )
    log = (folder / "snapcast.log").open("wb")
    quiet = {"env": os.environ | server.environment, "stdout": log, "stderr": log}
    with ExitStack() as stack:
        stack.callback(log.close)
        stack.enter_context(_process(["snapserver", "-c", str(config)], **quiet))
        time.sleep(1)
        for number, name in enumerate(SPEAKERS, 1):
            client = ["snapclient", "-h", "127.0.0.1", "-p", str(ports[1]), "-s", name, "--hostID", name]
            stack.enter_context(_process([*client, "-i", str(number)], **quiet))
        time.sleep(1)
        yield pipe
