"""By which agreement a broadcast may be planned, and the last look at it before a revision is made or signed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, true
from sqlmodel import Session, col, select

from controller.database.column_types import BroadcastFields, ManifestFields
from controller.database.tables import Agreement, Approval, Broadcast, Clip, Officer, StandingText
from controller.orders.agreements import PlacesNow, agreements_in_force, content_of, contents_of
from controller.orders.inside import Wish, lies_inside
from controller.orders.instants import (
    LONGEST_SOUND_PAST_EXPIRY,
    ORDERED_START_COLUMN,
    ordered_start,
    run_time,
    shift_of,
)
from controller.orders.orders import EXPIRES_AFTER, named_areas, usual_expiry
from controller.orders.policy import may_move_within_day
from controller.station.area_tree import area_tree
from controller.station.charges import charges_of, may
from controller.station.facts import time_zone
from schedules.quiet_hours import is_within
from wire.instants import parse_instant
from wire.settings import QuietHours

MAX_SHIFT = timedelta(hours=4)
"""How much later than ordered the office itself may let a priority bulletin begin, on the same day of the commune."""


class NotAgreed(ValueError):
    """A revision that nobody approved so: it isn't made, and isn't signed."""


def wish_of(row: Broadcast, content: ManifestFields) -> Wish:
    """The broadcast as it would be if it said what this manifest says."""
    return Wish(
        clip=content["clip"],
        bulletin_class=content["bulletin_class"],
        areas=row.areas,
        speakers=row.speakers,
        times=row.times,
        gap_ms=row.gap_ms,
        ordered_at=row.created_at,
        is_now=row.starts_now,
        starts_at=row.starts_at and ordered_start(row) - shift_of(row),
        latest_start=(row.latest_start or ordered_start(row)) - shift_of(row),
        occurrence=row.occurrence,
    )


def agreement_for(session: Session, row: Broadcast, holidays: Collection[date] = ()) -> Agreement | None:
    """The agreement in force, of the broadcast itself or of its schedule, that it lies inside; None: it has to wait."""
    found = agreements_in_force(session, [each for each in (row.broadcast, row.schedule) if each])
    contents = contents_of(session, found.values())
    for agreement in found.values():
        says_the_same = agreement.announcement == row.announcement and agreement.manifest in contents
        if says_the_same and is_inside(session, row, contents[agreement.manifest], holidays):
            return agreement
    return None


def is_inside(session: Session, row: Broadcast, content: ManifestFields, holidays: Collection[date] = ()) -> bool:
    """Whether a broadcast that would say what this manifest says lies inside it."""
    return lies_inside(
        wish_of(row, content),
        content,
        PlacesNow(session),
        ZoneInfo(time_zone(session)),
        holidays,
        same_day_moves=_may_move_within_day(session, row),
    )


def _may_move_within_day(session: Session, row: Broadcast) -> bool:
    """Whether its areas let an editor move this occurrence: not into quiet hours, nor once it has begun."""
    tree, areas = area_tree(session), named_areas(session, row)
    if row.starts_at is None or not may_move_within_day(tree, areas):
        return False
    zone, starts_at = ZoneInfo(time_zone(session)), ordered_start(row)
    quiet = [QuietHours.from_fields(period) for area in areas for period in tree.quiet_hours(area)]
    has_begun = select(Broadcast.broadcast).where(
        Broadcast.schedule == row.schedule,
        Broadcast.occurrence == row.occurrence,
        Broadcast.broadcast != row.broadcast,
        col(Broadcast.planned_at).is_not(None),
        row.created_at >= ORDERED_START_COLUMN,
    )
    return not is_within(starts_at, quiet, zone) and session.exec(has_begun.limit(1)).first() is None


def may_shift(wanted: datetime, starts_at: datetime, zone: ZoneInfo) -> bool:
    """Whether the office itself may let a priority bulletin that was ordered for `wanted` begin at `starts_at`."""
    same_day = wanted.astimezone(zone).date() == starts_at.astimezone(zone).date()
    return same_day and timedelta() <= starts_at - wanted <= MAX_SHIFT


def require_agreed(session: Session, row: Broadcast, fields: BroadcastFields, *, was_signed: bool = False) -> None:
    """Raises NotAgreed unless this planned revision lies inside what was approved of the broadcast.

    Called in the transaction that makes a revision, and again before it is signed: what stands in other tables alone
    makes no sound. An agreement that was withdrawn later still holds for what it had planned, so that what sounds can
    be made less; so does the use of a standing text that was judged when an earlier revision was signed (`was_signed`).
    """
    agreements = agreements_of(session, row)
    if not agreements:
        raise NotAgreed(f"nobody has approved broadcast {row.broadcast}")
    content = _content_of(session, agreements[0])
    if row.set_off_by is not None and not was_signed:
        _require_use(session, row, [each.of_order for each in agreements], content)
    if len(fields["clips"]) != 1:
        raise NotAgreed(f"broadcast {row.broadcast} has {len(fields['clips'])} sounds")
    if fields["gain_db"]:
        raise NotAgreed(
            f"broadcast {row.broadcast} would be {fields['gain_db']} dB louder than the sound that was heard"
        )
    zone, shift = ZoneInfo(time_zone(session)), shift_of(row)
    starts_at = parse_instant(fields["starts_at"]) - shift if fields["starts_at"] else None
    if shift and (
        starts_at is None or fields["bulletin_class"] != "priority" or not may_shift(starts_at, starts_at + shift, zone)
    ):
        raise NotAgreed(f"broadcast {row.broadcast} was moved by {shift}")
    wish = Wish(
        clip=fields["clips"][0]["sha256"],
        bulletin_class=fields["bulletin_class"],
        areas=fields["areas"],
        speakers=fields["speakers"],
        times=fields["times"],
        gap_ms=fields["gap_ms"],
        ordered_at=row.created_at,
        is_now=row.starts_now,
        starts_at=starts_at,
        latest_start=parse_instant(fields["latest_start"]) - shift,
        occurrence=row.occurrence,
    )
    may_move = _may_move_within_day(session, row)
    if not lies_inside(wish, content, PlacesNow(session), zone, same_day_moves=may_move):
        raise NotAgreed(f"broadcast {row.broadcast} isn't what manifest {row.manifest} says")
    if parse_instant(fields["expires_at"]) > _latest_expiry(session, fields, content, shift, was_signed=was_signed):
        raise NotAgreed(f"broadcast {row.broadcast} would expire later than manifest {row.manifest} says")


def agreements_of(session: Session, row: Broadcast) -> list[Agreement]:
    """The agreements on its manifest by which it was planned: of itself or its schedule, or of standing texts."""
    found = []
    agreements = session.exec(select(Agreement).where(Agreement.manifest == row.manifest)).all()
    # The office sets off what it orders in the same transaction.
    planned_at = row.planned_at if row.set_off_by is None else row.created_at
    for each in agreements:
        withdrawn = each.withdrawn_at is not None and (planned_at is None or each.withdrawn_at < planned_at)
        approved = select(Approval.approver).where(
            col(Approval.of_order) == each.of_order, col(Approval.manifest) == each.manifest
        )
        if row.set_off_by is None:
            is_own = each.of_order in (row.broadcast, row.schedule)
        else:
            text = session.get(StandingText, each.of_order)
            is_own = text is not None and _was_live(text, row.created_at)
        is_own = is_own and each.announcement == row.announcement
        if is_own and each.completed_at is not None and not withdrawn and session.exec(approved).first():
            found.append(each)
    return found


def _was_live(text: StandingText, at: datetime) -> bool:
    return text.created_at <= at and (text.ended_at is None or at <= text.ended_at)


def _require_use(session: Session, row: Broadcast, standing: Sequence[str], content: ManifestFields) -> None:
    """Raises NotAgreed unless an approver in charge may have set it off by one of these standing texts, as it was then.

    All its uses count, whenever they were planned: the office itself never makes more than the agreed number.
    """
    officer = session.get(Officer, row.set_off_by)
    charges = charges_of(session, row.created_at, officer) if officer else ()
    if not may(charges, "approver", named_areas(session, row), area_tree(session)):
        raise NotAgreed(f"broadcast {row.broadcast} was set off by {row.set_off_by}, who is no approver there")
    for each in standing:
        text = session.get_one(StandingText, each)
        uses = select(func.count()).where(
            Broadcast.manifest == row.manifest,
            Broadcast.announcement == row.announcement,
            col(Broadcast.set_off_by).is_not(None),
            col(Broadcast.created_at) >= text.created_at,
            true() if text.ended_at is None else col(Broadcast.created_at) <= text.ended_at,
        )
        if "most_times" in content and session.exec(uses).one() <= content["most_times"]:
            return
    raise NotAgreed(f"broadcast {row.broadcast} is beyond the number or the end of its standing text")


def _content_of(session: Session, agreement: Agreement) -> ManifestFields:
    try:
        return content_of(session, agreement)
    except ValueError as error:
        raise NotAgreed(str(error)) from None


def _latest_expiry(
    session: Session, fields: BroadcastFields, content: ManifestFields, shift: timedelta, *, was_signed: bool
) -> datetime:
    """The latest expiry: the agreed or the usual one, or that of a revision that makes less of what sounds past it.

    `issued_at` alone must not move it on: an emergency would begin again at whoever has forgotten it. What makes less
    (a silence) names only the speakers that sound it.
    """
    issued_at, latest_start = parse_instant(fields["issued_at"]), parse_instant(fields["latest_start"])
    if "expires_at" in content:
        latest = parse_instant(content["expires_at"]) + shift
    else:
        clip = session.get_one(Clip, content["clip"])
        whole = run_time(clip.duration_ms, fields["times"], fields["gap_ms"])
        begins = parse_instant(fields["starts_at"]) if fields["starts_at"] else min(issued_at, latest_start)
        latest = usual_expiry(fields["bulletin_class"], begins, latest_start, whole)
    if was_signed and not fields["areas"] and issued_at <= latest + LONGEST_SOUND_PAST_EXPIRY:
        return max(latest, issued_at + EXPIRES_AFTER)
    return latest
