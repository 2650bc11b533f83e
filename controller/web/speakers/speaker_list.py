"""“Cụm loa”: all speakers by area, those that want somebody first; a map where their places are known."""

from dataclasses import dataclass

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.outlook.speaker_standing import SpeakerNow, by_urgency, counted, speakers_now
from controller.station.area_tree import area_tree
from controller.station.speakers_there import speakers_of_officer
from controller.web.frame.page import Page, ThePage
from controller.web.speakers.speaker_map import HEIGHT, WIDTH, SpeakerMap, map_of
from controller.web.words.place_names import in_sentence
from controller.web.words.vietnamese import capital

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Group:
    """One area's speakers that are well."""

    name: str
    total: int
    speakers: tuple[SpeakerNow, ...]


@dataclass(frozen=True)
class Speakers:
    """What the page shows."""

    total: int
    counts: dict[str, int]
    wanting: tuple[tuple[SpeakerNow, str], ...]
    groups: tuple[Group, ...]
    map: SpeakerMap | None


@router.get("/cum-loa")
def get(page: ThePage) -> Response:
    """The list."""
    with page.reading() as session:
        found = _speakers(session, page)
    return page.show(
        "speakers/speaker_list.html" if found.total else "home/no_speaker.html", found=found, map_size=(WIDTH, HEIGHT)
    )


@router.get("/phan/cum-loa")
def get_parts(page: ThePage) -> Response:
    """Its parts, for the script that follows what happens."""
    with page.reading() as session:
        found = _speakers(session, page)
    return page.fragment("speakers/speaker_list_fragment.html", found=found, map_size=(WIDTH, HEIGHT))


def _speakers(session: Session, page: Page) -> Speakers:
    tree = area_tree(session)
    speakers = speakers_now(session, page.now, tree, speakers_of_officer(session, page.officer, tree))
    wanting = by_urgency(speakers)
    groups = []
    for area in tree.in_order():
        here = [each for each in speakers if each.speaker.area == area]
        well = tuple(each for each in here if each.standing == "working")
        if well:
            groups.append(Group(capital(tree.by_id[area].name), len(here), well))
    return Speakers(
        total=len(speakers),
        counts={state: count for state, count in counted(speakers).items() if state != "working"},
        wanting=tuple((each, in_sentence(tree.by_id[each.speaker.area])) for each in wanting),
        groups=tuple(groups),
        map=map_of(tree, speakers),
    )
