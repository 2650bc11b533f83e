"""A real sound server without a sound card: two mono loudspeakers, and a recorder that hears both.

    with PulseAudio(folder) as server, server.record() as recording:
        AlsaDevice("spk-a", …)          # in this process, once ALSA_CONFIG_PATH is server.alsa_config
    left = recording.left               # 48 kHz mono s16le of what spk-a sounded; right: spk-b

Or the fixture `pulseaudio`, one server a test, with ALSA_CONFIG_PATH set. For agents in processes of their
own: `env=os.environ | server.environment` and `"sound": "alsa:spk-a"`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest

SPEAKERS = ("spk-a", "spk-b")
_LIMIT_S = 10.0
_RATE = 48_000
_BYTES_PER_FRAME = 2 * len(SPEAKERS)

# norewinds, because else the reported delay jumps by 1.8 s. Both loudspeakers are channels of one sink.
_SERVER_SCRIPT = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=both rate=48000 norewinds=1 {stereo}
load-module module-remap-sink sink_name=spk-a master_channel_map=front-left {remap}
load-module module-remap-sink sink_name=spk-b master_channel_map=front-right {remap}
"""
_STEREO = "channels=2 channel_map=front-left,front-right"
_REMAP = "master=both channels=1 channel_map=mono remix=no"
_ALSA_CONFIG = """
</usr/share/alsa/alsa.conf>
pcm.spk-a {{ type pulse device spk-a server "unix:{socket}" }}
pcm.spk-b {{ type pulse device spk-b server "unix:{socket}" }}
"""


class PulseAudio:
    """One server process, with its socket and files in `folder` (a short path: a socket's has 107 bytes)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "native"
        self.alsa_config = folder / "asound.conf"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a program finds the two loudspeakers."""
        return {
            "ALSA_CONFIG_PATH": str(self.alsa_config),
            "PULSE_SERVER": f"unix:{self._socket}",
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
        }

    def start(self) -> None:
        script = self._folder / "default.pa"
        script.write_text(_SERVER_SCRIPT.format(socket=self._socket, stereo=_STEREO, remap=_REMAP))
        self.alsa_config.write_text(_ALSA_CONFIG.format(socket=self._socket))
        options = "--disable-shm=yes --daemonize=no --exit-idle-time=-1 --disallow-exit --use-pid-file=no"
        with (self._folder / "pulseaudio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_program("pulseaudio"), "-n", "-F", str(script), *options.split()],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )
        _wait_for(self._answers, "PulseAudio did not start: " + (self._folder / "pulseaudio.log").read_text())

    def kill(self) -> None:
        """End it by SIGKILL: the device vanishes while it plays."""
        self._signal(signal.SIGKILL)
        self._end()

    def freeze(self) -> None:
        """Stop it by SIGSTOP: it exists, but doesn't answer."""
        self._signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGCONT)
            self._process.terminate()
            self._end()

    def record(self) -> "Recording":
        return Recording([_program("parec"), "-d", "both.monitor"], os.environ | self.environment)

    def __enter__(self) -> "PulseAudio":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        asked = subprocess.run(
            [_program("pactl"), "list", "short", "sinks"],
            env=os.environ | self.environment,
            capture_output=True,
            check=False,
        )
        return all(name.encode() in asked.stdout for name in SPEAKERS)

    def _signal(self, number: int) -> None:
        assert self._process is not None, "this server isn't running"
        self._process.send_signal(number)

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(_LIMIT_S)
        self._process = None


class Recording:
    """Records both loudspeakers between entering and leaving."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._bytes = bytearray()
        self._arrived: list[tuple[int, float]] = []

    @property
    def left(self) -> bytes:
        """The PCM of `spk-a`."""
        return self._channel(0)

    @property
    def right(self) -> bytes:
        """The PCM of `spk-b`."""
        return self._channel(1)

    @property
    def frame_0_s(self) -> float:
        """Unix time of the first recorded frame, exact to a block of the mixer (50 ms)."""
        return min(unix_s - frames / _RATE for frames, unix_s in self._arrived)

    def frame_at(self, unix_s: float) -> float:
        """The frame recorded at a Unix time, with a constant error of at most a block of the mixer.

        A sink's clock isn't the system's (null sinks lose 0.1 ms each second while something sounds): the frames that
        came with the least delay, one in each twentieth of the recording, are put on a straight line.
        """
        arrived = np.array(self._arrived)
        earliest = [piece[np.argmin(piece[:, 1] - piece[:, 0] / _RATE)] for piece in np.array_split(arrived, 20)]
        frames, seconds = np.array(earliest).T
        slope, begin = np.polyfit(seconds - seconds[0], frames, 1)
        return float(begin + slope * (unix_s - seconds[0]))

    def wait_until(self, unix_s: float) -> None:
        """Wait until the sound of this Unix time has been recorded."""
        frame_s = 1 / _BYTES_PER_FRAME / _RATE
        _wait_for(lambda: self.frame_0_s + len(self._bytes) * frame_s > unix_s, "nothing more is recorded")

    def __enter__(self) -> "Recording":
        options = f"--rate={_RATE} --channels={len(SPEAKERS)} --format=s16le --raw --latency-msec=20".split()
        command = self._command + options
        self._process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        _wait_for(lambda: bool(self._bytes), "parec records nothing")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(_LIMIT_S)
        self._reader.join(_LIMIT_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            while block := os.read(pipe.fileno(), 65_536):
                self._bytes += block
                self._arrived.append((len(self._bytes) // _BYTES_PER_FRAME, time.time()))

    def _channel(self, index: int) -> bytes:
        frames = len(self._bytes) // _BYTES_PER_FRAME
        interleaved = np.frombuffer(bytes(self._bytes[: frames * _BYTES_PER_FRAME]), dtype="<i2")
        return interleaved.reshape(frames, len(SPEAKERS))[:, index].tobytes()


@pytest.fixture
def pulseaudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseAudio]:
    """A server for one test, which may kill it; in this process `AlsaDevice("spk-a", …)` finds it."""
    folder = tempfile.TemporaryDirectory(prefix="loa-pulse-", ignore_cleanup_errors=True)
    with folder as path, PulseAudio(Path(path)) as server:
        monkeypatch.setenv("ALSA_CONFIG_PATH", str(server.alsa_config))
        yield server


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: install Debian's pulseaudio, pulseaudio-utils, libasound2-plugins")
    return found


def _wait_for(condition: Callable[[], bool], otherwise: str) -> None:
    limit = time.monotonic() + _LIMIT_S
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError(otherwise)
        threading.Event().wait(0.01)
