"""A stolen speaker: floods the broker from its own account as fast as one process can, by raw MQTT 3.1.1.

    python -m tests.flood.flooder PORT NAME PASSWORD KIND SECONDS [JSON]

Prints `ready` when it is connected, begins at a line on standard input, and prints {"messages": …, "bytes": …,
"cut": …} when `SECONDS` have passed; `cut` counts how often the broker ended its connection (it connects again at
once). `JSON` holds what a kind needs to know: {"sounds": {sha256: chunks}, "broadcasts": [id…]}.
"""

import itertools
import json
import secrets
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from tests.flood.packets import connect, encoded_length, publish, receipt, receipts, status, subscribe, text, ulid

ROOT = "loa/v1"
BLOCK_BYTES = 256 * 1024

Known = dict[str, Any]


class Flood:
    """What one kind of flood sends, message by message."""

    def __init__(self, name: str, known: Known) -> None:
        self._own = f"{ROOT}/speakers/{name}"
        self._known = known
        self._journal = ulid()

    def unread_receipts(self) -> Iterator[bytes]:
        """60 KB a message, of receipts that can't be read."""
        seq = itertools.count(1)
        while True:
            items = [{"seq": next(seq), "state": "danced", "why": "x" * 5_900} for _ in range(10)]
            yield publish(f"{self._own}/receipts", receipts(self._journal, 1, items))

    def full_receipts(self) -> Iterator[bytes]:
        """100 good receipts a message, of a broadcast that the office knows."""
        broadcast = self._known["broadcasts"][0]
        seq = itertools.count(1)
        while True:
            items = [receipt(next(seq), broadcast) for _ in range(100)]
            yield publish(f"{self._own}/receipts", receipts(self._journal, 1, items))

    def single_receipts(self) -> Iterator[bytes]:
        """One good receipt a message."""
        broadcast = self._known["broadcasts"][0]
        for seq in itertools.count(1):
            yield publish(f"{self._own}/receipts", receipts(self._journal, 1, [receipt(seq, broadcast)]))

    def repeated_receipts(self) -> Iterator[bytes]:
        """The same 100 receipts again and again."""
        items = [receipt(seq, self._known["broadcasts"][0]) for seq in range(1, 101)]
        yield from itertools.repeat(publish(f"{self._own}/receipts", receipts(self._journal, 1, items)))

    def unknown_broadcasts(self) -> Iterator[bytes]:
        """100 receipts a message, each of another invented broadcast."""
        seq = itertools.count(1)
        while True:
            items = [receipt(next(seq), ulid(), "accepted") for _ in range(100)]
            yield publish(f"{self._own}/receipts", receipts(self._journal, 1, items))

    def new_journals(self) -> Iterator[bytes]:
        """Each message has a journal of its own."""
        broadcast = self._known["broadcasts"][0]
        while True:
            yield publish(f"{self._own}/receipts", receipts(ulid(), 1, [receipt(1, broadcast)]))

    def small_statuses(self) -> Iterator[bytes]:
        for number in itertools.count():
            yield publish(f"{self._own}/status", status(number), retained=True)

    def large_statuses(self) -> Iterator[bytes]:
        """60 KB each, with what the office shows unchanged."""
        for number in itertools.count():
            yield publish(f"{self._own}/status", status(number, playing=["x" * 60_000]), retained=True)

    def statuses_with_high_settings(self) -> Iterator[bytes]:
        """Each names a settings revision a little above the one before."""
        now_ms = time.time_ns() // 1_000_000
        for number in itertools.count(1):
            yield publish(f"{self._own}/status", status(number, settings_revision=now_ms + 1_000 * number))

    def statuses_with_new_journals(self) -> Iterator[bytes]:
        for number in itertools.count(1):
            yield publish(f"{self._own}/status", status(number, journal=ulid()))

    def audio_requests(self) -> Iterator[bytes]:
        """Every chunk of every sound."""
        asked = [
            {"kind": "audio", "sha256": sha256, "missing": list(range(count))}
            for sha256, count in self._known["sounds"].items()
        ]
        messages = [publish(f"{self._own}/requests", json.dumps(each).encode()) for each in asked]
        yield from itertools.cycle(messages)

    def plan_requests(self) -> Iterator[bytes]:
        """Each lists 1,000 invented broadcasts."""
        while True:
            asked = {"kind": "plan", "have": [[ulid(), 1] for _ in range(1_000)]}
            yield publish(f"{self._own}/requests", json.dumps(asked).encode())

    def empty_plan_requests(self) -> Iterator[bytes]:
        """The whole plan is wanted again."""
        yield from itertools.repeat(publish(f"{self._own}/requests", b'{"kind":"plan","have":[]}'))

    def time_requests(self) -> Iterator[bytes]:
        for number in itertools.count():
            asked = {"kind": "time", "nonce": f"{number:032d}"}
            yield publish(f"{self._own}/requests", json.dumps(asked).encode())

    def malformed(self) -> Iterator[bytes]:
        for kind in itertools.cycle(("status", "receipts", "requests")):
            yield publish(f"{self._own}/{kind}", b"\xff{" + secrets.token_bytes(64))

    def large_malformed(self) -> Iterator[bytes]:
        for kind in itertools.cycle(("status", "receipts", "requests")):
            yield publish(f"{self._own}/{kind}", b"[" * 65_000)

    def tiny_without_qos(self) -> Iterator[bytes]:
        yield from itertools.repeat(publish(f"{self._own}/requests", b"x", 0))

    def large_without_qos(self) -> Iterator[bytes]:
        yield from itertools.repeat(publish(f"{self._own}/requests", b"x" * 65_000, 0))

    def half_sent(self) -> Iterator[bytes]:
        """QoS 2, of which the second half never comes."""
        body = text(f"{self._own}/requests")
        payload = b"x" * 60_000
        for number in itertools.count(1):
            whole = body + (number % 65_535 + 1).to_bytes(2, "big") + payload
            yield b"\x34" + encoded_length(len(whole)) + whole

    def retained(self) -> Iterator[bytes]:
        """Retained, 64 KB each, at ever new topics below its own."""
        own = [f"{self._own}/{kind}" for kind in ("status", "receipts", "requests")]
        for number in itertools.count():
            below = (self._own, own[number % 3])[number % 2]
            yield publish(f"{below}/{number}", b"x" * 65_000, retained=True)
            if number < 3:
                yield publish(own[number], b"x" * 65_000, retained=True)

    def subscriptions(self) -> Iterator[bytes]:
        """Ever new filters, 500 a message."""
        numbers = itertools.count()
        while True:
            yield subscribe(*(f"{ROOT}/office/areas/a-{next(numbers)}/broadcasts/+" for _ in range(500)))

    def greedy_reading(self) -> Iterator[bytes]:
        """Every retained sound again and again, and nothing of it is read."""
        yield from itertools.repeat(subscribe(f"{ROOT}/office/#"))

    def pings(self) -> Iterator[bytes]:
        yield from itertools.repeat(b"\xc0\x00")


