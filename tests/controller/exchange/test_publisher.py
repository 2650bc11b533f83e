"""The publisher: a message is signed once, published until the broker has it, again on every connect, then cleared."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from controller.announcements.lists import require_announcement
from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.lists import require_broadcast
from controller.broadcasts.silence import silence_area
from controller.broadcasts.states import state_of, tally
from controller.broker.link import Incoming
from controller.database.tables import BroadcastRevision, Delivery, Speaker, SpeakerStatus
from controller.exchange.excess import Excess, excess_of
from controller.exchange.expected_plan import LiveBroadcast
from controller.exchange.inbox import Inbox
from controller.exchange.outgoing.publisher import Publisher
from controller.exchange.watch import Watch
from controller.orders.standings import standing_of
from controller.places.speakers import change_speaker
from controller.planning.submission import submit_announcement
from tests.controller.exchange.test_receipts import JOURNAL, receipt
from tests.fakes.link import FakeLink
from tests.people import KEY, OFFICE_KEYS, SOUND, Commune, approve_all
from wire.broadcast import Broadcast, read_broadcast
from wire.clips import chunk_count
from wire.envelope import Keys
from wire.ids import new_ulid
from wire.instants import unix_milliseconds
from wire.receipts import read_acknowledgement, read_receipts, write_receipts
from wire.requests import MAX_HAVE, AudioRequest, PlanRequest, TimeRequest, read_time
from wire.settings import read_settings
from wire.status import ClockReport, PlanReport, Status, plan_digest
from wire.strict_json import MAX_INTEGER
from wire.topics import (
    ACKNOWLEDGEMENT,
    AREA_BROADCAST,
    AUDIO,
    DEFAULT_ROOT,
    RECEIPTS,
    REQUESTS,
    SETTINGS,
    SPEAKER_BROADCAST,
    STATUS,
    TIME,
    Topic,
)

KEYS = Keys([KEY])


class Line:
    """The office's exchange with the speakers, over a link that records."""

    def __init__(self, commune: Commune) -> None:
        self.commune = commune
        self.link = FakeLink()
        self.publisher = Publisher(commune.database, commune.store, OFFICE_KEYS, self.link)  # type: ignore[arg-type]  # a fake
        self.excess = Excess(commune.database)
        self.inbox = Inbox(commune.database, self.publisher, self.excess, DEFAULT_ROOT)

    def says(self, topic: Topic, payload: bytes, speaker: str = "loa-2") -> None:
        """A speaker's message arrives."""
        self.inbox.take([Incoming(topic.under(DEFAULT_ROOT, speaker=speaker), payload)], self.commune.now)

    def status(self, speaker: str = "loa-2", **more: object) -> None:
        """A speaker's status arrives: it is online."""
        fields = {
            "online": True,
            "boot": "b",
            "session": 1,
            "at": self.commune.now,
            "journal": JOURNAL,
            "clock": ClockReport(state="trusted"),
            "plan": PlanReport(count=0, digest=plan_digest([])),
            **more,
        }
        self.says(STATUS, Status(**fields).to_json(), speaker)  # type: ignore[arg-type]  # fields by name

    def broadcasts(self, area: str) -> list[Broadcast]:
        """What was published in an area, opened as a speaker would."""
        return [
            read_broadcast(KEYS.open(each.payload, "broadcast"), each.topic.rpartition("/")[2])
            for each in self.link.of(AREA_BROADCAST)
            if each.payload and f"/{self.commune.areas[area]}/" in each.topic
        ]


@pytest.fixture
def line(commune: Commune) -> Line:
    """A line that has just been connected."""
    made = Line(commune)
    made.publisher.start_connection(commune.now)
    return made


def test_every_speaker_gets_signed_settings(line: Line) -> None:
    told = [
        read_settings(KEYS.open(each.payload, "settings"), each.topic.split("/")[4]) for each in line.link.of(SETTINGS)
    ]
    assert sorted(each.speaker for each in told) == ["loa-1a", "loa-1b", "loa-2", "loa-xa"]
    assert all(each.retained for each in line.link.of(SETTINGS))
    chain = next(each.areas for each in told if each.speaker == "loa-2")
    assert chain == (line.commune.areas["xã"], line.commune.areas["ấp 2"])


