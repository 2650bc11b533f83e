"""The answers of the REST interface and the bodies of its events, made of rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import Field
from sqlmodel import Session

from audio.speech.port import Voice
from audio.spoken_text.doubts import DoubtKind
from controller.announcements.sound import SoundState, sound_state
from controller.broadcasts.deliveries import deliveries_of
from controller.broadcasts.lists import speakers_reached
from controller.broadcasts.revisions import newest_revisions
from controller.broadcasts.states import BroadcastState, Tally, state_of, tallies
from controller.database.column_types import DeliveryState, QuietHoursFields, SessionLimitsFields, StatusFields
from controller.database.tables import (
    Announcement,
    Approval,
    Area,
    Broadcast,
    Delivery,
    Officer,
    Speaker,
    SpeakerSettings,
    SpeakerStatus,
)
from controller.database.transactions import Change
from controller.exchange.speaker_status import is_out_of_step
from controller.orders.standings import AnnouncementStanding, AnnouncementState, standings_of
from controller.planning.who_approved import WhoApproved, who_approved_broadcasts
from controller.station.area_tree import area_tree
from controller.station.charges import Charges, charges_of, may
from controller.station.last_words import last_words
from controller.station.officers import all_officers
from controller.station.speaker_settings import are_settings_in_force, newest_settings
from controller.web.frame.fields import View
from wire.enrolment import Enrolment
from wire.instants import Instant
from wire.model import BulletinClass
from wire.settings import Volume


class ApprovalPolicyView(View):
    """What orders that touch an area need beyond one approver; see `ApprovalPolicyFields`."""

    two_for_emergency: bool = False
    two_for_whole: bool = False
    same_day_moves: bool = False


class AreaView(View):
    """An area. `parent` null: it is a root. `quiet_hours`, `session_limits` null: those of the parent."""

    area: str
    name: str
    kind: str
    parent: str | None
    latitude: float | None
    longitude: float | None
    quiet_hours: list[QuietHoursFields] | None
    session_limits: SessionLimitsFields | None
    approval_policy: ApprovalPolicyView


class SpeakerView(View):
    """A speaker: what the office decided about it, and its last status.

    `caretaker`, `caretaker_phone` null: the reader isn't in charge of the speaker. `held_silent`: its area is held
    silent. `playing`: what it says it plays; null: nothing, or it is offline. `plan_in_step`, `settings_in_force`: it
    keeps the plan and the settings that the office sent. `status`: as it sent it; empty: it has never sent one.
    """

    speaker: str
    name: str
    area: str
    latitude: float | None
    longitude: float | None
    caretaker: str | None
    caretaker_phone: str | None
    volume: Volume
    output_delay_ms: int
    muted: bool
    held_silent: bool
    online: bool
    last_status_at: Instant | None
    playing: object
    plan_in_step: bool
    settings_in_force: bool
    last_error: str | None
    status: StatusFields


class SpeakerAdmitted(SpeakerView):
    """A speaker and its enrolment file, with the password that is shown this once."""

    config: Enrolment


class WarningView(View):
    """Something in a text that may be said wrongly: `text` stands at `from` ≤ i < `to`."""

    kind: DoubtKind
    text: str
    from_: int = Field(serialization_alias="from")
    to: int
    blocks: bool


class AnnouncementView(View):
    """An announcement and its state. `audio_fallback`: the engine that should have spoken, where another one did."""

    announcement: str
    version: int
    area: str | None
    title: str
    text: str
    spoken_text: str
    warnings: list[WarningView]
    bulletin_class: BulletinClass
    language: str
    voice: Voice
    speed: float
    state: AnnouncementState
    refusal: str | None
    author: str
    approver: str | None
    changed_at: Instant
    audio: SoundState
    audio_failure: str | None
    audio_fallback: str | None
    clip: str | None


class OfficerView(View):
    """An officer, by id and name."""

    officer: str
    name: str


class GivenView(OfficerView):
    """An approval, or a review: by whom, and when."""

    at: Instant


class DeliveryView(View):
    """One broadcast at one speaker. `found`: the speaker had it, and this office didn't know it."""

    broadcast: str
    speaker: str
    state: DeliveryState
    reason: str | None
    started_at: Instant | None
    heard_ms: int | None
    start_error_ms: float | None
    received_at: Instant | None
    found: bool


