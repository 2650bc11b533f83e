"""`/approvals`: what waits for approval, by the manifest that two people agree to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel import Session

from controller.announcements.sound import clips_named
from controller.database.column_types import ManifestFields
from controller.planning.approvals import MAX_REFUSAL_LENGTH, approve, refuse_order
from controller.planning.waiting import OrderKind, WaitingOrder, waiting_orders
from controller.station import facts
from controller.station.area_tree import area_tree
from controller.station.officers import all_officers
from controller.station.speaker_lists import all_speakers
from controller.web.api.views import GivenView, OfficerView, given_views
from controller.web.frame.access import Approver, Caller, TheOffice
from controller.web.frame.fields import After, Body, Limit, View
from controller.web.frame.idempotency import Once
from controller.web.words.order_sentence import order_sentence
from controller.web.words.vietnamese import StationClock
from wire.instants import Instant

router = APIRouter(tags=["approvals"])


class ApprovalView(View):
    """What waits: `manifest` is the SHA-256 of `content` as canonical JSON (RFC 8785); `sentence` says it in words.

    `writers`: who wrote or ordered a part of it. `given`: the approvals so far, of the `needed` ones.
    """

    manifest: str
    kind: OrderKind
    announcement: str
    broadcast: str | None
    schedule: str | None
    standing: str | None
    content: ManifestFields
    sentence: str
    writers: list[OfficerView]
    needed: int
    given: list[GivenView]
    since: Instant


class Approvals(View):
    """One page of what waits. `next`: the value of `after` for the next page; null: there is none."""

    items: list[ApprovalView]
    next: str | None


class GivenAnswer(View):
    """How many approvals are given, of how many. `complete`: it is planned."""

    manifest: str
    given: int
    needed: int
    complete: bool


class ReasonBody(Body):
    """`reason`: what has to be changed."""

    reason: Annotated[str, Field(max_length=MAX_REFUSAL_LENGTH)]


class Refused(View):
    """What was refused, and why."""

    manifest: str
    reason: str


@router.get("/approvals")
def get_approvals(office: TheOffice, caller: Caller, limit: Limit = 100, after: After = None) -> Approvals:
    """What waits for approval and the caller may decide, the most urgent first."""
    now = office.now()
    with office.database.reading() as session:
        waiting = [
            each
            for each in waiting_orders(session, now)
            if each.hindrance(session, caller.officer, caller.charges) is None
        ]
        keys = [each.of_order for each in waiting]
        begin = keys.index(after) + 1 if after in keys else 0
        page = waiting[begin : begin + limit]
        more = page[-1].of_order if begin + limit < len(waiting) else None
        return Approvals(items=approval_views(session, now, page), next=more)


@router.post("/approvals/{manifest}", response_model=GivenAnswer)
def post_approval(manifest: str, office: TheOffice, caller: Approver, once: Once) -> Response:
    """Approve what this manifest says; once enough officers have, it is planned."""

    def deed(session: Session) -> GivenAnswer:
        given = approve(session, office.now(), caller.officer, [manifest])[0]
        return GivenAnswer(manifest=given.manifest, given=given.given, needed=given.needed, complete=given.complete)

    return once.perform(deed)


@router.post("/approvals/{manifest}/refusal", response_model=Refused)
def post_refusal(manifest: str, body: ReasonBody, office: TheOffice, caller: Approver, once: Once) -> Response:
    """Refuse what this manifest says. A change of the order, or of what it says, asks again."""

    def deed(session: Session) -> Refused:
        refuse_order(session, office.now(), caller.officer, manifest, body.reason)
        return Refused(manifest=manifest, reason=body.reason.strip())

    return once.perform(deed)


def approval_views(session: Session, now: datetime, waiting: Sequence[WaitingOrder]) -> list[ApprovalView]:
    """The views of these orders; as many queries for all as for one."""
    names = {row.officer: row.name for row in all_officers(session)}
    clips = clips_named(session, {each.content["clip"] for each in waiting})
    clock, tree = StationClock(now, ZoneInfo(facts.time_zone(session))), area_tree(session)
    speakers = all_speakers(session)
    return [
        ApprovalView(
            manifest=each.manifest,
            kind=each.kind,
            announcement=each.words.announcement,
            broadcast=each.of_order if each.kind == "broadcast" else None,
            schedule=each.of_order if each.kind == "schedule" else None,
            standing=each.of_order if each.kind == "standing" else None,
            content=each.content,
            sentence=str(order_sentence(tree, clock, each.content, speakers, clips[each.content["clip"]])),
            writers=[OfficerView(officer=one, name=names[one]) for one in sorted(each.writers)],
            needed=each.needed,
            given=given_views(each.given, names),
            since=each.since,
        )
        for each in waiting
    ]
