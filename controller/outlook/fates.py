"""What will sound at each speaker, simulated with the arbitration that speakers themselves use."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from controller.broadcasts.deliveries import ENDED
from controller.database.tables import Broadcast, Delivery, Silence, Speaker
from controller.orders.instants import (
    ORDERED_START_COLUMN,
    air_start,
    may_come_on_air,
    may_sound_on,
    run_time_of,
    sounds_until,
)
from controller.station.area_tree import AreaTree, area_tree
from controller.station.facts import time_zone
from controller.station.held_silent import silence_over, silences_in_force
from schedules.arbitration import Item
from schedules.preview import Outlook, look_ahead
from wire.broadcast import names_speaker
from wire.outcomes import Reason
from wire.settings import QuietHours


@dataclass(frozen=True, order=True)
class Fate:
    """What will become of a broadcast at a speaker.

    `on_time`: it sounds whole at its instant. `waits`: it begins later, at `at`. `interrupted`: it stops at `at` and
    goes on at `until`. `cut`: it stops for good at `at`. `missed`: it never begins. The last two have a `reason`, as in
    a receipt.
    """

    kind: Literal["on_time", "waits", "interrupted", "cut", "missed"]
    at: datetime | None = None
    until: datetime | None = None
    reason: Reason | None = None


def fates(session: Session, now: datetime, until: datetime) -> dict[str, Counter[Fate]]:
    """{broadcast: number of speakers by fate} of broadcasts that are to begin before `until` and aren't over.

    Broadcasts that wait for approval are taken as approved in time.
    """
    rows = _coming_broadcasts(session, now, until)
    counted: dict[str, Counter[Fate]] = {row.broadcast: Counter() for row in rows}
    by_id = {row.broadcast: row for row in rows}
    for speakers, outlook, heard in _shared_outlooks(session, now, rows):
        for broadcast in heard:
            counted[broadcast][_fate(by_id[broadcast], outlook)] += speakers
    return counted


def outlook_of(session: Session, now: datetime, speaker: Speaker, until: datetime) -> Outlook:
    """What will sound at one speaker, of broadcasts that are to begin before `until`."""
    tree = area_tree(session)
    chain = set(tree.chain(speaker.area))
    rows = [row for row in _coming_broadcasts(session, now, until) if names_speaker(row, speaker.speaker, chain)]
    silences = silences_in_force(session)
    begun = _sounding_since(session, rows)
    zone = ZoneInfo(time_zone(session))
    return _outlook_of_plan(now, zone, tree, speaker, silences, rows, begun.get(speaker.speaker, {}))


def _coming_broadcasts(session: Session, now: datetime, until: datetime) -> list[Broadcast]:
    rows = session.exec(
        select(Broadcast)
        .where(
            col(Broadcast.announcement).is_not(None),
            may_come_on_air(now),
            may_sound_on(now),
            until > ORDERED_START_COLUMN,
        )
        .order_by(col(Broadcast.starts_at), col(Broadcast.broadcast))
    ).all()
    return [row for row in rows if sounds_until(row) > now]


def _shared_outlooks(
    session: Session, now: datetime, rows: Sequence[Broadcast]
) -> list[tuple[int, Outlook, frozenset[str]]]:
    """(number of speakers, outlook, ids of its broadcasts), one for each group of speakers that are alike."""
    tree = area_tree(session)
    silences = silences_in_force(session)
    begun = _sounding_since(session, rows)
    ended = _ended_deliveries(session, rows)
    alike: dict[tuple[object, ...], list[Speaker]] = {}
    plans: dict[str, list[Broadcast]] = {}
    for speaker in session.exec(select(Speaker)).all():
        chain = set(tree.chain(speaker.area))
        named = [row for row in rows if names_speaker(row, speaker.speaker, chain)]
        plan = [row for row in named if (row.broadcast, speaker.speaker) not in ended]
        plans[speaker.speaker] = plan
        quiet = tuple((each["from"], each["to"]) for each in tree.quiet_hours(speaker.area))
        muted = speaker.muted or silence_over(silences, chain) is not None
        began = frozenset(begun.get(speaker.speaker, {}).items())
        alike.setdefault((frozenset(row.broadcast for row in plan), quiet, muted, began), []).append(speaker)
    zone = ZoneInfo(time_zone(session))
    outlooks = []
    for speakers in alike.values():
        one = speakers[0]
        plan = plans[one.speaker]
        outlook = _outlook_of_plan(now, zone, tree, one, silences, plan, begun.get(one.speaker, {}))
        outlooks.append((len(speakers), outlook, frozenset(row.broadcast for row in plan)))
    return outlooks


def _outlook_of_plan(
    now: datetime,
    zone: ZoneInfo,
    tree: AreaTree,
    speaker: Speaker,
    silences: list[Silence],
    rows: Sequence[Broadcast],
    begun: dict[str, datetime],
) -> Outlook:
    return look_ahead(
        [_arbitration_item(row, now, begun.get(row.broadcast)) for row in rows],
        now=now,
        quiet_hours=[QuietHours.from_fields(each) for each in tree.quiet_hours(speaker.area)],
        zone=zone,
        muted=speaker.muted or silence_over(silences, tree.chain(speaker.area)) is not None,
    )


def _arbitration_item(row: Broadcast, now: datetime, begun_at: datetime | None) -> Item:
    if row.bulletin_class is None:
        raise ValueError(f"broadcast {row.broadcast} isn't ours: its class isn't known")
    begins_at = air_start(row) or now
    item = Item(
        row.broadcast,
        row.bulletin_class,
        begins_at,
        row.latest_start or begins_at,
        row.expires_at or begins_at,
        run_time_of(row) // timedelta(milliseconds=1),
        at_once=row.starts_at is None,
    )
    return item if begun_at is None else replace(item, begun_at=min(begun_at, now), is_sounding=True)


def _sounding_since(session: Session, rows: Sequence[Broadcast]) -> dict[str, dict[str, datetime]]:
    """{speaker: {broadcast: when it began}} of what sounds now by receipts: at a speaker the one that began last."""
    told = session.exec(
        select(Delivery).where(
            col(Delivery.broadcast).in_([row.broadcast for row in rows]),
            Delivery.state == "started",
            col(Delivery.started_at).is_not(None),
        )
    ).all()
    begun = sorted((each.started_at, each.speaker, each.broadcast) for each in told if each.started_at is not None)
    return {speaker: {broadcast: started_at} for started_at, speaker, broadcast in begun}


def _ended_deliveries(session: Session, rows: Sequence[Broadcast]) -> set[tuple[str, str]]:
    """(broadcast, speaker) of the deliveries that have ended."""
    return set(
        session.exec(
            select(Delivery.broadcast, Delivery.speaker).where(
                col(Delivery.broadcast).in_([row.broadcast for row in rows]), col(Delivery.state).in_(ENDED)
            )
        ).all()
    )


def _fate(row: Broadcast, outlook: Outlook) -> Fate:
    stretches = [each for each in outlook.stretches if each.broadcast == row.broadcast]
    final = outlook.finals.get(row.broadcast)
    if not stretches:
        return Fate("missed", reason=final.reason if final else None)
    if final is not None and final.state == "partial":
        return Fate("cut", at=stretches[-1].to, reason=final.reason)
    if len(stretches) > 1:
        return Fate("interrupted", at=stretches[0].to, until=stretches[1].from_)
    begins = row.starts_at
    if begins is not None and stretches[0].offset_ms == 0 and stretches[0].from_ > begins + timedelta(seconds=1):
        return Fate("waits", at=stretches[0].from_)
    return Fate("on_time")
