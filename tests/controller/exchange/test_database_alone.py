"""Whoever can write to the database alone makes nothing sound: not by settings, not by messages signed elsewhere."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from controller.broadcasts.lifecycle import cancel_broadcast
from controller.broadcasts.revisions import last_revision
from controller.broadcasts.silence import silence_area
from controller.broker.keys import OfficeKeys
from controller.database.tables import Broadcast as BroadcastRow
from controller.database.tables import BroadcastRevision, Clip, Officer, Speaker, SpeakerSettings
from controller.exchange.outgoing.publisher import Publisher
from controller.orders.standing_texts import end_standing_text
from controller.planning.approvals import withdraw_approval
from controller.planning.schedule_orders import ScheduleOrder, add_schedule, change_occurrence
from controller.station import facts
from controller.station.speaker_settings import last_settings, refresh_all
from tests.controller.exchange.test_publisher import KEYS, Line
from tests.people import KEY, SIGNER, Commune
from wire import broadcast
from wire.broadcast import Broadcast
from wire.envelope import Keys, OfficeKey, Opened, Signer
from wire.ids import new_ulid
from wire.instants import format_instant
from wire.model import BulletinClass
from wire.settings import Settings, read_settings
from wire.topics import AREA_BROADCAST, SETTINGS, SPEAKER_BROADCAST

STRANGER = Signer("stranger", bytes(range(9, 41)))
THEIRS = OfficeKey(kid="stranger", public_key=STRANGER.public_key, may=KEY.may)


@pytest.fixture
def line(commune: Commune) -> Line:
    """A line that has just been connected and has told its speakers their settings."""
    made = Line(commune)
    made.publisher.start_connection(commune.now)
    made.link.published.clear()
    commune.later(seconds=1)
    return made


def _step(line: Line) -> None:
    """Let the publisher work until nothing is left to do."""
    for _ in range(5):
        if not line.publisher.step(line.commune.now):
            return
    pytest.fail("it never comes to rest")


def _told(line: Line) -> list[Settings]:
    return [
        read_settings(KEYS.open(each.payload, "settings"), each.topic.split("/")[4]) for each in line.link.of(SETTINGS)
    ]


def _broadcasts(line: Line) -> list[bytes]:
    return [each.payload for each in (*line.link.of(AREA_BROADCAST), *line.link.of(SPEAKER_BROADCAST))]


def _planned(line: Line) -> BroadcastRevision:
    """A revision that was approved, signed and published."""
    row = line.commune.order(line.commune.approved(), "ấp 2", starts_in_s=600)
    _step(line)
    with line.commune.database.reading() as session:
        revision = last_revision(session, row.broadcast)
    assert revision is not None
    return revision


@pytest.mark.parametrize(
    "forged",
    [
        {"keys": [KEY.fields(), THEIRS.fields()]},
        {"muted": True},
        {"areas": ["elsewhere"]},
        {"time_zone": "Asia/Tokyo"},
        {"revision": 1},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_settings_that_the_office_would_not_make_are_not_signed_but_made_anew(
    line: Line, forged: dict[str, Any]
) -> None:
    with line.commune.writing() as session:
        last = last_settings(session, "loa-2")
        assert last is not None
        revision = last.revision + 1000
        content: Any = {**last.content, "revision": revision, **forged}
        session.add(SpeakerSettings(speaker="loa-2", revision=revision, content=content))
        wanted = Settings.from_fields(last.content)
    _step(line)
    [told] = _told(line)
    assert told.revision > revision, "above the forged one, so that it is the newest"
    assert told == wanted.model_copy(update={"revision": told.revision, "issued_at": told.issued_at})


def test_keys_that_were_written_into_the_database_reach_no_speaker(line: Line) -> None:
    with line.commune.writing() as session:
        facts.write(session, "keys", facts.keys_text((KEY, THEIRS)))
        refresh_all(session, line.commune.now)
    _step(line)
    assert {each.keys for each in _told(line)} == {(KEY,)}
    with line.commune.database.reading() as session:
        assert json.loads(facts.read(session, "keys")) == [KEY.fields()]


def test_a_speaker_whose_row_was_changed_without_new_settings_gets_the_newest(line: Line) -> None:
    with line.commune.writing() as session:
        session.get_one(Speaker, "loa-2").output_delay_ms = 1
        refresh_all(session, line.commune.now)
    with line.commune.writing() as session:
        session.get_one(Speaker, "loa-2").output_delay_ms = 2
    _step(line)
    assert [each.output_delay_ms for each in _told(line)] == [2]


def test_a_broadcast_that_was_signed_elsewhere_is_not_published(line: Line) -> None:
    real = _planned(line)
    line.link.published.clear()
    forged: Any = {**real.content, "revision": real.revision + 1, "times": 9}
    with line.commune.writing() as session:
        message = STRANGER.sign(Broadcast.from_fields(forged), broadcast.TYP)
        session.add(
            BroadcastRevision(
                broadcast=real.broadcast,
                revision=real.revision + 1,
                content=forged,
                topics=real.topics,
                message=message,
            )
        )
    _step(line)
    assert _broadcasts(line) == []


def test_a_message_of_the_office_is_published_for_its_own_revision_alone(line: Line) -> None:
    real, other = _planned(line), _planned(line)
    line.link.published.clear()
    with line.commune.writing() as session:
        session.get_one(BroadcastRevision, (real.broadcast, real.revision)).message = other.message
    restarted = Line(line.commune)
    restarted.publisher.start_connection(line.commune.now)
    _step(restarted)
    assert set(_broadcasts(restarted)) == {real.message, other.message}, "it was judged and signed anew"


def test_settings_that_were_signed_elsewhere_give_way_to_the_offices(line: Line) -> None:
    with line.commune.writing() as session:
        row = last_settings(session, "loa-2")
        assert row is not None
        row.message = STRANGER.sign(Settings.from_fields(row.content), "settings")
        session.add(row)
    restarted = Line(line.commune)
    restarted.publisher.start_connection(line.commune.now)
    _step(restarted)
    assert sorted(each.speaker for each in _told(restarted)) == ["loa-1a", "loa-1b", "loa-2", "loa-xa"]


def test_what_an_older_key_of_the_office_signed_goes_on(line: Line) -> None:
    real = _planned(line)
    newer = Signer("newer", bytes(range(50, 82)))
    keys = OfficeKeys(newer, (OfficeKey(kid="newer", public_key=newer.public_key, may=KEY.may), KEY))
    line.link.published.clear()
    restarted = Publisher(line.commune.database, line.commune.store, keys, line.link)  # type: ignore[arg-type]  # a fake
    restarted.start_connection(line.commune.now)
    assert _broadcasts(line) == [real.message]


def test_each_message_is_verified_once_and_those_that_were_signed_here_never(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    _planned(line)
    opened = []
    real_open = Keys.open

    def count(keys: Keys, data: bytes, typ: str) -> Opened:
        opened.append(typ)
        return real_open(keys, data, typ)

    monkeypatch.setattr(Keys, "open", count)
    line.publisher.start_connection(line.commune.now)
    assert opened == []
    restarted = Line(line.commune)
    for _ in range(2):
        restarted.publisher.start_connection(line.commune.now)
    assert sorted(opened) == ["broadcast", *["settings"] * 4]


def test_a_revision_that_names_another_broadcast_than_its_row_is_not_signed(line: Line) -> None:
    real = _planned(line)
    line.link.published.clear()
    again = new_ulid(line.commune.now)
    forged: Any = {**real.content, "broadcast": again, "revision": real.revision + 1}
    topics = [topic.replace(real.broadcast, again) for topic in real.topics]
    with line.commune.writing() as session:
        session.add(
            BroadcastRevision(broadcast=real.broadcast, revision=real.revision + 1, content=forged, topics=topics)
        )
    _step(line)
    assert _broadcasts(line) == []
    with line.commune.database.reading() as session:
        rows = session.exec(select(BroadcastRevision).where(BroadcastRevision.revision > real.revision)).all()
    assert [row.message for row in rows] == [None]


def test_settings_are_signed_by_the_key_of_this_office(line: Line) -> None:
    with line.commune.writing() as session:
        session.get_one(Speaker, "loa-2").name = "Cụm mới"
        refresh_all(session, line.commune.now)
    _step(line)
    assert [(each.name, each.keys[0].public_key) for each in _told(line)] == [("Cụm mới", SIGNER.public_key)]


def test_an_emergency_that_was_approved_once_is_not_signed_again_days_later(line: Line) -> None:
    real = line.commune.order(line.commune.approved("emergency"), "ấp 2")
    _step(line)
    line.commune.later(days=3)
    with line.commune.writing() as session:
        row = session.get_one(BroadcastRow, real.broadcast)
        row.expires_at = line.commune.now + timedelta(minutes=10)
        last = last_revision(session, real.broadcast)
        assert last is not None
        again: Any = {
            **last.content,
            "revision": last.revision + 1,
            "issued_at": format_instant(line.commune.now),
            "expires_at": format_instant(row.expires_at),
        }
        session.add(
            BroadcastRevision(broadcast=row.broadcast, revision=last.revision + 1, content=again, topics=last.topics)
        )
    line.link.published.clear()
    _step(line)
    assert _broadcasts(line) == []


def _copy(line: Line, of: BroadcastRow, **changes: Any) -> str:
    """Write a planned broadcast like this one into the database, ordered now, with its revision; returns its id."""
    now = line.commune.now
    with line.commune.writing() as session:
        last = last_revision(session, of.broadcast)
        assert last is not None
        again = new_ulid(now)
        instants = {"created_at": now, "planned_at": now, "latest_start": now + timedelta(minutes=10)}
        row = BroadcastRow(**{**of.model_dump(), "broadcast": again, **instants, **changes})
        row.expires_at = now + timedelta(hours=1)
        content: Any = {
            **last.content,
            "broadcast": again,
            "issued_at": format_instant(now),
            "starts_at": format_instant(row.starts_at) if row.starts_at else None,
            "latest_start": format_instant(now + timedelta(minutes=10)),
            "expires_at": format_instant(row.expires_at),
        }
        session.add(row)
        session.flush()
        topics = [topic.replace(of.broadcast, again) for topic in last.topics]
        session.add(BroadcastRevision(broadcast=again, revision=last.revision, content=content, topics=topics))
    return again


def _signed(line: Line, broadcast: str) -> list[bool]:
    """Whether each revision of a broadcast is signed, the oldest first."""
    _step(line)
    with line.commune.database.reading() as session:
        rows = session.exec(
            select(BroadcastRevision)
            .where(BroadcastRevision.broadcast == broadcast)
            .order_by(col(BroadcastRevision.revision))
        ).all()
    return [row.message is not None for row in rows]


def _silence(line: Line, area: str) -> None:
    with line.commune.writing() as session:
        silence_area(session, line.commune.now, line.commune.officers["tham"], line.commune.areas[area], hold=False)


def test_a_standing_text_is_signed_as_often_as_was_agreed_and_no_oftener(line: Line) -> None:
    text = line.commune.approved("emergency")
    line.commune.standing_text(text, "xã", most_times=2)
    uses = []
    for _ in range(2):
        uses.append(line.commune.set_off(text, "xã"))
        line.commune.later(minutes=1)
    assert [_signed(line, each.broadcast) for each in uses] == [[True], [True]]
    before = line.commune.now - timedelta(seconds=90)
    copies = [_copy(line, uses[0], planned_at=planned_at) for planned_at in (line.commune.now, before, None)]
    assert [_signed(line, each) for each in copies] == [[False]] * 3
    _silence(line, "ấp 1")
    assert _signed(line, uses[0].broadcast) == [True, True], "it can still be made less"


def test_a_standing_text_that_is_copied_before_it_was_used_is_not_signed_beyond_its_number(line: Line) -> None:
    text = line.commune.approved("emergency")
    line.commune.standing_text(text, "xã", most_times=1)
    used = line.commune.set_off(text, "xã")
    copies = [_copy(line, used) for _ in range(5)]
    assert not any(any(_signed(line, each)) for each in (used.broadcast, *copies))


def test_who_approved_a_text_that_stood_before_is_not_named(line: Line) -> None:
    text, commune = line.commune.approved("emergency"), line.commune
    commune.officer("p2", "approver")
    before = commune.standing_text(text, "xã", most_times=2, approver="p2")
    with commune.writing() as session:
        withdraw_approval(session, commune.now, commune.officers["p2"], text)
        end_standing_text(session, commune.now, commune.officers["editor"], before)
    commune.later(minutes=1)
    minute = timedelta(minutes=1) / timedelta(days=1)
    assert commune.standing_text(text, "xã", most_times=2, days=30 - minute) != before, "with the same manifest"
    used = commune.set_off(text, "xã")
    with commune.database.reading() as session:
        last = last_revision(session, used.broadcast)
    assert last is not None
    assert [each["officer"] for each in last.content["approvals"]] == ["Lê Minh Quang"]


def test_a_use_that_was_signed_is_not_signed_as_another_one(line: Line) -> None:
    text = line.commune.approved("emergency")
    line.commune.standing_text(text, "xã", most_times=1)
    used = line.commune.set_off(text, "xã")
    assert _signed(line, used.broadcast) == [True]
    line.commune.later(days=3)
    now = line.commune.now
    with line.commune.writing() as session:
        last = last_revision(session, used.broadcast)
        row = session.get_one(BroadcastRow, used.broadcast)
        assert last is not None
        row.created_at = row.planned_at = now
        row.latest_start, row.expires_at = now + timedelta(minutes=10), now + timedelta(hours=1)
        content: Any = {
            **last.content,
            "revision": last.revision + 1,
            "issued_at": format_instant(now),
            "latest_start": format_instant(row.latest_start),
            "expires_at": format_instant(row.expires_at),
        }
        session.add(
            BroadcastRevision(broadcast=used.broadcast, revision=last.revision + 1, content=content, topics=last.topics)
        )
    assert _signed(line, used.broadcast) == [True, False]


def test_a_standing_text_that_was_ended_is_not_signed_but_what_it_set_off_can_be_made_less(line: Line) -> None:
    text = line.commune.approved("emergency")
    standing = line.commune.standing_text(text, "xã")
    used = line.commune.set_off(text, "xã")
    assert _signed(line, used.broadcast) == [True]
    line.commune.later(minutes=1)
    with line.commune.writing() as session:
        end_standing_text(session, line.commune.now, line.commune.officers["tham"], standing)
        session.get_one(Officer, line.commune.officers["quang"].officer).disabled = True
    line.commune.later(minutes=1)
    assert _signed(line, _copy(line, used)) == [False]
    _silence(line, "ấp 1")
    assert _signed(line, used.broadcast) == [True, True]
    with line.commune.database.reading() as session:
        last = last_revision(session, used.broadcast)
    assert last is not None
    assert last.content["state"] == "planned", "it goes on elsewhere"


@pytest.mark.parametrize("username", ["editor", "elsewhere"])
def test_a_standing_text_is_not_signed_that_no_approver_in_charge_has_set_off(line: Line, username: str) -> None:
    line.commune.officer("elsewhere", "approver", "ấp 2")
    text = line.commune.approved("emergency")
    line.commune.standing_text(text, "xã")
    used = line.commune.set_off(text, "ấp 1")
    copied = _copy(line, used, set_off_by=line.commune.officers[username].officer)
    assert (_signed(line, used.broadcast), _signed(line, copied)) == ([True], [False])


def test_what_was_approved_once_is_no_standing_text(line: Line) -> None:
    once = line.commune.order(line.commune.approved("emergency"), "ấp 1")
    copied = _copy(line, once, set_off_by=line.commune.officers["quang"].officer, latest_start=once.latest_start)
    assert (_signed(line, once.broadcast), _signed(line, copied)) == ([True], [False])


def test_what_was_cancelled_is_not_planned_again(line: Line) -> None:
    real = _planned(line)
    with line.commune.writing() as session:
        cancel_broadcast(session, line.commune.now, line.commune.officers["tham"], real.broadcast)
    _step(line)
    with line.commune.writing() as session:
        session.get_one(BroadcastRow, real.broadcast).cancelled_at = None
        last = last_revision(session, real.broadcast)
        assert last is not None
        content: Any = {**real.content, "revision": last.revision + 1}
        session.add(
            BroadcastRevision(broadcast=real.broadcast, revision=last.revision + 1, content=content, topics=real.topics)
        )
    assert _signed(line, real.broadcast) == [True, True, False]


def _again(line: Line, broadcast: str, **changes: Any) -> None:
    """Write another revision of a broadcast into the database: what its row says after these changes, issued now."""
    with line.commune.writing() as session:
        row = session.get_one(BroadcastRow, broadcast)
        row.sqlmodel_update(changes)
        last = last_revision(session, broadcast)
        assert last is not None
        content: Any = {
            **last.content,
            "revision": last.revision + 1,
            "issued_at": format_instant(line.commune.now),
            **{
                name: format_instant(at)
                for name in ("starts_at", "latest_start", "expires_at")
                if (at := getattr(row, name)) is not None
            },
        }
        session.add(
            BroadcastRevision(broadcast=broadcast, revision=last.revision + 1, content=content, topics=last.topics)
        )


def test_a_duration_in_the_database_lets_no_emergency_sound_again(line: Line) -> None:
    real = line.commune.order(line.commune.approved("emergency"), "ấp 2")
    assert _signed(line, real.broadcast) == [True]
    line.commune.later(days=3)
    with line.commune.writing() as session:
        for clip in session.exec(select(Clip)).all():
            clip.duration_ms = 864_000_000
    _again(line, real.broadcast, expires_at=line.commune.now + timedelta(hours=1))
    assert _signed(line, real.broadcast) == [True, False]


def test_what_has_expired_is_signed_again_for_single_speakers_alone(line: Line) -> None:
    real = line.commune.order(line.commune.approved("emergency"), "ấp 2")
    assert _signed(line, real.broadcast) == [True]
    line.commune.later(hours=9)
    _again(line, real.broadcast, expires_at=line.commune.now + timedelta(minutes=10))
    assert _signed(line, real.broadcast) == [True, False]


@pytest.mark.parametrize(("hours", "is_signed"), [(3, True), (5, False), (9, False)])
def test_a_priority_bulletin_is_moved_by_a_few_hours_of_its_own_day_and_no_further(
    line: Line, hours: int, *, is_signed: bool
) -> None:
    real = line.commune.order(line.commune.approved("priority"), "ấp 2", starts_in_s=600)
    assert real.starts_at
    assert real.latest_start
    assert real.expires_at
    assert _signed(line, real.broadcast) == [True]
    by = timedelta(hours=hours)
    moved = {"starts_at": real.starts_at + by, "latest_start": real.latest_start + by}
    _again(line, real.broadcast, wanted_start=real.starts_at, **moved, expires_at=real.expires_at + by)
    assert _signed(line, real.broadcast) == [True, is_signed]


def test_a_priority_bulletin_is_not_moved_beyond_midnight(line: Line) -> None:
    real = line.commune.order(line.commune.approved("priority"), "ấp 2", starts_in_s=4.5 * 3600)
    assert real.starts_at
    assert real.latest_start
    assert real.expires_at
    assert _signed(line, real.broadcast) == [True]
    by = timedelta(hours=3)
    moved = {"starts_at": real.starts_at + by, "latest_start": real.latest_start + by}
    _again(line, real.broadcast, wanted_start=real.starts_at, **moved, expires_at=real.expires_at + by)
    assert _signed(line, real.broadcast) == [True, False]


def _occurrence(line: Line, bulletin_class: BulletinClass) -> BroadcastRow:
    """The next broadcast of a schedule for ấp 2, an hour ahead; signed."""
    commune = line.commune
    text = commune.approved(bulletin_class)
    wall = (commune.now + timedelta(hours=8)).replace(tzinfo=None, microsecond=0)
    order = ScheduleOrder(text, (commune.areas["ấp 2"],), (), wall, "Asia/Ho_Chi_Minh", "FREQ=DAILY")
    with commune.writing() as session:
        schedule = add_schedule(session, commune.now, commune.officers["tham"], order).schedule
    commune.approve_orders(text)
    with commune.database.reading() as session:
        found = session.exec(
            select(BroadcastRow).where(BroadcastRow.schedule == schedule).order_by(col(BroadcastRow.starts_at))
        ).all()
    assert _signed(line, found[0].broadcast) == [True]
    return found[0]


def _copy_as_it_is(line: Line, of: BroadcastRow) -> str:
    """Write an occurrence's broadcast into the database once more, under another id and with the same instants."""
    with line.commune.writing() as session:
        last = last_revision(session, of.broadcast)
        assert last is not None
        again = new_ulid(line.commune.now)
        session.add(BroadcastRow(**{**of.model_dump(), "broadcast": again, "replaced": True}))
        session.flush()
        content: Any = {**last.content, "broadcast": again}
        topics = [topic.replace(of.broadcast, again) for topic in last.topics]
        session.add(BroadcastRevision(broadcast=again, revision=last.revision, content=content, topics=topics))
    return again