RECONNECTING = "connections"
NEVER_READS = ("greedy_reading",)


class Line:
    """A connection that is made again whenever it is cut."""

    def __init__(self, port: int, name: str, password: str) -> None:
        self._port = port
        self._hello = connect(name, password)
        self.cut = 0
        self._socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        made.sendall(self._hello)
        answer = made.recv(4)
        if answer[3:4] != b"\x00":
            raise ConnectionRefusedError(f"CONNACK {answer!r}")
        made.setblocking(False)
        return made

    def send(self, block: bytes, until_s: float, *, reads: bool) -> int:
        """Send as much as goes out until then; returns how many bytes."""
        view, sent = memoryview(block), 0
        while sent < len(block) and (left_s := until_s - time.monotonic()) > 0:
            readable, writable, _ = select.select([self._socket] if reads else [], [self._socket], [], left_s)
            try:
                if readable and not self._socket.recv(1 << 20):
                    raise ConnectionResetError
                if writable:
                    sent += self._socket.send(view[sent:])
            except BlockingIOError:
                continue
            except OSError:
                self.cut += 1
                self._socket.close()
                while time.monotonic() < until_s:
                    with suppress(OSError):
                        self._socket = self._connect()
                        break
                    time.sleep(0.01)
                return sent
        return sent

    def close(self) -> None:
        self._socket.close()


def _blocks(messages: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """(bytes, number of messages), at least BLOCK_BYTES each."""
    while True:
        block, count = bytearray(), 0
        while len(block) < BLOCK_BYTES and count < 2_000:
            block += next(messages)
            count += 1
        yield bytes(block), count


def _storm(port: int, name: str, password: str, until_s: float) -> dict[str, int]:
    """Connect, say a status, and break the line, so that the last will is published."""
    will = (f"{ROOT}/speakers/{name}/status", b'{"online":false,"boot":"b","session":1}')
    hello = connect(name, password, will)
    made = 0
    while time.monotonic() < until_s:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(hello + publish(will[0], status(made), retained=True))
            line.recv(4)
            made += 1
    return {"messages": made * 2, "bytes": made * 300, "cut": 0}


def main(port: str, name: str, password: str, kind: str, seconds: str, known: str = "{}") -> None:
    """Flood; see the module's docstring."""
    if kind == RECONNECTING:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        told = _storm(int(port), name, password, time.monotonic() + float(seconds))
    else:
        make: Callable[[], Iterator[bytes]] = getattr(Flood(name, json.loads(known)), kind)
        blocks = _blocks(make())
        prepared = [next(blocks) for _ in range(20)]
        line = Line(int(port), name, password)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        until_s = time.monotonic() + float(seconds)
        told = {"messages": 0, "bytes": 0}
        for block, count in itertools.chain(prepared, blocks):
            sent = line.send(block, until_s, reads=kind not in NEVER_READS)
            told["bytes"] += sent
            told["messages"] += count * sent // len(block)
            if time.monotonic() >= until_s:
                break
        told["cut"] = line.cut
        line.close()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
