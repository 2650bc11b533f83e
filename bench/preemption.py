"""Pre-emption: from an emergency's last chunk to its first sample, on PulseAudio's null sink, a bulletin sounding.

The agent's real parts run in this process, with a real journal and a real ALSA device; messages are put into its queue
in place of a broker. So the figures include verification, hashing and the journal, and no network. The old sound's last
sample is found in a recording of the sink: the last one that isn't zero before the emergency's first sample.
"""

import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from audio.sound.opus import decode
from bench.commune import wait_until
from bench.lines import ReportLine, at_most
from speaker_agent.agent import Agent
from speaker_agent.app import Outside, build_parts
from speaker_agent.clock.agent_clock import AgentClock
from speaker_agent.device.alsa import AlsaDevice
from speaker_agent.device.port import RATE, Progress
from speaker_agent.memory.journal import Journal
from speaker_agent.settings import AgentSettings
from tests.correlation import Samples, likeness, samples
from tests.servers.pulseaudio import PulseAudio
from tests.servers.real_time import Pauses
from tests.speaker_agent.box import FakeBrokerLink
from tests.speaker_agent.office import (
    Message,
    broadcast,
    chunks_of,
    configuration,
    revised,
    settings,
    signed,
    signed_settings,
    sound,
)

ROUNDS = 50
BULLETIN_MS, EMERGENCY_MS = 20_000, 400
_MS = timedelta(milliseconds=1)


class Loudspeaker(AlsaDevice):
    """The agent's device, which also records when it was last told to stop."""

    stopped_at: datetime | None = None

    def stop(self) -> Progress:
        self.stopped_at = self._clock.now()
        return super().stop()


@dataclass(frozen=True)
class Round:
    """One pre-emption: instants by the agent's clock, and the samples of the emergency's sound."""

    chunk_came_at: datetime
    stopped_at: datetime
    began_at: datetime
    emergency: Samples


class RunningAgent:
    """One agent, its loop in a thread; it ends with the stack."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.clock = AgentClock(system_synchronised=lambda: True)
        self._wake = threading.Event()
        self._line = FakeBrokerLink()
        self._line.connect(1)
        self.device = Loudspeaker("spk-a", self.clock, self._wake.set)
        self.journal = Journal(folder / "journal.db", self.clock.now())
        file = AgentSettings.from_fields(configuration({"host": "127.0.0.1", "port": 1, "tls": False}))
        executor = stack.enter_context(ThreadPoolExecutor(4))
        outside = Outside(
            boot="bench",
            journal=self.journal,
            clock=self.clock,
            device=self.device,
            link=self._line,
            executor=executor,
            wake=self._wake,
            synchronised=lambda: True,
        )
        self._parts = build_parts(file.model_copy(update={"data_dir": folder}), outside)
        agent = Agent(self._parts)
        loop = threading.Thread(target=agent.run, daemon=True)
        loop.start()
        stack.callback(self._parts.playback.shut_down)
        stack.callback(loop.join, 5)
        stack.callback(agent.stop)

    @property
    def playing(self) -> str | None:
        """The id of the broadcast that sounds."""
        return self._parts.playback.playing

    def waits_for(self, message: Message) -> bool:
        return message[0] in self._line.filters

    def hear(self, message: Message) -> None:
        self._line.messages.put(message)
        self._wake.set()

    def sounds(self, broadcast_id: str) -> bool:
        return self.playing == broadcast_id and self.device.progress().frames_heard > 0

    def began_at(self) -> datetime | None:
        return self.device.progress().began_at


def measure() -> list[ReportLine]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loa-bench-")))
        server = stack.enter_context(PulseAudio(folder))
        before = os.environ.get("ALSA_CONFIG_PATH")
        os.environ["ALSA_CONFIG_PATH"] = str(server.alsa_config)
        stack.callback(_restore_alsa_config, before)
        speaker = RunningAgent(folder / "agent", stack)
        speaker.hear(signed_settings(settings(speaker.clock.now())))
        with Pauses() as pauses, server.record() as recording:
            rounds = [_play_round(speaker, number) for number in range(ROUNDS)]
            recording.wait_until(time.time() + 0.5)
    heard = samples(recording.left)
    to_sound = [(each.began_at - each.chunk_came_at) / _MS for each in rounds]
    to_silence = [_stop_to_silence_ms(heard, recording.frame_0_s, each) for each in rounds]
    return [
        ReportLine(f"last chunk to first sample: p50 {_quantile(to_sound, 0.5):.0f} ms of {len(to_sound)}"),
        at_most("last chunk to first sample, p95:", _quantile(to_sound, 0.95), 120, " ms"),
        ReportLine(f"stop to the old sound's last sample: p50 {_quantile(to_silence, 0.5):.0f} ms"),
        at_most("stop to the old sound's last sample, p95:", _quantile(to_silence, 0.95), 50, " ms"),
        ReportLine(f"the longest time a processor stood still meanwhile: {pauses.longest_s * 1000:.0f} ms"),
    ]


def _play_round(speaker: RunningAgent, number: int) -> Round:
    """Start a bulletin, interrupt it by an emergency, and cancel it."""
    bulletin = broadcast(speaker.clock.now(), sound(BULLETIN_MS))
    speaker.hear(signed(bulletin))
    for chunk in chunks_of(sound(BULLETIN_MS)) if not number else ():
        _hand_over(speaker, chunk)
    wait_until(lambda: speaker.sounds(bulletin.broadcast))
    time.sleep(0.3)
    data = sound(EMERGENCY_MS, seed=100 + number)
    emergency = broadcast(None, data, bulletin_class="emergency", issued_at=speaker.clock.now())
    speaker.hear(signed(emergency))
    [chunk] = chunks_of(data)
    came_at = _hand_over(speaker, chunk)
    wait_until(lambda: speaker.playing == emergency.broadcast and speaker.began_at() is not None)
    stopped_at, began_at = speaker.device.stopped_at, speaker.began_at()
    assert stopped_at is not None
    assert began_at is not None
    speaker.hear(signed(revised(bulletin, state="cancelled")))
    wait_until(lambda: speaker.playing is None)
    with tempfile.NamedTemporaryFile(suffix=".opus") as file:
        Path(file.name).write_bytes(data)
        pcm = b"".join(decode(Path(file.name)))
    return Round(came_at, stopped_at, began_at, samples(pcm))


def _hand_over(speaker: RunningAgent, chunk: Message) -> datetime:
    """Give the agent a chunk once it subscribes to it; returns the instant."""
    wait_until(lambda: speaker.waits_for(chunk))
    came_at = speaker.clock.now()
    speaker.hear(chunk)
    return came_at


def _stop_to_silence_ms(heard: Samples, frame_0_s: float, each: Round) -> float:
    """Milliseconds from the call of `stop` to the old sound's last sample; `frame_0_s`: when the recording began."""
    expected = round((each.began_at.timestamp() - frame_0_s) * RATE)
    first = max(0, expected - RATE // 2)
    found = first + likeness(heard[first : expected + RATE], each.emergency).found_at
    old = np.flatnonzero(heard[first:found])
    silence_s = (found - first - 1 - int(old[-1])) / RATE
    return (each.began_at - timedelta(seconds=silence_s) - each.stopped_at) / _MS


def _quantile(figures: list[float], share: float) -> float:
    return sorted(figures)[round(share * (len(figures) - 1))]


def _restore_alsa_config(alsa_config: str | None) -> None:
    if alsa_config is None:
        del os.environ["ALSA_CONFIG_PATH"]
    else:
        os.environ["ALSA_CONFIG_PATH"] = alsa_config
