"""Many simulated loudspeakers in one process: they follow the protocol, and keep no sound.

    python -m tests.acceptance.load.speakers PORT AREA FILE        # FILE: a line `name password` for each

It writes `ready`, then `planned BROADCAST`, `cancelled BROADCAST`, `muted REVISIONS` and `unmuted REVISIONS`, each once
all of them have it, with the seconds of CLOCK_MONOTONIC, which are the same in every process. What is signed isn't
checked: 200 boards do that side by side, one process can't.
"""

import asyncio
import base64
import functools
import gc
import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.servers.raw_mqtt import RawClient
from wire.ids import new_ulid
from wire.outcomes import Reason, ReceiptState
from wire.receipts import Receipt, write_receipts
from wire.status import STATUS_EVERY_S, PlanReport, Status, plan_digest
from wire.topics import DEFAULT_ROOT, RECEIPTS, SETTINGS, STATUS, area_filter, parse_topic, speaker_filter


class Crowd:
    """All of them, and how many have what."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._have: Counter[tuple[str, str]] = Counter()
        self._muted: dict[str, bool] = {}

    def has(self, what: str, broadcast: str) -> None:
        """One more has this revision of a broadcast."""
        self._have[what, broadcast] += 1
        if self._have[what, broadcast] == self._size:
            say(f"{what} {broadcast}")

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
        self._cancelled: set[str] = set()
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
        elif not known:
            self._crowd.has("planned", broadcast)
            self._say_receipts(broadcast, revision, ("accepted", None), ("ready", None), ("started", None))

    def _say_receipts(self, broadcast: str, revision: int, *states: tuple[ReceiptState, Reason | None]) -> None:
        first = self._seq + 1
        receipts = []
        for state, reason in states:
            self._seq += 1
            receipts.append(
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
        self._publish(RECEIPTS.under(DEFAULT_ROOT, speaker=self._name), write_receipts(self._journal, first, receipts))

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

    def _publish(self, topic: str, payload: bytes) -> None:
        self._client.publish(topic, payload)


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
    while True:
        for speaker in speakers:
            await asyncio.sleep(STATUS_EVERY_S / 2 / len(speakers))
            speaker.say_status()


if __name__ == "__main__":
    asyncio.run(_listen(*sys.argv[1:]))
