"""`/broadcasts`: order one, see how it goes, cancel it, review one that was set off alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlmodel import Session

from controller.broadcasts.lifecycle import cancel_broadcast, order_broadcast
from controller.broadcasts.lists import require_broadcast
from controller.broadcasts.session_limits import breaches
from controller.database.tables import Broadcast
from controller.orders.orders import Order
from controller.orders.standing_texts import review
from controller.station.area_tree import area_tree
from controller.web.admission.sound_waits import wait_for_sound
from controller.web.api.views import (
    BroadcastView,
    BroadcastWithDeliveries,
    broadcast_view,
    broadcast_views,
    broadcast_with_deliveries,
)
from controller.web.frame.access import Approver, Caller, Editor, TheOffice
from controller.web.frame.fields import After, Body, GapMs, Limit, Names, RequestInstant, Times, View, page_of
from controller.web.frame.idempotency import Once
from schedules.limits import DEFAULT_GAP_MS

router = APIRouter(tags=["broadcasts"])


class BroadcastBody(Body):
    """One announcement to some areas or speakers, at one instant. `starts_at` null: now."""

    announcement: str
    areas: Names = Field(default_factory=list)
    speakers: Names = Field(default_factory=list)
    starts_at: RequestInstant | None
    latest_start: RequestInstant | None = None
    expires_at: RequestInstant | None = None
    times: Times = 1
    gap_ms: GapMs = DEFAULT_GAP_MS


class OrderedBroadcast(BroadcastView):
    """A new broadcast. `warnings`: limits of an area that it exceeds, where the station allows that."""

    warnings: list[str]


class Broadcasts(View):
    """One page of broadcasts. `next`: the value of `after` for the next page; null: there is none."""

    items: list[BroadcastView]
    next: str | None


@router.get("/broadcasts")
def get_broadcasts(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Broadcasts:
    """All broadcasts, in the order in which they were made."""
    now = office.now()
    with office.database.reading() as session:
        items, after_this = page_of(session, Broadcast, limit, after, lambda rows: broadcast_views(session, rows, now))
    return Broadcasts(items=items, next=after_this)


async def _after_its_sound(request: Request, _caller: Editor, body: BroadcastBody) -> BroadcastBody:
    await wait_for_sound(request, body.announcement)
    return body


@router.post("/broadcasts", status_code=201, response_model=OrderedBroadcast)
def post_broadcast(
    body: Annotated[BroadcastBody, Depends(_after_its_sound)], office: TheOffice, caller: Editor, once: Once
) -> Response:
    """Order a broadcast. Until its announcement is approved it waits, and no speaker is told of it."""
    order = Order(
        announcement=body.announcement,
        areas=tuple(dict.fromkeys(body.areas)),
        speakers=tuple(dict.fromkeys(body.speakers)),
        starts_at=body.starts_at,
        latest_start=body.latest_start,
        expires_at=body.expires_at,
        times=body.times,
        gap_ms=body.gap_ms,
    )

    def deed(session: Session) -> OrderedBroadcast:
        now = office.now()
        row = order_broadcast(session, now, caller.officer, order)
        said = list(map(str, breaches(session, now, area_tree(session), row)))
        return OrderedBroadcast(**dict(broadcast_view(session, row, now)), warnings=said)

    return once.perform(deed, 201)


@router.get("/broadcasts/{broadcast}")
def get_broadcast(broadcast: str, office: TheOffice, _caller: Caller) -> BroadcastWithDeliveries:
    """One broadcast with its deliveries."""
    with office.database.reading() as session:
        return broadcast_with_deliveries(session, require_broadcast(session, broadcast), office.now())


@router.post("/broadcasts/{broadcast}/cancellation", response_model=BroadcastWithDeliveries)
def post_cancellation(broadcast: str, office: TheOffice, caller: Editor, once: Once) -> Response:
    """Cancel it: where it hasn't begun it won't, where it sounds it is stopped."""

    def deed(session: Session) -> BroadcastWithDeliveries:
        now = office.now()
        return broadcast_with_deliveries(session, cancel_broadcast(session, now, caller.officer, broadcast), now)

    return once.perform(deed, first=True)


@router.post("/broadcasts/{broadcast}/review", response_model=BroadcastWithDeliveries)
def post_review(broadcast: str, office: TheOffice, caller: Approver, once: Once) -> Response:
    """Note that a second approver has looked at a broadcast that one set off alone by a standing text."""

    def deed(session: Session) -> BroadcastWithDeliveries:
        now = office.now()
        row = require_broadcast(session, broadcast)
        review(session, now, caller.officer, row)
        return broadcast_with_deliveries(session, row, now)

    return once.perform(deed)