def test_a_broadcast_is_published_with_its_sound_before_it(line: Line) -> None:
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    before = len(line.link.published)
    line.publisher.step(line.commune.now)
    topics = [each.topic for each in line.link.published[before:]]
    assert len(topics) == chunk_count(len(SOUND)) + 1
    assert "/audio/" in topics[0]
    assert topics[-1].endswith(row.broadcast)


def test_a_broadcast_is_published_once_for_each_connection(line: Line) -> None:
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.publisher.step(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 1
    chunks = len(line.link.of(AUDIO))
    line.publisher.start_connection(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 2
    assert len(line.link.of(AUDIO)) == chunks, "chunks go out again only on request"
    assert len({each.payload for each in line.link.of(AREA_BROADCAST)}) == 1, "signed once, the same bytes"


def test_without_a_broker_a_broadcast_waits_and_is_not_lost(line: Line) -> None:
    line.link.up = False
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.link.up = True
    line.publisher.step(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 1


def test_another_office_process_publishes_the_same_bytes(line: Line) -> None:
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    restarted = Line(line.commune)
    restarted.publisher.start_connection(line.commune.now)
    assert [each.payload for each in restarted.link.of(AREA_BROADCAST)] == [
        each.payload for each in line.link.of(AREA_BROADCAST)
    ]


def test_the_topics_of_an_expired_broadcast_are_cleared(either_commune: Commune) -> None:
    line = Line(either_commune)
    line.publisher.start_connection(either_commune.now)
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.commune.later(hours=1)
    line.publisher.step(line.commune.now)
    assert line.link.of(AREA_BROADCAST)[-1].payload == b""
    assert line.link.of(AUDIO)[-1].payload == b""


def test_an_unacknowledged_message_is_published_after_a_restart_of_the_office(line: Line) -> None:
    line.link.takes = False
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    for _ in range(2):
        line.publisher.step(line.commune.now)
    sound = line.link.of(AUDIO)
    assert len(sound) == chunk_count(len(SOUND)), "once in this connection"
    killed = Line(line.commune)
    killed.publisher.start_connection(line.commune.now)
    assert killed.link.of(AUDIO) == sound
    killed.publisher.step(line.commune.now)
    later = Line(line.commune)
    later.publisher.start_connection(line.commune.now)
    assert later.link.of(AUDIO) == [], "the broker has it"


def test_an_unacknowledged_message_is_published_again_on_a_new_connection(line: Line) -> None:
    line.link.takes = False
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.link.published.clear()
    line.publisher.start_connection(line.commune.now)
    assert len(line.link.of(AUDIO)) == chunk_count(len(SOUND))


def test_topics_are_cleared_again_until_the_broker_acknowledges_it(line: Line) -> None:
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.commune.later(hours=1)
    line.link.takes = False
    for _ in range(2):
        line.publisher.step(line.commune.now)
    cleared = [each.topic for each in line.link.published if not each.payload]
    assert len(cleared) == 1 + chunk_count(len(SOUND)), "once in this connection"
    killed = Line(line.commune)
    for _ in range(2):
        killed.publisher.step(line.commune.now)
    assert [each.topic for each in killed.link.published if not each.payload] == cleared
    later = Line(line.commune)
    later.publisher.step(line.commune.now)
    assert [each.topic for each in later.link.published if not each.payload] == [], "it is done"


def test_a_sound_that_was_just_cleared_is_published_again_for_the_next_broadcast(line: Line) -> None:
    announcement = line.commune.approved()
    line.commune.order(announcement, "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.commune.later(hours=1)
    line.link.takes = False
    line.publisher.step(line.commune.now)
    assert line.link.of(AUDIO)[-1].payload == b""
    line.commune.order(announcement, "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.link.takes = True
    line.publisher.step(line.commune.now)
    assert line.link.of(AUDIO)[-1].payload == SOUND
    line.commune.later(hours=1)
    line.publisher.step(line.commune.now)
    assert line.link.of(AUDIO)[-1].payload == b""


def test_a_clip_that_another_broadcast_needs_is_not_cleared(line: Line) -> None:
    announcement = line.commune.approved()
    line.commune.order(announcement, "ấp 2", starts_in_s=60)
    line.commune.order(announcement, "ấp 2", starts_in_s=7200)
    line.publisher.step(line.commune.now)
    line.commune.later(hours=1)
    line.publisher.step(line.commune.now)
    assert all(each.payload for each in line.link.of(AUDIO))


def test_receipts_are_acknowledged_after_the_commit(line: Line) -> None:
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, [receipt(1, "accepted"), receipt(2, "ready")]))
    said = line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")[-1]
    acknowledged = read_acknowledgement(KEYS.open(said.payload, "acknowledgement"), "loa-2")
    assert (acknowledged.journal, acknowledged.upto) == (JOURNAL, 2)


def test_on_connect_every_journal_is_acknowledged_again(line: Line) -> None:
    line.status()
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, [receipt(1, "accepted")]))
    line.link.published.clear()
    line.publisher.start_connection(line.commune.now)
    assert len(line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")) == 1


def test_a_plan_request_is_answered_with_the_missing_broadcasts_and_an_acknowledgement(line: Line) -> None:
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.status()
    line.says(REQUESTS, PlanRequest(have=()).to_json())
    sent = line.link.at(SPEAKER_BROADCAST, speaker="loa-2", broadcast=row.broadcast)
    assert [each.retained for each in sent] == [False]
    assert line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")
    has = ((row.broadcast, line.broadcasts("ấp 2")[0].revision),)
    line.says(REQUESTS, PlanRequest(have=has).to_json())
    assert len(line.link.at(SPEAKER_BROADCAST, speaker="loa-2", broadcast=row.broadcast)) == 1


def test_a_chunk_is_sent_again_at_most_once_in_five_seconds(line: Line) -> None:
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    sha256 = line.link.of(AUDIO)[0].topic.split("/")[-2]
    before = len(line.link.of(AUDIO))
    ask = AudioRequest(sha256=sha256, missing=(0, 900)).to_json()
    for speaker in ("loa-2", "loa-1a"):
        line.says(REQUESTS, ask, speaker)
    assert len(line.link.of(AUDIO)) == before + 1
    line.commune.later(seconds=5.001)
    line.says(REQUESTS, ask)
    assert len(line.link.of(AUDIO)) == before + 2


def test_the_time_is_answered_signed(line: Line) -> None:
    nonce = "n" * 22
    line.says(REQUESTS, TimeRequest(nonce=nonce).to_json())
    said = line.link.at(TIME, speaker="loa-2")[-1]
    answer = read_time(KEYS.open(said.payload, "time"))
    assert (answer.nonce, answer.now, said.retained) == (nonce, line.commune.now, False)


def test_a_speaker_out_of_step_is_repaired_after_half_a_minute_and_then_less_often(line: Line) -> None:
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=6 * 3600)
    line.publisher.step(line.commune.now)
    revision = _settings_revision(line)
    watch = Watch(line.commune.database, line.publisher)
    repairs: list[int] = []
    for second in range(0, 600, 5):
        line.status(settings_revision=revision)
        watch.step(line.commune.now)
        if len(line.link.at(SPEAKER_BROADCAST, speaker="loa-2", broadcast=row.broadcast)) > len(repairs):
            repairs.append(second)
        line.commune.later(seconds=5)
    assert repairs == [30, 90, 210, 450]
    in_step = plan_digest([(row.broadcast, line.broadcasts("ấp 2")[0].revision)])
    line.status(settings_revision=revision, plan=PlanReport(count=1, digest=in_step))
    with line.commune.database.reading() as session:
        assert session.get_one(SpeakerStatus, "loa-2").repairs == 0


def test_a_speaker_with_settings_of_a_newer_office_gets_still_newer_ones(line: Line) -> None:
    theirs = unix_milliseconds(line.commune.now + timedelta(hours=23))
    line.status(settings_revision=theirs)
    line.publisher.step(line.commune.now)
    told = read_settings(KEYS.open(line.link.at(SETTINGS, speaker="loa-2")[-1].payload, "settings"), "loa-2")
    assert told.revision > theirs


def test_a_muted_speaker_gets_new_settings(line: Line) -> None:
    with line.commune.writing() as session:
        change_speaker(session, line.commune.now, line.commune.officers["tham"], "loa-2", {"muted": True})
    line.publisher.step(line.commune.now)
    told = read_settings(KEYS.open(line.link.at(SETTINGS, speaker="loa-2")[-1].payload, "settings"), "loa-2")
    assert told.muted


def test_a_last_will_counts_only_from_the_newest_connection(line: Line) -> None:
    def online() -> bool:
        with line.commune.database.reading() as session:
            return session.get_one(Speaker, "loa-2").is_online

    line.status(session=2)
    line.says(STATUS, b'{"online":false,"boot":"b","session":1}')
    assert online()
    line.says(STATUS, b'{"online":false,"boot":"b","session":2}')
    assert not online()


@pytest.mark.parametrize("topic", [STATUS, RECEIPTS, REQUESTS])
@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"[]", b"{}", b'{"a":1,"a":2}', b"9" * 6000, b"[" * 6000])
def test_nonsense_is_dropped_and_later_messages_are_read(line: Line, topic: Topic, payload: bytes) -> None:
    line.says(topic, payload)
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, [receipt(1, "accepted")]))
    assert line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")