@pytest.mark.parametrize("bulletin_class", ["normal", "priority", "emergency"])
def test_an_occurrence_is_signed_under_one_id(line: Line, bulletin_class: BulletinClass) -> None:
    real = _occurrence(line, bulletin_class)
    copies = [_copy_as_it_is(line, real) for _ in range(3)]
    assert [_signed(line, each) for each in copies] == [[False]] * 3
    _silence(line, "xã")
    assert _signed(line, real.broadcast) == [True, True], "a copy prevents no silence"


def test_an_occurrence_that_was_cancelled_and_is_restored_is_signed(line: Line) -> None:
    real, commune = _occurrence(line, "normal"), line.commune
    assert real.schedule
    assert real.occurrence
    wall = datetime.fromisoformat(real.occurrence)
    with commune.writing() as session:
        cancel_broadcast(session, commune.now, commune.officers["tham"], real.broadcast)
    commune.later(minutes=1)
    with commune.writing() as session:
        change_occurrence(session, commune.now, commune.officers["tham"], real.schedule, wall)
    with commune.database.reading() as session:
        restored = session.exec(
            select(BroadcastRow).where(
                BroadcastRow.occurrence == real.occurrence, col(BroadcastRow.cancelled_at).is_(None)
            )
        ).one()
    assert restored.broadcast != real.broadcast
    assert (_signed(line, restored.broadcast), _signed(line, real.broadcast)) == ([True], [True, True])


def test_a_standing_text_is_not_signed_outside_its_hours(line: Line) -> None:
    text = line.commune.approved("emergency")
    line.commune.standing_text(text, "xã", most_times=2)
    used = line.commune.set_off(text, "xã")
    assert _signed(line, used.broadcast) == [True]
    made = line.commune.now + timedelta(minutes=1)
    line.commune.later(hours=9)
    instants = {"created_at": made, "planned_at": made, "latest_start": made + timedelta(minutes=10)}
    copied = _copy(line, used, **instants)
    with line.commune.writing() as session:
        row = session.get_one(BroadcastRow, copied)
        row.expires_at = line.commune.now + timedelta(minutes=10)
        last = last_revision(session, copied)
        assert last is not None
        instant_texts = {
            "latest_start": format_instant(made + timedelta(minutes=10)),
            "expires_at": format_instant(row.expires_at),
        }
        last.content = {**last.content, **instant_texts}  # type: ignore[typeddict-item]
        session.add(last)
    assert _signed(line, copied) == [False]
