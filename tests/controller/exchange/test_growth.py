"""What a flooding speaker costs in a day: at most 10 MB of database, whatever it says, all the day long."""

from collections.abc import Iterator
from itertools import islice

import pytest
from sqlalchemy import text

from controller.broker.link import Incoming
from tests.controller.exchange.test_publisher import Line
from tests.flood.flooder import Flood
from tests.people import Commune
from wire.topics import AUDIO

MOST_BYTES = 10 * 10**6
LOOKS_A_DAY = 24
AT_FIRST, AT_EACH_LOOK = 400, 25
"""Messages: more than its share by then; of receipts one by one it takes more."""
SINGLE_AT_EACH_LOOK = 1_000
KINDS = (
    "full_receipts",
    "unread_receipts",
    "unknown_broadcasts",
    "large_statuses",
    "malformed",
    *(
        pytest.param(kind, marks=pytest.mark.soak)
        for kind in (
            "single_receipts",
            "new_journals",
            "statuses_with_high_settings",
            "statuses_with_new_journals",
            "audio_requests",
            "plan_requests",
        )
    ),
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_of_a_flood_costs_at_most_ten_megabytes(commune: Commune, kind: str) -> None:
    line = Line(commune)
    line.publisher.start_connection(commune.now)
    row = commune.order(commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(commune.now)
    line.status()
    clip = line.link.of(AUDIO)[0].topic.split("/")[-2]
    flood = getattr(Flood("loa-2", {"broadcasts": [row.broadcast], "sounds": {clip: 1}}), kind)()
    before = _bytes(commune)
    for look in range(LOOKS_A_DAY):
        count = AT_EACH_LOOK if look else AT_FIRST
        batch = list(_messages(flood, SINGLE_AT_EACH_LOOK if kind == "single_receipts" else count))
        for start in range(0, len(batch), 50):
            line.inbox.take(batch[start : start + 50], commune.now)
        line.excess.step(commune.now)
        line.publisher.step(commune.now)
        commune.later(hours=24 / LOOKS_A_DAY)
    grown = _bytes(commune) - before
    print(f"{kind}: {grown / 1e6:.2f} MB a day")  # noqa: T201
    assert grown <= MOST_BYTES


def _messages(flood: Iterator[bytes], count: int) -> Iterator[Incoming]:
    """PUBLISH packets with QoS 1 as the link hands them over."""
    for packet in islice(flood, count):
        at = 2
        while packet[at - 1] & 0x80:
            at += 1
        end = at + 2 + int.from_bytes(packet[at : at + 2], "big")
        yield Incoming(packet[at + 2 : end].decode(), packet[end + 2 :])


def _bytes(commune: Commune) -> int:
    with commune.database.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        return int(pages) * int(session.execute(text("PRAGMA page_size")).scalar_one())