class BroadcastView(View):
    """A broadcast. `revision` null: none was sent yet. `found`: a speaker had it, and this office doesn't know it.

    `manifest`: what was approved of it; of one that waits what is to be approved, and null while its announcement is a
    draft. `set_off_by`: who set it off alone by a standing text; `reviewed`: who looked at that afterwards.
    """

    broadcast: str
    announcement: str | None
    title: str
    bulletin_class: BulletinClass | None
    revision: int | None
    state: BroadcastState
    areas: list[str]
    speakers: list[str]
    starts_at: Instant | None
    latest_start: Instant | None
    expires_at: Instant | None
    report_due: Instant | None
    duration_ms: int | None
    times: int
    gap_ms: int
    speakers_total: int
    speakers_offline: int
    found: bool
    manifest: str | None
    approvals: list[GivenView]
    set_off_by: OfficerView | None
    reviewed: GivenView | None


class BroadcastWithDeliveries(BroadcastView):
    """A broadcast and its deliveries, in the order of the speakers' ids."""

    deliveries: list[DeliveryView]


def area_view(row: Area) -> AreaView:
    return AreaView.model_validate(row, from_attributes=True)


def speaker_view(session: Session, row: Speaker, charges: Charges) -> SpeakerView:
    return speaker_views(session, [row], charges)[0]


def speaker_views(session: Session, rows: Sequence[Speaker], charges: Charges) -> list[SpeakerView]:
    """The views of these speakers for a reader with these charges, in their order; as many queries as for one."""
    last = last_words(session, rows)
    told = {row.speaker: row for row in newest_settings(session, list(last))}
    tree = area_tree(session)
    return [
        _speaker_view(row, last[row.speaker], told.get(row.speaker), in_charge=may(charges, "viewer", [row.area], tree))
        for row in rows
    ]


def _speaker_view(
    row: Speaker, last_word: SpeakerStatus, told: SpeakerSettings | None, *, in_charge: bool
) -> SpeakerView:
    held = bool(told and told.content["muted"]) and not row.muted
    heard_of = bool(last_word.status)
    return SpeakerView(
        speaker=row.speaker,
        name=row.name,
        area=row.area,
        latitude=row.latitude,
        longitude=row.longitude,
        caretaker=row.caretaker if in_charge else None,
        caretaker_phone=row.caretaker_phone if in_charge else None,
        volume=Volume.from_fields(row.volume),
        output_delay_ms=row.output_delay_ms,
        muted=row.muted,
        held_silent=held,
        online=row.is_online,
        last_status_at=last_word.received_at if heard_of else None,
        playing=last_word.status.get("playing") if row.is_online else None,
        plan_in_step=not is_out_of_step(last_word),
        settings_in_force=are_settings_in_force(last_word, told),
        last_error=last_word.status.get("last_error"),
        status=last_word.status,
    )


def announcement_view(session: Session, row: Announcement) -> AnnouncementView:
    return announcement_views(session, [row])[0]


def announcement_views(session: Session, rows: Sequence[Announcement]) -> list[AnnouncementView]:
    """The views of these announcements, in their order; as many queries for all as for one."""
    stands = standings_of(session, rows)
    officers = {row.officer: row.name for row in all_officers(session)}
    return [_announcement_view(row, stands[row.announcement], officers) for row in rows]


def _announcement_view(row: Announcement, stands: AnnouncementStanding, officers: dict[str, str]) -> AnnouncementView:
    sound = sound_state(row)
    return AnnouncementView(
        announcement=row.announcement,
        version=row.version,
        area=row.area,
        title=row.title,
        text=row.text,
        spoken_text=row.spoken_text,
        warnings=[
            WarningView(kind=each["kind"], text=each["text"], from_=each["from"], to=each["to"], blocks=each["blocks"])
            for each in row.warnings
        ],
        bulletin_class=row.bulletin_class,
        language=row.language,
        voice=row.voice,
        speed=row.speed,
        state=stands.state,
        refusal=stands.submission.refusal if stands.submission else None,
        author=officers[row.author],
        approver=officers[stands.approval.approver] if stands.approval and stands.state == "approved" else None,
        changed_at=row.changed_at,
        audio=sound,
        audio_failure=None if row.clip_failure is None else str(row.clip_failure),
        audio_fallback=row.clip_fallback if sound != "being_made" else None,
        clip=row.clip if sound != "being_made" else None,
    )


