"""Whatever number, instant or name was said once in the name of a speaker blocks nothing for ever.

Each field that a speaker may send is given its extremes, once. Then the true speaker, which kept its settings, its
journal and its rules, still gets a mute, still has its receipts stored and acknowledged, and comes into step.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from controller.database.tables import Delivery, Receipt, SpeakerStatus
from controller.exchange.excess import excess_of
from controller.exchange.speaker_status import is_out_of_step
from controller.places.speakers import change_speaker
from tests.controller.exchange.test_publisher import KEYS, Line
from tests.controller.exchange.test_receipts import receipt
from tests.people import Commune
from wire.ids import new_ulid
from wire.instants import format_instant, unix_milliseconds
from wire.receipts import Receipt as WireReceipt
from wire.receipts import read_acknowledgement, write_receipts
from wire.requests import PlanRequest
from wire.settings import read_settings
from wire.status import ClockReport, PlanReport, Status, plan_digest
from wire.strict_json import MAX_INTEGER
from wire.topics import ACKNOWLEDGEMENT, RECEIPTS, REQUESTS, SETTINGS, STATUS, Topic

JOURNAL = "01KDWXG0000000000000000001"
OTHER_JOURNAL = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
FIRST, LAST = "1970-01-01T00:00:00.000Z", "2999-12-31T23:59:59.999Z"
NUMBERS = (0, 1, MAX_INTEGER - 1, MAX_INTEGER)
TEXTS = ("", "x" * 64, "\N{RIGHT-TO-LEFT OVERRIDE}‮")
ANYTHING: tuple[Any, ...] = (None, [], {}, 1e308, "01KDWXG0000000000000000009", "\0", "x" * 60_000, [[[[1]]]])

IN_A_STATUS: dict[str, tuple[Any, ...]] = {
    "online": (False,),
    "boot": TEXTS,
    "session": NUMBERS,
    "at": (None, FIRST, LAST),
    "agent": TEXTS,
    "journal": (None, OTHER_JOURNAL),
    "clock": ({"state": "untrusted", "offset_ms": -1e308}, {"state": "held", "offset_ms": 1e308}, None),
    "plan": tuple({"count": count, "digest": digest} for count in NUMBERS for digest in ("", "0" * 64)),
    "settings_revision": NUMBERS,
    "playing": ANYTHING,
    "volume": ANYTHING,
    "disk_free_bytes": NUMBERS,
    "cache_bytes": NUMBERS,
    "temperature_c": (-1e308, 1e308),
    "last_error": (*TEXTS, "\0", "x" * 60_000),
    "unacknowledged": NUMBERS,
    "refused": ({"\0": MAX_INTEGER}, {"x" * 60_000: 1}, {f"r{number}": number for number in range(3_000)}),
}
IN_A_RECEIPT: dict[str, tuple[Any, ...]] = {
    "seq": (1, 3, 4, 50, MAX_INTEGER),
    "broadcast": (OTHER_JOURNAL,),
    "revision": NUMBERS,
    "state": ("rejected", "accepted", "played"),
    "at": (FIRST, LAST),
    "clock": ("untrusted",),
    "reason": TEXTS,
    "heard_ms": (*NUMBERS, None),
    "start_error_ms": (-1e308, 1e308, None),
    "volume": (0, 100, None),
}
IN_A_MESSAGE: dict[str, tuple[Any, ...]] = {"journal": (OTHER_JOURNAL,), "first": NUMBERS, "receipts": ([],)}


class TrueSpeaker:
    """loa-2 with its rules: no settings that aren't above the kept ones, no acknowledgement beyond what it has sent."""

    def __init__(self, line: Line, broadcast: str) -> None:
        self._line = line
        self._broadcast = broadcast
        self.highest = 0
        self.acknowledged = 0
        self.settings = 0
        self.muted = False

    def writes(self, state: Any) -> None:
        """A receipt is written and sent, with all that isn't acknowledged."""
        self.highest += 1
        self.sends(state)

    def sends(self, state: Any = "ready") -> None:
        unsent = [receipt(seq, state, self._broadcast) for seq in range(self.acknowledged + 1, self.highest + 1)]
        before = len(self._line.link.published)
        self._line.says(RECEIPTS, write_receipts(JOURNAL, 1, unsent))
        for each in self._line.link.published[before:]:
            if each.topic == ACKNOWLEDGEMENT.under("loa/v1", speaker="loa-2"):
                told = read_acknowledgement(KEYS.open(each.payload, "acknowledgement"), "loa-2")
                if told.journal == JOURNAL and told.upto <= self.highest:
                    self.acknowledged = told.upto

    def takes_settings(self) -> None:
        self._line.publisher.step(self._line.commune.now)
        for each in self._line.link.at(SETTINGS, speaker="loa-2"):
            told = read_settings(KEYS.open(each.payload, "settings"), "loa-2")
            if told.revision > self.settings:
                self.settings, self.muted = told.revision, told.muted

    def says_status(self) -> None:
        kept = [(each.broadcast, each.revision) for each in self._line.broadcasts("ấp 2")]
        self._line.says(
            STATUS,
            Status(
                online=True,
                boot="true",
                session=3,
                at=self._line.commune.now,
                journal=JOURNAL,
                clock=ClockReport(state="trusted"),
                plan=PlanReport(count=len(set(kept)), digest=plan_digest(set(kept))),
                settings_revision=self.settings,
            ).to_json(),
        )


