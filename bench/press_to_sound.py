"""Press to sound at three speakers: from the order of a ten-second text, spoken and approved, to its first frame.

The press is a POST of "now" to a real office; the sound is the first frame that the file device of a real agent plays.
Each press orders another text, which no speaker has yet. The office starts a normal bulletin some seconds ahead on
purpose, so that all loudspeakers begin together; so its delay from that placed instant is printed as well.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.lines import ReportLine
from bench.spoken import make_approved, words_lasting
from tests.acceptance.station import Station, said
from wire.instants import parse_instant
from wire.model import BulletinClass

SPEAKERS = ("loa-1", "loa-2", "loa-3")
PRESSES = 20
TEXT_S = 10


@dataclass
class Delays:
    """Milliseconds from the press, and from the placed instant: one entry for each press at each speaker."""

    from_press: list[float] = field(default_factory=list)
    from_placed: list[float] = field(default_factory=list)


def measure() -> list[ReportLine]:
    with tempfile.TemporaryDirectory(prefix="loa-bench-") as folder, Station(Path(folder)) as station:
        for name in SPEAKERS:
            station.add_speaker(name)
        normal, emergency = _press_all(station, "normal"), _press_all(station, "emergency")
    return [
        ReportLine(f"normal bulletin, from the press: {_quantiles(normal.from_press)}"),
        ReportLine(f"normal bulletin, from the placed instant: {_quantiles(normal.from_placed)}"),
        ReportLine(f"emergency, from the press, its clip still to be fetched: {_quantiles(emergency.from_press)}"),
    ]


def _press_all(station: Station, bulletin_class: BulletinClass) -> Delays:
    delays = Delays()
    texts = [f"Bản tin số {number}. {words_lasting(TEXT_S)}" for number in range(PRESSES)]
    for announcement in [make_approved(station, words, bulletin_class) for words in texts]:
        body = {"announcement": announcement, "areas": [station.commune], "starts_at": None}
        pressed_at = datetime.now(UTC)
        broadcast: dict[str, Any] = said(station.administrator.post("/broadcasts", json=body))
        for speaker in station.speakers.values():
            speaker.wait_for_receipt(broadcast["broadcast"], "started")
        said(station.administrator.post(f"/broadcasts/{broadcast['broadcast']}/cancellation"))
        station.wait_until_final(broadcast["broadcast"])
        for speaker in station.speakers.values():
            [heard] = speaker.heard(broadcast["broadcast"])
            delays.from_press.append(_ms(pressed_at, heard.began_at))
            if broadcast["starts_at"] is not None:
                delays.from_placed.append(_ms(parse_instant(broadcast["starts_at"]), heard.began_at))
    return delays


def _ms(earlier: datetime, later: datetime) -> float:
    return (later - earlier) / timedelta(milliseconds=1)


def _quantiles(figures: Sequence[float]) -> str:
    ordered = sorted(figures)
    p50, p95 = (ordered[round(share * (len(ordered) - 1))] for share in (0.5, 0.95))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(ordered)}"
