"""“Im lặng” (/im-lang): what would be stopped, and the button that stops it.

/im-lang/ket-qua shows which speakers have fallen silent (as parts for the script: /phan/im-lang), and /im-lang/mo-lai
lifts a silence that is held. The button at the top of every page only opens this page, so that nothing is stopped by
mistake. All of it works without script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.silence import SILENCE_REACHES_AHEAD, lift_silence, silence_answers, silence_area, would_stop
from controller.database.tables import Area, Officer, Silence, Speaker
from controller.errors import Forbidden, Invalid, NotFound, OfficeError
from controller.outlook.speaker_standing import SpeakerNow, speakers_now
from controller.station import audit
from controller.station.area_tree import AreaTree, area_tree
from controller.station.charges import require, tops
from controller.station.held_silent import silence_over, silences_in_force
from controller.station.speaker_lists import Caretaker, caretaker_of
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import ForEditors, FragmentValues, Page, PageValues
from controller.web.lines.broadcast_lines import BroadcastLine, BroadcastLines
from controller.web.words.place_names import AreaChoice, area_choices, in_sentence, whole
from controller.words.translation import _

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SilencePage(PageValues):
    """What silence in the areas `tops` would do. `one`: an area was chosen; else they are all that the officer has.

    `sounding`: broadcasts that sound there now, and at how many speakers. `coming`: others that would be cancelled.
    `offline`: speakers that would not hear the order. `speakers`: how many there are. `reaches`: until when.
    """

    template: ClassVar[str] = "results/silence.html"
    tops: list[str]
    one: bool
    where: str
    sounding: list[tuple[BroadcastLine, int]]
    coming: list[BroadcastLine]
    offline: list[SpeakerNow]
    speakers: int
    reaches: datetime
    choices: list[AreaChoice]


@dataclass(frozen=True, kw_only=True)
class SilenceResultPage(PageValues, FragmentValues):
    """Which speakers have fallen silent. `held`: the ids of areas that are held silent; `query`: of this address.

    `cancelled`, `reduced`: how many broadcasts were cancelled, and how many go on in other areas. `unsplit`: how many
    of those cancelled could not be taken out of these areas alone. `silent`: how many speakers have answered.
    `unanswered`: with whom this reader may call. `refused`: in some areas the officer may stop nothing any more.
    `ordered_at` None: nothing was ordered there.
    """

    template: ClassVar[str] = "results/silence_result.html"
    fragment: ClassVar[str] = "results/silence_fragment.html"
    where: str
    query: str
    held: list[str]
    ordered_at: datetime | None
    cancelled: int
    reduced: int
    unsplit: int
    silent: int
    unanswered: list[tuple[Speaker, Caretaker]]
    refused: bool


@dataclass(frozen=True, kw_only=True)
class LiftSilencePage(PageValues):
    """Asks once more before an area may sound again. `held` None: it isn't held silent. `by`: who ordered it."""

    template: ClassVar[str] = "results/lift_silence.html"
    area: Area
    where: str
    held: Silence | None
    by: str


@router.get("/im-lang")
def get(page: ForEditors) -> Response:
    """Stops nothing yet. `dia-ban`: only this area."""
    with page.reading() as session:
        values = _silence_page(session, page, page.request.query_params.get("dia-ban"))
    return page.show(values)


@router.post("/im-lang")
def post(form: CheckedForm, page: ForEditors) -> Response:
    """Stop what sounds or begins within an hour; with `giu=1`, hold the areas silent until that is lifted.

    An area that was removed or taken from the officer meanwhile doesn't keep the others from falling silent.
    """
    named, hold = form.texts("dia-ban"), form.text("giu") == "1"
    if not named:
        raise Invalid("dia-ban", "silence_place_missing")
    refused: dict[str, OfficeError] = {}
    with page.office.database.writing(first=True) as session:
        areas = _outermost(area_tree(session), named)
        for area in areas:
            try:
                silence_area(session, page.now, page.officer, area, hold=hold)
            except (NotFound, Forbidden) as error:
                refused[area] = error
        if len(refused) == len(areas):
            raise refused[areas[0]]
    query = [("dia-ban", area) for area in areas if area not in refused]
    return page.go("/im-lang/ket-qua?" + urlencode([*query, *([("con-lai", "1")] if refused else [])]))


@router.get("/im-lang/ket-qua")
def get_result(page: ForEditors) -> Response:
    with page.reading() as session:
        values = _result_page(session, page)
    return page.show(values)