def connected(commune: Commune) -> Line:
    made = Line(commune)
    made.publisher.start_connection(commune.now)
    return made


@pytest.fixture
def line(either_commune: Commune) -> Line:
    return connected(either_commune)


@pytest.fixture
def speaker(line: Line) -> TrueSpeaker:
    return playing(line)


def playing(line: Line) -> TrueSpeaker:
    """loa-2, which has been heard, has its settings and its plan, and has sent two receipts."""
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=600)
    made = TrueSpeaker(line, row.broadcast)
    made.takes_settings()
    made.says_status()
    made.writes("accepted")
    made.writes("ready")
    assert made.acknowledged == 2
    return made


def is_well(line: Line, speaker: TrueSpeaker) -> None:
    """The true speaker goes on as if nothing had been said in its name."""
    line.commune.later(minutes=1)
    speaker.says_status()
    for state in ("started", "played"):
        speaker.writes(state)
        line.commune.later(seconds=5)
        speaker.sends(state)
    assert speaker.acknowledged == speaker.highest
    with line.commune.writing() as session:
        change_speaker(session, line.commune.now, line.commune.officers["tham"], "loa-2", {"muted": True})
    speaker.takes_settings()
    assert speaker.muted, "the mute never came"
    line.commune.later(minutes=1)
    speaker.says_status()
    with line.commune.database.reading() as session:
        status = session.get_one(SpeakerStatus, "loa-2")
        assert not is_out_of_step(status)
        assert status.out_of_step_since is None
        assert (status.journal, status.boot, status.settings_revision) == (JOURNAL, "true", speaker.settings)


def messages() -> Iterator[tuple[str, Topic, bytes]]:
    """(name, topic, payload) of each field of each message, with each of its extremes."""
    good = {"online": True, "boot": "thief", "session": 1, "at": "2026-11-23T10:00:01.000Z"}
    for field, values in IN_A_STATUS.items():
        for number, value in enumerate(values):
            said = json.dumps({**good, "session": number + 1, field: value}).encode()
            yield f"status-{field}-{number}", STATUS, said
    fields = receipt(3, "started").fields()
    for field, values in IN_A_RECEIPT.items():
        for number, value in enumerate(values):
            said = json.dumps({"journal": JOURNAL, "first": 1, "receipts": [{**fields, field: value}]}).encode()
            yield f"receipt-{field}-{number}", RECEIPTS, said
    for field, values in IN_A_MESSAGE.items():
        for number, value in enumerate(values):
            message = {"journal": JOURNAL, "first": 1, "receipts": [{**fields, "seq": MAX_INTEGER}], field: value}
            yield f"receipts-{field}-{number}", RECEIPTS, json.dumps(message).encode()
    for number, revision in enumerate(NUMBERS):
        have = [[OTHER_JOURNAL, revision], ["01KDWXG0000000000000000002", revision]]
        yield f"plan-have-{number}", REQUESTS, json.dumps({"kind": "plan", "have": have}).encode()
    yield "audio-0", REQUESTS, json.dumps({"kind": "audio", "sha256": "0" * 64, "missing": [0, 1023]}).encode()
    yield "time-0", REQUESTS, json.dumps({"kind": "time", "nonce": "n" * 128}).encode()


MESSAGES = {name: (topic, payload) for name, topic, payload in messages()}


def test_every_field_of_a_status_and_a_receipt_has_its_extremes() -> None:
    assert set(IN_A_STATUS) == set(Status.model_fields)
    assert set(IN_A_RECEIPT) == set(WireReceipt.model_fields)


@pytest.mark.parametrize("field", sorted({name.rpartition("-")[0] for name in MESSAGES}))
def test_the_extremes_of_a_field_said_once_block_nothing(commune: Commune, field: str) -> None:
    line = connected(commune)
    speaker = playing(line)
    for name, message in MESSAGES.items():
        if name.rpartition("-")[0] == field:
            line.says(*message)
            speaker.sends()
    is_well(line, speaker)