def delivery_view(row: Delivery) -> DeliveryView:
    return DeliveryView.model_validate(row, from_attributes=True)


def broadcast_view(session: Session, row: Broadcast, now: datetime) -> BroadcastView:
    return broadcast_views(session, [row], now)[0]


def broadcast_views(session: Session, rows: Sequence[Broadcast], now: datetime) -> list[BroadcastView]:
    """The views of these broadcasts at `now`, in their order; as many queries for all as for one."""
    ids = [row.broadcast for row in rows]
    tally_of, revisions = tallies(session, ids), newest_revisions(session, ids)
    unplanned = [row for row in rows if row.planned_at is None and not tally_of[row.broadcast].total]
    reached = speakers_reached(session, unplanned)
    approved = who_approved_broadcasts(session, now, rows)
    names = {row.officer: row.name for row in all_officers(session)}
    return [
        _broadcast_view(
            row,
            tally_of[row.broadcast],
            revisions.get(row.broadcast),
            reached.get(row.broadcast, []),
            now,
            approved[row.broadcast],
            names,
        )
        for row in rows
    ]


def given_views(approvals: Sequence[Approval], names: Mapping[str, str]) -> list[GivenView]:
    """These approvals; `names`: of officers."""
    return [GivenView(officer=each.approver, name=names[each.approver], at=each.at) for each in approvals]


def _broadcast_view(
    row: Broadcast,
    tally: Tally,
    revision: int | None,
    would_hear: Sequence[Speaker],
    now: datetime,
    approved: WhoApproved,
    names: Mapping[str, str],
) -> BroadcastView:
    alone, reviewer = row.set_off_by, row.reviewed_by
    return BroadcastView(
        broadcast=row.broadcast,
        announcement=row.announcement,
        title=row.title,
        bulletin_class=row.bulletin_class,
        revision=revision,
        state=state_of(row, tally, now),
        areas=row.areas,
        speakers=row.speakers,
        starts_at=row.starts_at,
        latest_start=row.latest_start,
        expires_at=row.expires_at,
        report_due=row.report_due,
        duration_ms=row.duration_ms,
        times=row.times,
        gap_ms=row.gap_ms,
        speakers_total=tally.total or len(would_hear),
        speakers_offline=tally.offline if tally.total else sum(not each.is_online for each in would_hear),
        found=row.announcement is None,
        manifest=approved.manifest,
        approvals=given_views(approved.approvals, names),
        set_off_by=OfficerView(officer=alone, name=names[alone]) if alone else None,
        reviewed=(
            GivenView(officer=reviewer, name=names[reviewer], at=row.reviewed_at)
            if reviewer and row.reviewed_at
            else None
        ),
    )


def broadcast_with_deliveries(session: Session, row: Broadcast, now: datetime) -> BroadcastWithDeliveries:
    deliveries = [delivery_view(each) for each in deliveries_of(session, row.broadcast)]
    return BroadcastWithDeliveries(**dict(broadcast_view(session, row, now)), deliveries=deliveries)


def event_body(session: Session, change: Change, now: datetime, officer: Officer) -> View | None:
    """The body of an event for this reader; None: what changed is gone."""
    if change.kind == "delivery":
        broadcast, _, speaker = change.subject.partition("/")
        delivery = session.get(Delivery, (broadcast, speaker))
        return delivery_view(delivery) if delivery else None
    if change.kind == "speaker":
        speaker_row = session.get(Speaker, change.subject)
        return speaker_view(session, speaker_row, charges_of(session, now, officer)) if speaker_row else None
    if change.kind == "announcement":
        announcement = session.get(Announcement, change.subject)
        return announcement_view(session, announcement) if announcement else None
    row = session.get(Broadcast, change.subject)
    return broadcast_view(session, row, now) if row else None