@router.get("/phan/im-lang")
def get_result_parts(page: ForEditors) -> Response:
    with page.reading() as session:
        values = _result_page(session, page)
    return page.fragment(values)


@router.get("/im-lang/mo-lai")
def get_lift(page: ForEditors) -> Response:
    with page.reading() as session:
        tree = area_tree(session)
        area = tree.require(page.request.query_params.get("dia-ban", ""))
        require(session, page.now, page.officer, "editor", [area.area])
        held = silence_over(silences_in_force(session), [area.area])
        by = session.get_one(Officer, held.held_by).name if held and held.held_by else _("người ở máy chủ")
    return page.show(LiftSilencePage(area=area, where=whole(tree, area), held=held, by=by))


@router.post("/im-lang/mo-lai")
def post_lift(form: CheckedForm, page: ForEditors) -> Response:
    """Let the area sound again."""
    with page.office.database.writing() as session:
        lift_silence(session, page.now, page.officer, form.text("dia-ban"))
    return page.go("/")


def _outermost(tree: AreaTree, areas: Sequence[str]) -> list[str]:
    """The areas once each, without those that lie in others of them: other stops wait for all that one press names."""
    inside = {area for each in areas if each in tree.by_id for area in tree.subtree([each]) - {each}}
    return [each for each in dict.fromkeys(areas) if each not in inside]


def _silence_page(session: Session, page: Page, asked: str | None) -> SilencePage:
    tree = area_tree(session)
    roots = _asked_areas(session, page, tree, [asked] if asked else [])
    speakers = speakers_now(session, page.now, tree, tree.speakers_in(session, roots))
    make = BroadcastLines(session, page)
    rows = {row.broadcast: row for top in roots for row in would_stop(session, page.now, tree, top)}
    lines = make.of(list(rows.values()))
    sounding = _sounding_at(make, lines, {each.speaker.speaker for each in speakers})
    stopping = {line.broadcast.broadcast for line, _count in sounding}
    return SilencePage(
        tops=roots,
        one=bool(asked),
        where=", ".join(whole(tree, tree.by_id[top]) for top in roots),
        sounding=sounding,
        coming=[line for line in lines if line.broadcast.broadcast not in stopping],
        offline=[each for each in speakers if each.standing == "offline"],
        speakers=len(speakers),
        reaches=page.now + SILENCE_REACHES_AHEAD,
        choices=area_choices(tree, tree.subtree(tops(page.charges, "editor", tree))),
    )


def _asked_areas(session: Session, page: Page, tree: AreaTree, asked: Sequence[str]) -> list[str]:
    """The areas that were asked for; none: all that the officer may silence. Raises NotFound, Forbidden."""
    areas = [tree.require(area).area for area in _outermost(tree, asked)] or tops(page.charges, "editor", tree)
    if areas:
        require(session, page.now, page.officer, "editor", areas)
    return areas


def _sounding_at(
    make: BroadcastLines, lines: list[BroadcastLine], speakers: set[str]
) -> list[tuple[BroadcastLine, int]]:
    """The broadcasts that sound at some of these speakers now, and at how many."""
    started = {line.broadcast.broadcast: line for line in lines if line.counts["started"]}
    results = make.results([line.broadcast for line in started.values()])
    return [
        (started[broadcast], count)
        for broadcast, found in results.items()
        if (count := sum(each.delivery.speaker in speakers for each in found.sounding))
    ]


def _result_page(session: Session, page: Page) -> SilenceResultPage:
    tree = area_tree(session)
    areas = _asked_areas(session, page, tree, page.request.query_params.getlist("dia-ban"))
    held = {each.area for each in silences_in_force(session)}
    orders = [order for area in areas if (order := audit.last_entry(session, "silence ordered", area))]
    found = [silence_answers(session, page.now, tree, area) for area in areas]
    unanswered = {each.speaker: each for one in found for each in one.unanswered}
    return SilenceResultPage(
        where=", ".join(in_sentence(tree.by_id[area]) for area in areas),
        query=page.request.url.query,
        held=[area for area in areas if area in held],
        ordered_at=orders[0].at if orders else None,
        cancelled=len({each for order in orders for each in order.detail["cancelled"]}),
        reduced=len({each for order in orders for each in order.detail["reduced"]}),
        unsplit=len({each for order in orders for each in order.detail.get("unsplit", ())}),
        silent=len({each.speaker for one in found for each in one.silent}),
        unanswered=[(each, caretaker_of(each, page.charges, tree)) for each in unanswered.values()],
        refused=page.request.query_params.get("con-lai") == "1",
    )
