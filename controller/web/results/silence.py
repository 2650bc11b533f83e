"""“Im lặng”: what would be stopped, one button that does it, and who has fallen silent since; lifted on its own page.

The button in the masthead only opens this page, so that it can't be hit by mistake; all of it works without script.
"""

from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.broadcasts.silence import REACHES, answers, lift_silence, silence_area, would_stop
from controller.database.tables import Officer
from controller.errors import Invalid
from controller.outlook.speaker_standing import speakers_now
from controller.station import audit
from controller.station.area_tree import area_tree
from controller.station.held_silent import silences_in_force
from controller.web.frame.forms import CheckedForm
from controller.web.frame.page import Page, ThePage
from controller.web.lines.broadcast_lines import Lines
from controller.web.words.place_names import in_sentence, whole

router = APIRouter(include_in_schema=False)


@router.get("/im-lang")
def get(page: ThePage) -> Response:
    """Nothing has been stopped yet. Without an area: all that the officer is in charge of."""
    with page.reading() as session:
        values = _known(session, page, page.request.query_params.get("dia-ban"))
    return page.show("results/silence.html", **values)


@router.post("/im-lang")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Stop what sounds or begins within the hour; with `giu`, keep it silent until it is lifted."""
    areas, hold = form.texts("dia-ban"), form.text("giu") == "1"
    if not areas:
        raise Invalid("dia-ban", "silence_place_missing")
    with page.office.database.writing() as session:
        for area in areas:
            silence_area(session, page.now, page.officer, area, hold=hold)
    return page.go("/im-lang/ket-qua?" + "&".join(f"dia-ban={area}" for area in areas))


@router.get("/im-lang/ket-qua")
def get_result(page: ThePage) -> Response:
    """Who has fallen silent, who hasn't answered."""
    with page.reading() as session:
        values = _result(session, page)
    return page.show("results/silence_result.html", **values)


@router.get("/phan/im-lang")
def get_result_parts(page: ThePage) -> Response:
    """The same, for the script that follows it."""
    with page.reading() as session:
        values = _result(session, page)
    return page.fragment("results/silence_fragment.html", **values)


@router.get("/im-lang/mo-lai")
def get_lift(page: ThePage) -> Response:
    """Asks once more before it may sound again."""
    with page.reading() as session:
        tree = area_tree(session)
        area = tree.require(page.request.query_params.get("dia-ban", ""))
        held = next((each for each in silences_in_force(session) if each.area == area.area), None)
        by = session.get_one(Officer, held.held_by).name if held else ""
    return page.show("results/lift_silence.html", area=area, where=whole(tree, area), held=held, by=by)


@router.post("/im-lang/mo-lai")
def post_lift(form: CheckedForm, page: ThePage) -> Response:
    """Let it sound again."""
    with page.office.database.writing() as session:
        lift_silence(session, page.now, page.officer, form.text("dia-ban"))
    return page.go("/")


def _known(session: Session, page: Page, asked: str | None) -> dict[str, Any]:
    tree = area_tree(session)
    if asked:
        tops = [tree.require(asked).area]
        tree.require_charge(page.officer, tops)
    else:
        tops = tree.tops_of(page.officer)
    speakers = speakers_now(session, page.now, tree, tree.speakers_in(session, tops))
    ids = {each.speaker.speaker for each in speakers}
    make = Lines(session, page)
    rows = {row.broadcast: row for top in tops for row in would_stop(session, page.now, tree, top)}
    lines = {line.broadcast.broadcast: line for line in make.of(list(rows.values()))}
    results = make.results([line.broadcast for line in lines.values() if line.counts["started"]])
    sounding = [
        (lines[broadcast], count)
        for broadcast, each_result in results.items()
        if (count := sum(each.delivery.speaker in ids for each in each_result.sounding))
    ]
    stopping = {line.broadcast.broadcast for line, _count in sounding}
    return {
        "tops": tops,
        "one": asked is not None and asked != "",
        "where": ", ".join(whole(tree, tree.by_id[top]) for top in tops),
        "sounding": sounding,
        "coming": [line for line in lines.values() if line.broadcast.broadcast not in stopping],
        "offline": [each for each in speakers if each.standing == "offline"],
        "speakers": len(speakers),
        "reaches": page.now + REACHES,
        "choices": [
            (tree.by_id[area], len(tree.chain(area)) - 1)
            for area in tree.in_order()
            if area in tree.subtree(tree.tops_of(page.officer))
        ],
    }


def _result(session: Session, page: Page) -> dict[str, Any]:
    tree = area_tree(session)
    areas = [tree.require(area).area for area in page.request.query_params.getlist("dia-ban")]
    held = {each.area for each in silences_in_force(session)}
    orders = [order for area in areas if (order := audit.last_entry(session, "silence ordered", area))]
    found = [answers(session, page.now, tree, area) for area in areas]
    unanswered = {each.speaker: each for one in found for each in one.unanswered}
    return {
        "areas": areas,
        "where": ", ".join(in_sentence(tree.by_id[area]) for area in areas),
        "query": page.request.url.query,
        "held": [area for area in areas if area in held],
        "ordered_at": orders[0].at if orders else None,
        "cancelled": len({each for order in orders for each in order.detail["cancelled"]}),
        "reduced": len({each for order in orders for each in order.detail["reduced"]}),
        "silent": len({each.speaker for one in found for each in one.silent}),
        "unanswered": list(unanswered.values()),
    }
