"""Many simulated loudspeakers in one process: they follow the protocol, and keep no sound.

    python -m tests.acceptance.load.speakers PORT AREA FILE        # FILE: a line `name password` for each

It writes `ready`, then `planned BROADCAST`, `cancelled BROADCAST`, `muted`, `unmuted`, each once all of them have it,
and `acknowledged BROADCAST SECONDS` once the office has acknowledged to all of them that it ended: the longest that one
of them waited. Each line begins with the seconds of CLOCK_MONOTONIC, which are the same in every process. Signatures
aren't checked: 200 boards do that side by side, one process can't.
"""

import asyncio
import base64
import functools
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.servers.raw_mqtt import RawClient
from wire.ids import new_ulid
from wire.outcomes import Reason, ReceiptState
from wire.receipts import MAX_RECEIPTS, Receipt, write_receipts
from wire.status import STATUS_EVERY_S, PlanReport, Status, plan_digest
from wire.topics import (
    ACKNOWLEDGEMENT,
    DEFAULT_ROOT,
    RECEIPTS,
    SETTINGS,
    STATUS,
    area_filter,
    parse_topic,
    speaker_filter,
)

SEND_AGAIN_AFTER_S = 5.0


class Crowd:
    """All of them, and how many have what."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._have: Counter[tuple[str, str]] = Counter()
        self._muted: dict[str, bool] = {}
        self._longest: dict[str, float] = {}

    def has(self, what: str, broadcast: str) -> None:
        """One more has this revision of a broadcast."""
        self._have[what, broadcast] += 1
        if self._have[what, broadcast] == self._size:
            say(f"{what} {broadcast}")

    def is_acknowledged(self, broadcast: str, seconds: float) -> None:
        """The office has acknowledged one's last receipt of it."""
        self._have["acknowledged", broadcast] += 1
        self._longest[broadcast] = max(seconds, self._longest.get(broadcast, 0.0))
        if self._have["acknowledged", broadcast] == self._size:
            say(f"acknowledged {broadcast} {self._longest[broadcast]:.3f}")

    def is_muted(self, speaker: str, muted: bool) -> None:
        """One has settings that say so."""
        before = self._muted.get(speaker)
        self._muted[speaker] = muted
        if before != muted and list(self._muted.values()).count(muted) == self._size:
            say("muted" if muted else "unmuted")


