"""Receipts: MQTT to committed row, one receipt a message, beside a raw asyncio reader that only counts.

Then the receipts a second with 100 receipts in each message.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert
from sqlmodel import select

from bench.commune import PASSWORD, Bench, bench_of, wait_until
from bench.lines import ReportLine, at_least
from bench.rounds import repeat, take_turns
from controller.broker.accounts import OFFICE_ACCOUNT
from controller.broker.link import Incoming, Link
from controller.database.tables import Broadcast, Delivery, Journal, Receipt
from controller.exchange.excess import Excess
from controller.exchange.inbox import Inbox
from controller.exchange.outgoing.publisher import Publisher
from controller.serve import collect_garbage_less_often
from tests.people import MONDAY, OFFICE_KEYS
from tests.servers.raw_mqtt import RawClient
from wire.enrolment import BrokerAddress
from wire.ids import new_ulid
from wire.outcomes import ReceiptState
from wire.receipts import MAX_RECEIPTS, write_receipts
from wire.receipts import Receipt as WireReceipt
from wire.topics import DEFAULT_ROOT, RECEIPTS, office_filter

SPEAKERS = 50
MESSAGES = 20_000
MANY = 5
"""Times as many receipts, where a message has a hundred: each speaker's share of bytes at once is enough for them."""
STATES: tuple[ReceiptState, ...] = ("accepted", "ready", "started", "played")
WINDOW = 100
"""Unacknowledged messages of each speaker. 50 speakers × 100 is more than any reader takes at once: it never waits."""


def measure() -> list[ReportLine]:
    collect_garbage_less_often()
    with bench_of(SPEAKERS) as bench:
        turns = take_turns(lambda: _office_rate(bench, 1), lambda: _bare_rate(bench))
        many = repeat(lambda: _office_rate(bench, MAX_RECEIPTS))
    return [
        ReportLine(
            f"one a message: {turns.ours.summary('/s')} committed; "
            f"a bare reader that only counts: {turns.yardstick.summary('/s')}"
        ),
        at_least("ratio", turns.ratio, 0.25, spread=turns.spread),
        ReportLine(f"{MAX_RECEIPTS} a message: {many.summary('/s')} committed"),
    ]