def test_all_of_it_together_blocks_nothing(line: Line, speaker: TrueSpeaker) -> None:
    for topic, payload in MESSAGES.values():
        line.says(topic, payload)
    is_well(line, speaker)


@pytest.mark.parametrize("ahead", [timedelta(days=1, seconds=1), timedelta(days=400)])
def test_a_settings_revision_beyond_tomorrow_is_refused_and_shown(line: Line, ahead: timedelta) -> None:
    before = len(line.link.at(SETTINGS, speaker="loa-2"))
    line.status(settings_revision=unix_milliseconds(line.commune.now + ahead))
    line.publisher.step(line.commune.now)
    assert len(line.link.at(SETTINGS, speaker="loa-2")) == before
    line.excess.step(line.commune.now)
    with line.commune.database.reading() as session:
        [row] = excess_of(session, line.commune.now, ["loa-2"])["loa-2"]
    assert (row.kind, row.count) == ("revisions", 1)


def test_settings_revisions_that_rise_with_each_status_make_few_settings(line: Line) -> None:
    before = len(line.link.at(SETTINGS, speaker="loa-2"))
    now_ms = unix_milliseconds(line.commune.now)
    for number in range(1, 30):
        line.commune.later(minutes=1)
        line.status(settings_revision=now_ms + number * 1_000_000)
        line.publisher.step(line.commune.now)
    assert len(line.link.at(SETTINGS, speaker="loa-2")) - before <= 4


def test_revisions_of_a_plan_beyond_tomorrow_hold_no_broadcast_back(line: Line) -> None:
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=600)
    line.publisher.step(line.commune.now)
    line.says(REQUESTS, PlanRequest(have=((row.broadcast, MAX_INTEGER),)).to_json())
    sent = [each.topic for each in line.link.published if "/speakers/loa-2/broadcasts/" in each.topic]
    assert len(sent) == 1, "it says that it has a revision that nobody can have made: it gets ours"


def test_a_plan_listed_once_by_another_does_not_put_the_speaker_out_of_step(line: Line, speaker: TrueSpeaker) -> None:
    [ours] = line.broadcasts("ấp 2")
    line.says(REQUESTS, PlanRequest(have=((ours.broadcast, ours.revision + 1),)).to_json())
    is_well(line, speaker)


def test_a_second_device_under_one_name_is_seen_and_both_are_acknowledged(line: Line, speaker: TrueSpeaker) -> None:
    """The thief fills the journal ahead; the true speaker's own receipts still move its deliveries."""
    ahead = [receipt(seq, "missed", new_ulid(line.commune.now), reason="late") for seq in range(3, 60)]
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, ahead))
    is_well(line, speaker)
    line.excess.step(line.commune.now)
    with line.commune.database.reading() as session:
        assert "contradictions" in {row.kind for row in excess_of(session, line.commune.now, ["loa-2"])["loa-2"]}
        mine = session.exec(select(Delivery).where(col(Delivery.found).is_(False), Delivery.speaker == "loa-2")).all()
        assert [row.state for row in mine] == ["played"]


def test_what_was_told_to_be_lost_and_comes_after_all_is_not_acknowledged_over(line: Line) -> None:
    """A thief says that 1 to 999 are lost; of the true speaker's first two messages only the second comes through."""
    broadcast = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=600).broadcast
    line.says(RECEIPTS, write_receipts(JOURNAL, 1000, [receipt(1000, "ready", broadcast)]))
    line.link.published.clear()
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, [receipt(seq, "ready", broadcast) for seq in range(101, 201)]))
    [told] = line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")
    assert read_acknowledgement(KEYS.open(told.payload, "acknowledgement"), "loa-2").upto == 0
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, [receipt(seq, "ready", broadcast) for seq in range(1, 101)]))
    told = line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")[-1]
    assert read_acknowledgement(KEYS.open(told.payload, "acknowledgement"), "loa-2").upto == 200


def test_an_instant_beyond_tomorrow_is_not_believed(line: Line, speaker: TrueSpeaker) -> None:
    del speaker
    line.says(*MESSAGES["receipt-at-1"])
    with line.commune.database.reading() as session:
        [row] = session.exec(select(Receipt).where(Receipt.seq == 3)).all()
        assert format_instant(row.at) == LAST if row.at else False, "the receipt is kept as it came"
        [delivery] = session.exec(select(Delivery).where(col(Delivery.started_at).is_not(None))).all()
        assert delivery.started_at == line.commune.now