def test_one_bad_message_in_a_batch_does_not_spoil_the_others(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from controller.exchange import inbox

    def breaks_on_poison(data: bytes) -> object:
        if data == b"poison":
            raise RuntimeError("a fault of our own")
        return read(data)

    read = read_receipts
    monkeypatch.setattr(inbox, "read_receipts", breaks_on_poison)
    where = RECEIPTS.under(DEFAULT_ROOT, speaker="loa-2")
    good = write_receipts(JOURNAL, 1, [receipt(1, "accepted")])
    line.inbox.take([Incoming(where, payload) for payload in (b"poison", good)], line.commune.now)
    assert line.link.at(ACKNOWLEDGEMENT, speaker="loa-2")


def test_a_message_that_cannot_be_signed_delays_no_other(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    broken = line.commune.order(line.commune.approved(), "ấp 1", starts_in_s=60)
    with line.commune.writing() as session:
        row = session.exec(select(BroadcastRevision).where(BroadcastRevision.broadcast == broken.broadcast)).one()
        row.content = {**row.content, "gap_ms": -1}
        session.add(row)
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    for _ in range(3):
        line.publisher.step(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 1
    said = [each.getMessage() for each in caplog.records if broken.broadcast in each.getMessage()]
    assert len(said) == 1, "told once, not each second"
    assert "gap_ms" in said[0]


def test_a_broadcast_whose_publishing_failed_is_published_at_the_next_step(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.link.up = False
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.publisher.step(line.commune.now)
    line.link.up = True

    def fails(*_topic: object, **_options: object) -> object:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(line.link, "publish", fails)
        with pytest.raises(MemoryError):
            line.publisher.step(line.commune.now)
    assert line.broadcasts("ấp 2") == []
    line.publisher.step(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 1


def _acknowledged(line: Line, speaker: str = "loa-2") -> list[tuple[str, int]]:
    said = line.link.at(ACKNOWLEDGEMENT, speaker=speaker)
    opened = [read_acknowledgement(KEYS.open(each.payload, "acknowledgement"), speaker) for each in said]
    return [(each.journal, each.upto) for each in opened]


def test_an_unknown_journal_is_acknowledged_with_zero(line: Line) -> None:
    line.status()
    assert _acknowledged(line) == [(JOURNAL, 0)], "an office restored from an older copy asks for all of it again"
    line.commune.later(seconds=60)
    line.status()
    assert len(_acknowledged(line)) == 1
    line.commune.later(seconds=60)
    line.status(journal=None)
    line.link.published.clear()
    line.publisher.start_connection(line.commune.now)
    assert _acknowledged(line) == [(JOURNAL, 0)], "one status without a journal doesn't make it forgotten"


def test_a_retained_status_that_is_known_already_makes_no_speaker_online(line: Line) -> None:
    def online() -> bool:
        with line.commune.database.reading() as session:
            return session.get_one(Speaker, "loa-2").is_online

    said_at = line.commune.now
    line.status(at=said_at)
    line.commune.later(seconds=151)
    Watch(line.commune.database, line.publisher).step(line.commune.now)
    assert not online()
    line.status(at=said_at)  # as on each connect of the office
    assert not online()
    line.status(at=line.commune.now)
    assert online()


@pytest.mark.parametrize(("field", "said"), [("temperature_c", None), ("disk_free_bytes", 5)])
def test_a_retained_status_is_known_also_if_an_older_office_did_not_store_a_field(
    line: Line, field: str, said: Any
) -> None:
    said_at = line.commune.now
    line.status(at=said_at, **{field: said})
    with line.commune.writing() as session:
        row = session.get_one(SpeakerStatus, "loa-2")
        older: Any = {key: value for key, value in row.status.items() if key != field}
        row.status = older
        session.add(row)
    line.commune.later(seconds=151)
    Watch(line.commune.database, line.publisher).step(line.commune.now)
    line.status(at=said_at, **{field: said})
    with line.commune.database.reading() as session:
        assert not session.get_one(Speaker, "loa-2").is_online


def test_a_status_with_the_largest_session_number_is_read(either_commune: Commune) -> None:
    line = Line(either_commune)
    line.status(session=MAX_INTEGER)
    with line.commune.database.reading() as session:
        assert session.get_one(Speaker, "loa-2").is_online


def _settings_revision(line: Line) -> int:
    said = line.link.at(SETTINGS, speaker="loa-2")[-1]
    return read_settings(KEYS.open(said.payload, "settings"), "loa-2").revision


class TestTheDigest:
    """The digest of a speaker's plan, compared with what the office expects."""

    @pytest.fixture
    def revision(self, line: Line) -> int:
        """The revision of the settings that the speaker has."""
        return _settings_revision(line)

    def _in_step(self, line: Line, revision: int, *kept: tuple[str, int], at: datetime | None = None) -> bool:
        line.commune.later(milliseconds=1)
        plan = PlanReport(count=len(kept), digest=plan_digest(kept))
        line.status(settings_revision=revision, plan=plan, at=at or line.commune.now)
        with line.commune.database.reading() as session:
            return session.get_one(SpeakerStatus, "loa-2").repair_due is None

    def _planned(self, line: Line, starts_in_s: float = 60) -> tuple[str, int]:
        row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=starts_in_s)
        line.publisher.step(line.commune.now)
        return row.broadcast, line.broadcasts("ấp 2")[-1].revision

    def test_a_broadcast_that_expires_while_the_status_travels_still_counts(self, line: Line, revision: int) -> None:
        kept = self._planned(line)
        said_at = line.commune.later(minutes=13)
        line.commune.later(seconds=5)
        assert self._in_step(line, revision, kept, at=said_at)
        assert not self._in_step(line, revision, kept)
        assert self._in_step(line, revision)

    def test_a_rejected_broadcast_is_not_expected(self, line: Line, revision: int) -> None:
        broadcast, _ = self._planned(line)
        assert not self._in_step(line, revision)
        refused = receipt(1, "rejected", broadcast, reason="malformed")
        line.says(RECEIPTS, write_receipts(JOURNAL, 1, [refused]))
        assert self._in_step(line, revision)

    def test_unknown_broadcasts_on_the_speaker_fit_whichever_of_them_have_expired(
        self, line: Line, revision: int
    ) -> None:
        found = [(new_ulid(line.commune.now), number) for number in (5, 6, 7)]
        kept = self._planned(line)
        line.says(REQUESTS, PlanRequest(have=(*found, kept)).to_json())
        assert self._in_step(line, revision, kept, *found)
        assert self._in_step(line, revision, kept, found[1])
        assert self._in_step(line, revision, kept)
        assert not self._in_step(line, revision, *found), "ours is missing"
        assert not self._in_step(line, revision, kept, (new_ulid(line.commune.now), 1)), "one that it didn't tell of"

    def test_with_very_many_unknown_broadcasts_the_plan_is_assumed_to_agree(
        self, line: Line, revision: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = [(new_ulid(line.commune.now), number) for number in range(MAX_HAVE)]
        guesses: list[int] = []

        def counted(kept: Iterable[tuple[str, int]]) -> str:
            guesses.append(1)
            return plan_digest(kept)

        monkeypatch.setattr("controller.exchange.expected_plan.plan_digest", counted)
        line.says(REQUESTS, PlanRequest(have=tuple(found[:20])).to_json())
        assert self._in_step(line, revision, *found[10:20]), "half of it has expired"
        line.says(REQUESTS, PlanRequest(have=tuple(found)).to_json())
        guesses.clear()
        for kept in (found, found[-1:], found[500:]):
            assert self._in_step(line, revision, *kept)
        assert len(guesses) < 100, "a stolen speaker doesn't keep the office from writing"

    def test_two_speakers_may_hold_different_revisions_of_an_unknown_broadcast(self, line: Line, revision: int) -> None:
        broadcast = new_ulid(line.commune.now)
        line.says(REQUESTS, PlanRequest(have=((broadcast, 5),)).to_json(), "loa-1a")
        line.says(REQUESTS, PlanRequest(have=((broadcast, 6),)).to_json())
        assert self._in_step(line, revision, (broadcast, 6))

    def test_a_revision_above_ours_is_accepted_as_a_newer_offices(self, line: Line, revision: int) -> None:
        broadcast, ours = self._planned(line)
        line.says(REQUESTS, PlanRequest(have=((broadcast, ours + 1),)).to_json())
        assert self._in_step(line, revision, (broadcast, ours + 1))
        assert not line.link.at(SPEAKER_BROADCAST, speaker="loa-2", broadcast=broadcast)


def test_invented_broadcasts_beyond_the_measure_are_counted_and_not_logged_one_by_one(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    invented = [new_ulid(line.commune.now) for _ in range(250)]
    line.status()
    line.says(REQUESTS, PlanRequest(have=tuple((broadcast, 1) for broadcast in invented)).to_json())
    said = [receipt(seq, "accepted", broadcast) for seq, broadcast in enumerate(invented[:100], 1)]
    line.says(RECEIPTS, write_receipts(JOURNAL, 1, said))
    line.excess.step(line.commune.now)
    with line.commune.database.reading() as session:
        assert len(session.exec(select(Delivery)).all()) == 100
        [row] = excess_of(session, line.commune.now, ["loa-2"])["loa-2"]
        assert row.kind == "unknown_broadcasts"
        assert row.count >= 150
    assert len(caplog.text.splitlines()) < 20


def test_an_unknown_broadcast_counts_only_while_the_speaker_lists_it(line: Line) -> None:
    line.says(REQUESTS, PlanRequest(have=((new_ulid(line.commune.now), 5),)).to_json())
    line.says(REQUESTS, PlanRequest(have=()).to_json())
    with line.commune.database.reading() as session:
        assert session.get_one(SpeakerStatus, "loa-2").found == {}


def test_a_time_request_is_answered_even_when_the_database_cannot_be_written(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> object:
        raise OperationalError("BEGIN", {}, Exception("database is locked"))

    monkeypatch.setattr(line.commune.database, "writing", fails)
    line.says(REQUESTS, TimeRequest(nonce="n" * 22).to_json())
    assert len(line.link.at(TIME, speaker="loa-2")) == 1


def test_a_time_request_is_answered_once_even_when_its_batch_is_repeated(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> object:
        raise RuntimeError("a fault of our own")

    monkeypatch.setattr("controller.exchange.inbox.take_receipts", fails)
    asked = [TimeRequest(nonce=letter * 22).to_json() for letter in "ab"]
    said = write_receipts(JOURNAL, 1, [receipt(1, "accepted")])
    where = {REQUESTS: asked, RECEIPTS: [said]}
    batch = [
        Incoming(topic.under(DEFAULT_ROOT, speaker="loa-2"), payload) for topic in where for payload in where[topic]
    ]
    line.inbox.take(batch, line.commune.now)
    told = [read_time(KEYS.open(each.payload, "time")).nonce for each in line.link.at(TIME, speaker="loa-2")]
    assert told == ["a" * 22, "b" * 22]


def test_a_sound_without_an_approved_broadcast_is_not_sent(line: Line) -> None:
    announcement = line.commune.announcement()
    clip = line.commune.row(announcement).clip
    assert clip is not None
    ask = AudioRequest(sha256=clip, missing=(0,)).to_json()
    line.says(REQUESTS, ask)
    line.says(REQUESTS, AudioRequest(sha256="0" * 64, missing=(0,)).to_json())
    assert line.link.of(AUDIO) == []
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    line.says(REQUESTS, ask)
    assert len(line.link.of(AUDIO)) == 1


def test_a_clip_that_is_corrupt_on_the_disk_is_made_again(line: Line) -> None:
    announcement = line.commune.approved()
    line.commune.order(announcement, "ấp 2", starts_in_s=60)
    clip = line.commune.row(announcement).clip
    assert clip is not None
    line.commune.store.path(clip).write_bytes(b"not any more")
    line.publisher.step(line.commune.now)
    assert len(line.broadcasts("ấp 2")) == 1
    assert line.link.of(AUDIO) == []
    with line.commune.writing() as session:
        row = require_announcement(session, announcement)
        assert row.clip_version < row.version, "the preparation has work"
        line.commune.give_sound(session, row)
    with line.commune.database.reading() as session:
        assert standing_of(session, line.commune.row(announcement)).state == "approved"
    line.says(REQUESTS, AudioRequest(sha256=clip, missing=(0,)).to_json())
    assert line.link.of(AUDIO)[-1].payload == SOUND


def test_the_watch_looks_again_after_the_database_failed(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=60)
    watch = Watch(line.commune.database, line.publisher)
    watch.step(line.commune.now)

    def fails() -> object:
        raise OperationalError("BEGIN", {}, Exception("database is locked"))

    line.commune.later(hours=1)
    with monkeypatch.context() as broken:
        broken.setattr(line.commune.database, "writing", fails)
        with pytest.raises(OperationalError):
            watch.step(line.commune.now)
    watch.step(line.commune.later(seconds=1))
    with line.commune.database.reading() as session:
        assert session.get_one(Delivery, (row.broadcast, "loa-2")).state == "no_report"


def test_nothing_is_sent_while_a_transaction_is_open(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link's thread may wait for that transaction; then it can't empty the queue."""
    line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=6 * 3600)
    line.publisher.step(line.commune.now)
    line.status(settings_revision=_settings_revision(line))
    line.commune.later(seconds=30)
    open_now, sent = [0], []
    writing = line.commune.database.writing

    @contextmanager
    def watched() -> Iterator[Session]:
        open_now[0] += 1
        with writing() as session:
            yield session
        open_now[0] -= 1

    monkeypatch.setattr(line.commune.database, "writing", watched)
    send = line.publisher.send_to

    def noted(speaker: str, broadcasts: list[LiveBroadcast]) -> None:
        sent.append(open_now[0])
        send(speaker, broadcasts)

    monkeypatch.setattr(line.publisher, "send_to", noted)
    Watch(line.commune.database, line.publisher).step(line.commune.now)
    assert sent == [0]


class TestABroadcastThatWaitsInARestoredCopy:
    """The copy is from before an approval: the speakers hold the broadcast that still waits in it."""

    @pytest.fixture
    def waiting(self, line: Line) -> str:
        """A broadcast that this database never planned."""
        announcement = line.commune.announcement()
        with line.commune.writing() as session:
            submit_announcement(session, line.commune.now, line.commune.officers["tham"], announcement, [])
        return line.commune.order(announcement, "ấp 1", "ấp 2", starts_in_s=1800).broadcast

    @staticmethod
    def _tells(line: Line, broadcast: str) -> None:
        line.status()
        line.says(REQUESTS, PlanRequest(have=((broadcast, 5),)).to_json())

    @staticmethod
    def _state(line: Line, broadcast: str) -> str:
        with line.commune.database.reading() as session:
            row = require_broadcast(session, broadcast)
            return state_of(row, tally(session, broadcast), line.commune.now)

    @staticmethod
    def _cancel(line: Line, broadcast: str) -> None:
        with line.commune.writing() as session:
            cancel_broadcast(session, line.commune.now, line.commune.officers["tham"], broadcast)

    def test_is_shown_as_planned(self, line: Line, waiting: str) -> None:
        assert self._state(line, waiting) == "waiting_for_approval"
        self._tells(line, waiting)
        assert self._state(line, waiting) == "planned"

    def test_is_cancelled_at_the_speakers(self, line: Line, waiting: str) -> None:
        self._tells(line, waiting)
        self._cancel(line, waiting)
        line.publisher.step(line.commune.now)
        assert [(each.broadcast, each.state) for each in line.broadcasts("ấp 2")] == [(waiting, "cancelled")]
        line.commune.later(hours=2)
        line.publisher.step(line.commune.now)
        assert line.link.of(AREA_BROADCAST)[-1].payload == b"", "its topic is cleared as any other's"

    def test_is_cancelled_at_the_speakers_also_where_it_was_cancelled_before_they_reported_it(
        self, line: Line, waiting: str
    ) -> None:
        self._cancel(line, waiting)
        line.publisher.step(line.commune.now)
        assert line.broadcasts("ấp 2") == [], "nothing of what waits is on the wire"
        self._tells(line, waiting)
        line.publisher.step(line.commune.now)
        assert [each.state for each in line.broadcasts("ấp 2")] == ["cancelled"]

    def test_is_cancelled_everywhere_by_silence_in_one_area(self, line: Line, waiting: str) -> None:
        self._tells(line, waiting)
        with line.commune.writing() as session:
            quang, area = line.commune.officers["quang"], line.commune.areas["ấp 2"]
            assert silence_area(session, line.commune.now, quang, area, hold=False).cancelled == (waiting,)
        line.publisher.step(line.commune.now)
        assert [each.state for each in line.broadcasts("ấp 1")] == ["cancelled"]

    def test_is_planned_by_a_new_approval(self, line: Line, waiting: str) -> None:
        self._tells(line, waiting)
        with line.commune.writing() as session:
            announcement = require_broadcast(session, waiting).announcement
            assert announcement is not None
            approve_all(session, line.commune.now, line.commune.officers["quang"], announcement)
        line.publisher.step(line.commune.now)
        assert [each.state for each in line.broadcasts("ấp 2")] == ["planned"]
        with line.commune.database.reading() as session:
            assert sorted(tally(session, waiting).states.values()) == [3], "each speaker once"

    def test_is_over_and_not_lapsed_where_it_sounded(self, line: Line, waiting: str) -> None:
        line.commune.later(hours=2)
        said = [receipt(1, "started", waiting), receipt(2, "played", waiting)]
        line.says(RECEIPTS, write_receipts(JOURNAL, 1, said))
        assert self._state(line, waiting) == "ended"

    def test_for_now_is_cancelled_too(self, line: Line) -> None:
        row = line.commune.order(line.commune.announcement(), "ấp 2")
        self._tells(line, row.broadcast)
        self._cancel(line, row.broadcast)
        line.publisher.step(line.commune.now)
        assert [each.state for each in line.broadcasts("ấp 2")] == ["cancelled"]