def _office_rate(bench: Bench, receipts_a_message: int) -> float:
    """Receipts a second through the office's link and inbox into committed rows; nothing else of the office runs."""
    total = MESSAGES * (1 if receipts_a_message == 1 else MANY)
    _prepare_rows(bench, total)
    address = BrokerAddress(host="127.0.0.1", port=bench.broker.port, tls=False)
    link = Link(address, DEFAULT_ROOT, OFFICE_ACCOUNT, PASSWORD)
    publisher = Publisher(bench.database, bench.commune.store, OFFICE_KEYS, link)
    inbox = Inbox(bench.database, publisher, Excess(bench.database), DEFAULT_ROOT)
    taken = 0
    all_taken = threading.Event()

    def take(batch: Sequence[Incoming]) -> None:
        nonlocal taken
        inbox.take(batch, datetime.now(UTC))
        taken += len(batch) * receipts_a_message
        if taken >= total:
            all_taken.set()

    link.on_batch = take
    link.listen_to(bench.speakers)
    link.start()
    wait_until(link.is_connected)
    seconds = _time_sending(bench, receipts_a_message, all_taken)
    link.stop()
    with bench.database.reading() as session:
        committed = session.exec(select(func.count()).select_from(Receipt)).one()
        ended = session.exec(select(func.count()).select_from(Delivery).where(Delivery.state == STATES[-1])).one()
    assert (committed, ended) == (total, total // len(STATES)), (committed, ended)
    return total / seconds


def _broadcast_id(number: int) -> str:
    return new_ulid(MONDAY + timedelta(milliseconds=number))[:10] + f"KMNPQRSTVW{number:06d}"


def _prepare_rows(bench: Bench, total: int) -> None:
    """Empty the tables, then add the broadcasts and deliveries that the receipts will name."""
    ids = [_broadcast_id(number) for number in range(-(-total // SPEAKERS // len(STATES)))]
    with bench.database.writing() as session:
        for table in (Receipt, Journal, Delivery, Broadcast):
            session.exec(delete(table))
        session.add_all(
            Broadcast(broadcast=each, title=each, bulletin_class="normal", areas=[], speakers=[], created_at=MONDAY)
            for each in ids
        )
        session.flush()
        columns = {"state": "pending", "found": False}
        rows = [{"broadcast": each, "speaker": speaker, **columns} for each in ids for speaker in bench.speakers]
        session.connection().execute(insert(Delivery), rows)


def _time_sending(bench: Bench, receipts_a_message: int, done: threading.Event) -> float:
    """Seconds from "go" to the speakers' process until `done` is set."""
    speakers = subprocess.Popen(
        _speakers_command(bench, receipts_a_message), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert speakers.stdin is not None
    assert speakers.stdout is not None
    assert speakers.stdout.readline() == b"ready\n"
    began = time.perf_counter()
    speakers.stdin.write(b"go\n")
    speakers.stdin.flush()
    assert done.wait(120)
    seconds = time.perf_counter() - began
    speakers.communicate()
    return seconds


def _speakers_command(bench: Bench, receipts_a_message: int) -> tuple[str, ...]:
    total = MESSAGES * (1 if receipts_a_message == 1 else MANY)
    return sys.executable, "-m", "bench.receipts", str(bench.broker.port), str(receipts_a_message), str(total)


def _bare_rate(bench: Bench) -> float:
    async def count() -> float:
        seen = 0

        def count_one(_topic: str, _payload: bytes) -> None:
            nonlocal seen
            seen += 1
            if seen == MESSAGES:
                finished.set()

        finished = asyncio.Event()
        reader = await RawClient.connect(bench.broker.port, OFFICE_ACCOUNT, PASSWORD, count_one)
        reader.subscribe(office_filter(DEFAULT_ROOT, "+"))
        speakers = await asyncio.create_subprocess_exec(
            *_speakers_command(bench, 1),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert speakers.stdin is not None
        assert speakers.stdout is not None
        assert await speakers.stdout.readline() == b"ready\n"
        began = time.perf_counter()
        speakers.stdin.write(b"go\n")
        await finished.wait()
        seconds = time.perf_counter() - began
        reader.close()
        await speakers.communicate()
        return seconds

    return MESSAGES / asyncio.run(count())


async def _send_receipts(port: int, receipts_a_message: int, total: int) -> None:
    """All speakers, in a process of their own: connects, prints "ready", and sends after a line on standard input."""
    now = datetime.now(UTC)
    messages: list[list[bytes]] = []
    for _ in range(SPEAKERS):
        own: list[bytes] = []
        journal = new_ulid(now)
        of_this = total // SPEAKERS
        made = [
            WireReceipt(
                seq=seq,
                broadcast=_broadcast_id((seq - 1) // len(STATES)),
                revision=1,
                state=STATES[(seq - 1) % len(STATES)],
                at=now,
                clock="trusted",
                reason=None,
                heard_ms=0,
                start_error_ms=None,
                volume=70,
            )
            for seq in range(1, of_this + 1)
        ]
        own.extend(
            write_receipts(journal, 1, made[start : start + receipts_a_message])
            for start in range(0, of_this, receipts_a_message)
        )
        messages.append(own)
    names = [f"s-{number:04d}" for number in range(SPEAKERS)]
    clients = [await RawClient.connect(port, name, PASSWORD) for name in names]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

    async def send(client: RawClient, name: str, own: list[bytes]) -> None:
        topic = RECEIPTS.under(DEFAULT_ROOT, speaker=name)
        for number, message in enumerate(own, 1):
            client.publish(topic, message)
            if number % (WINDOW // 2) == 0:
                await client.all_acknowledged(number - WINDOW // 2)
        await client.all_acknowledged(len(own))
        client.close()

    await asyncio.gather(*(send(*each) for each in zip(clients, names, messages, strict=True)))


if __name__ == "__main__":
    asyncio.run(_send_receipts(*(int(argument) for argument in sys.argv[1:])))