class SimulatedSpeaker:
    """One of them."""

    def __init__(self, crowd: Crowd, name: str) -> None:
        self._crowd = crowd
        self._name = name
        self._journal = new_ulid(datetime.now(UTC))
        self._seq = 0
        self._revisions: dict[str, int] = {}
        self._unacknowledged: list[Receipt] = []
        self._ended: dict[str, tuple[int, float]] = {}
        """{broadcast: (number of its last receipt, when it was sent)}, until it is acknowledged."""
        self._settings_revision: int | None = None
        self._client: RawClient

    async def connect(self, port: int, password: str, area: str) -> None:
        self._client = await RawClient.connect(port, self._name, password, self._take)
        self._client.subscribe(speaker_filter(DEFAULT_ROOT, self._name), area_filter(DEFAULT_ROOT, area))
        await self._client.all_granted()
        self.say_status()

    def _take(self, topic: str, payload: bytes) -> None:
        address = parse_topic(DEFAULT_ROOT, topic)
        if address is None or not payload:
            return
        if address.topic is SETTINGS:
            settings = opened(payload)
            self._settings_revision = settings["revision"]
            self._crowd.is_muted(self._name, settings["muted"])
            self.say_status()
        elif address.topic is ACKNOWLEDGEMENT:
            self._take_acknowledgement(opened(payload))
        elif "broadcast" in address.levels:
            self._take_broadcast(opened(payload))

    def _take_broadcast(self, message: dict[str, Any]) -> None:
        broadcast, revision = message["broadcast"], message["revision"]
        known = self._revisions.get(broadcast, 0)
        if revision <= known:
            return
        self._revisions[broadcast] = revision
        if message["state"] == "cancelled":
            self._crowd.has("cancelled", broadcast)
            self._say_receipts(broadcast, revision, ("partial", "cancelled"))
            self._ended[broadcast] = self._seq, time.monotonic()
        elif not known:
            self._crowd.has("planned", broadcast)
            self._say_receipts(broadcast, revision, ("accepted", None), ("ready", None), ("started", None))

    def _take_acknowledgement(self, message: dict[str, Any]) -> None:
        upto: int = message["upto"] if message["journal"] == self._journal else 0
        self._unacknowledged = [each for each in self._unacknowledged if each.seq > upto]
        for broadcast, (seq, at_s) in list(self._ended.items()):
            if seq <= upto:
                del self._ended[broadcast]
                self._crowd.is_acknowledged(broadcast, time.monotonic() - at_s)

    def _say_receipts(self, broadcast: str, revision: int, *states: tuple[ReceiptState, Reason | None]) -> None:
        for state, reason in states:
            self._seq += 1
            self._unacknowledged.append(
                Receipt(
                    seq=self._seq,
                    broadcast=broadcast,
                    revision=revision,
                    state=state,
                    at=datetime.now(UTC).replace(microsecond=0),
                    clock="trusted",
                    reason=reason,
                    heard_ms=500 if state == "partial" else None,
                    start_error_ms=0.5 if state == "started" else None,
                    volume=70,
                )
            )
        self._send(self._unacknowledged[-len(states) :])

    def send_again(self) -> None:
        """Send what isn't acknowledged, as the protocol wants it."""
        if self._unacknowledged:
            self._send(self._unacknowledged[:MAX_RECEIPTS])

    def _send(self, receipts: list[Receipt]) -> None:
        first = self._unacknowledged[0].seq
        topic = RECEIPTS.under(DEFAULT_ROOT, speaker=self._name)
        self._client.publish(topic, write_receipts(self._journal, first, receipts))

    def say_status(self) -> None:
        status = Status(
            online=True,
            boot=self._journal,
            session=1,
            at=datetime.now(UTC).replace(microsecond=0),
            journal=self._journal,
            plan=PlanReport(count=len(self._revisions), digest=plan_digest(self._revisions.items())),
            settings_revision=self._settings_revision,
        )
        self._client.publish(STATUS.under(DEFAULT_ROOT, speaker=self._name), status.to_json(), retained=True)


@functools.lru_cache(maxsize=4096)
def opened(message: bytes) -> dict[str, Any]:
    """The payload of a signed message."""
    payload = message.split(b".")[1]
    fields: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return fields


def say(what: str) -> None:
    """A line for whoever started this."""
    sys.stderr.write(f"{time.monotonic():.4f} {what}\n")


async def _listen(port: str, area: str, file: str) -> None:
    accounts = [line.split() for line in Path(file).read_text().splitlines()]
    crowd = Crowd(len(accounts))
    speakers = [SimulatedSpeaker(crowd, name) for name, _ in accounts]
    for speaker, (_, password) in zip(speakers, accounts, strict=True):
        await speaker.connect(int(port), password, area)
    gc.collect()
    gc.freeze()
    say("ready")
    await asyncio.gather(
        _each_in_turn(speakers, STATUS_EVERY_S / 2, SimulatedSpeaker.say_status),
        _each_in_turn(speakers, SEND_AGAIN_AFTER_S, SimulatedSpeaker.send_again),
    )


async def _each_in_turn(
    speakers: list[SimulatedSpeaker], every_s: float, do: Callable[[SimulatedSpeaker], None]
) -> None:
    while True:
        for speaker in speakers:
            await asyncio.sleep(every_s / len(speakers))
            do(speaker)


if __name__ == "__main__":
    asyncio.run(_listen(*sys.argv[1:]))
