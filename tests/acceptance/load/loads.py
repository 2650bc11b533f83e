"""What takes all that it can from an office, in a process of its own, until it is ended.

    python -m tests.acceptance.load.loads KIND '{"field": …}'

`KINDS` has the kinds and their fields. A line of counts is written each second, and `runs` once the first is answered.
"""

import asyncio
import json
import os
import random
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.servers.raw_mqtt import RawClient, publish_packet
from wire.ids import new_ulid
from wire.topics import DEFAULT_ROOT

HOST = "127.0.0.1"
ANSWERED_WITHIN_S = 60.0
MOST_OPEN = 1_500
UPLOAD_BYTES = 64 * 2**20 - 2**16
counts: Counter[str] = Counter()


async def request(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str], pieces: int = 1, pause_s: float = 0.0
) -> int:
    """One request on a connection of its own; returns the status, 0 where there was no answer."""
    head = {"Host": f"{HOST}:{port}", "Connection": "close", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    try:
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
            size = -(-len(body) // pieces) or 1
            for at in range(0, len(body), size):
                writer.write(body[at : at + size])
                await writer.drain()
                if pause_s:
                    await asyncio.sleep(pause_s)
            answer = await reader.read(64)
            writer.close()
    except (OSError, TimeoutError) as error:
        counts[type(error).__name__] += 1
        return 0
    status = int(answer.split()[1]) if answer else 0
    count_answer(str(status))
    return status


def sign_in(number: int, addresses: int, account: str = "") -> tuple[str, bytes, dict[str, str]]:
    """(path, body, headers) of one attempt, by turns at REST and at the page, mostly of accounts that exist."""
    name = account or random.choice(("tham", "quang", f"ai-{number}"))
    password = f"mat-khau-{number}"
    headers = {"X-Forwarded-For": f"10.0.{number % addresses}.1"}
    if number % 2:
        return "/api/v1/sessions", json.dumps({"username": name, "password": password}).encode(), headers | _JSON
    form = urllib.parse.urlencode({"ten": name, "mat-khau": password, "csrf": "x", "tiep": "/"}).encode()
    return "/dang-nhap", form, headers | _FORM | {"Cookie": "loa_dang_nhap=x"}


def count_answer(status: str) -> None:
    """Count it, and say that the load runs if it is the first."""
    if not any(each.isdecimal() for each in counts):
        say("runs")
    counts[status] += 1


_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def sign_ins(port: int, a_second: int, addresses: int, account: str = "") -> None:
    """So many attempts a second, whether or not the earlier ones are answered. `account`: all of this one."""
    tasks: set[asyncio.Task[int]] = set()
    began = time.monotonic()
    for number in count():
        await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
        if len(tasks) < MOST_OPEN:
            path, body, headers = sign_in(number, addresses, account)
            task = asyncio.create_task(request(port, "POST", path, body, headers))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        else:
            counts["not sent"] += 1


async def at_once(port: int, connections: int, addresses: int) -> None:
    """So many attempts at once; each is followed by the next."""
    numbers = count()

    async def go_on() -> None:
        while True:
            path, body, headers = sign_in(next(numbers), addresses)
            await request(port, "POST", path, body, headers)

    await together(connections, go_on)


async def uploads(port: int, token: str, announcement: str, connections: int) -> None:
    """Recordings of 64 MiB (silence, so they are read whole before they are refused), half of them slowly."""
    head = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + wav(UPLOAD_BYTES) + b"\r\n--b--\r\n"
    path = f"/api/v1/announcements/{announcement}/recording"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "multipart/form-data; boundary=b"}
    slow = iter(range(connections))

    async def go_on() -> None:
        pause_s = 0.1 * (next(slow) % 2)
        while True:
            await request(port, "POST", path, body, headers, pieces=200, pause_s=pause_s)

    await together(connections, go_on)


def wav(size: int) -> bytes:
    """A sound of this many bytes, at 48 kHz: 16 bits of noise, low enough to be over soon."""
    data = size - 44
    form = b"fmt " + (16).to_bytes(4, "little") + b"\1\0\1\0" + (48_000).to_bytes(4, "little")
    form += (96_000).to_bytes(4, "little") + b"\2\0\x10\0"
    head = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVE" + form + b"data" + data.to_bytes(4, "little")
    return head + (random.randbytes(2**20) * (data // 2**20 + 1))[:data]


async def sounds(port: int, token: str, connections: int, text: str) -> None:
    """So many announcements whose sound is waited for, all the time."""
    headers = {"Authorization": f"Bearer {token}", **_JSON}
    numbers = count()

    async def go_on() -> None:
        while True:
            words = f"{next(numbers)} {os.getpid()} {text}"
            made = await _written(port, headers, {"title": "Dài", "text": words, "bulletin_class": "normal"})
            if made:
                await request(port, "POST", f"/api/v1/announcements/{made}/submission", b"{}", headers)

    await together(connections, go_on)


async def texts(port: int, token: str, connections: int, text: str) -> None:
    """So many announcements that are written, and so read, all the time."""
    headers = {"Authorization": f"Bearer {token}", **_JSON}

    async def go_on() -> None:
        while True:
            await _written(port, headers, {"title": "Dài", "text": text, "bulletin_class": "normal"})

    await together(connections, go_on)


async def _written(port: int, headers: dict[str, str], fields: dict[str, str]) -> str:
    body = json.dumps(fields).encode()
    head = {"Host": f"{HOST}:{port}", "Connection": "close", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    try:
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"POST /api/v1/announcements HTTP/1.1\r\n{lines}\r\n".encode() + body)
            answer = await reader.read()
            writer.close()
    except (OSError, TimeoutError) as error:
        counts[type(error).__name__] += 1
        return ""
    status, _, rest = answer.partition(b"\r\n")
    count_answer(status.split()[1].decode())
    fields_said = rest.partition(b"\r\n\r\n")[2]
    made: str = json.loads(fields_said).get("announcement", "") if b" 201 " in status else ""
    return made


async def speaker_flood(port: int, name: str, password: str, kind: str) -> None:
    """One loudspeaker's account that publishes at line speed."""
    topic, make = _FLOODS[kind]
    client = await RawClient.connect(port, name, password)
    transport = client._transport  # faster than its own way, which keeps no pace
    assert transport is not None
    packets = [
        publish_packet(f"{DEFAULT_ROOT}/speakers/{name}/{topic}", make(number), number + 1) for number in range(64)
    ]
    ahead = 0
    while True:
        if transport.get_write_buffer_size() < 2**20 and ahead < 5_000:
            transport.write(b"".join(packets))
            counts["sent"] += len(packets)
        ahead = counts["sent"] - client.acknowledged
        if counts["sent"] == len(packets):
            say("runs")
        await asyncio.sleep(0)


def _status(number: int) -> bytes:
    return json.dumps(
        {"online": True, "boot": "b", "session": 1, "journal": _JOURNAL, "temperature_c": number / 7}
    ).encode()


def _receipts(number: int) -> bytes:
    return json.dumps(
        {
            "journal": new_ulid(datetime.now(UTC)) if number % 2 else _JOURNAL,
            "first": 1,
            "receipts": [
                {
                    "seq": number * 100 + each + 1,
                    "broadcast": new_ulid(datetime.now(UTC)),
                    "revision": 1,
                    "state": "started",
                    "at": "2026-11-23T10:00:00.000Z",
                    "clock": "trusted",
                    "reason": None,
                    "heard_ms": None,
                    "start_error_ms": None,
                    "volume": 70,
                }
                for each in range(100)
            ],
        }
    ).encode()


_JOURNAL = new_ulid(datetime.now(UTC))
_FLOODS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "statuses": ("status", _status),
    "receipts": ("receipts", _receipts),
    "unread receipts": (
        "receipts",
        lambda number: json.dumps(
            {"journal": _JOURNAL, "first": 1, "receipts": [{"seq": number + 1, "x": "y" * 60_000}]}
        ).encode(),
    ),
    "times": ("requests", lambda number: json.dumps({"kind": "time", "nonce": f"{number:022d}"}).encode()),
    "plans": ("requests", lambda _number: json.dumps({"kind": "plan", "have": []}).encode()),
    "sounds": (
        "requests",
        lambda _number: json.dumps({"kind": "audio", "sha256": "0" * 64, "missing": list(range(1024))}).encode(),
    ),
    "malformed": ("receipts", lambda number: b"\xff" * (number + 1)),
}
FLOODS = tuple(_FLOODS)


async def together(connections: int, go_on: Callable[[], Awaitable[None]]) -> None:
    """Run it so many times side by side."""
    await asyncio.gather(*(go_on() for _ in range(connections)))


KINDS: dict[str, Callable[..., Awaitable[None]]] = {
    "sign_ins": sign_ins,
    "at_once": at_once,
    "uploads": uploads,
    "sounds": sounds,
    "texts": texts,
    "speaker_flood": speaker_flood,
}


def say(what: str) -> None:
    """A line for whoever started this."""
    sys.stderr.write(f"{time.monotonic():.4f} {what}\n")


async def _run(kind: str, fields: dict[str, Any]) -> None:
    load = asyncio.create_task(_load(kind, fields))
    while not load.done():
        await asyncio.wait([load], timeout=1.0)
        say(" ".join(f"{name}={number}" for name, number in sorted(counts.items())))
    await load


async def _load(kind: str, fields: dict[str, Any]) -> None:
    await KINDS[kind](**fields)


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], json.loads(sys.argv[2])))
