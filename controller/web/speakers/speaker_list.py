"""“Cụm loa” (/cum-loa): all speakers by area, those that don't work first, and a map if their places are known.

/phan/cum-loa answers its parts for the script.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response
from sqlmodel import Session

from controller.outlook.speaker_standing import SpeakerNow, SpeakerStanding, by_urgency, count_by_standing, speakers_now
from controller.station.area_tree import area_tree
from controller.station.speaker_lists import speakers_in_charge
from controller.web.frame.page import FragmentValues, Page, PageValues, ThePage
from controller.web.speakers.speaker_map import HEIGHT, WIDTH, SpeakerMap, map_of
from controller.web.words.place_names import in_sentence
from controller.web.words.vietnamese import capital

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class AreaGroup:
    """One area's speakers that work. `total`: how many stand in it."""

    name: str
    total: int
    speakers: tuple[SpeakerNow, ...]


@dataclass(frozen=True)
class ListedSpeakers:
    """The speakers that the officer is in charge of.

    `counts`: how many don't work, by their standing. `wanting`: those, the most urgent first, with the name of their
    area inside a sentence. `map` None: too few have coordinates.
    """

    total: int
    counts: Mapping[SpeakerStanding, int]
    wanting: tuple[tuple[SpeakerNow, str], ...]
    groups: tuple[AreaGroup, ...]
    map: SpeakerMap | None


@dataclass(frozen=True)
class SpeakersPage(PageValues, FragmentValues):
    """The page, and its parts as a fragment."""

    template: ClassVar[str] = "speakers/speaker_list.html"
    fragment: ClassVar[str] = "speakers/speaker_list_fragment.html"
    found: ListedSpeakers
    map_size: tuple[int, int] = (WIDTH, HEIGHT)


@dataclass(frozen=True)
class NoSpeakerPage(PageValues):
    """“Chưa có cụm loa nào”: how to get the first speaker. It takes the place of pages that would be empty."""

    template: ClassVar[str] = "speakers/no_speaker.html"


@router.get("/cum-loa")
def get(page: ThePage) -> Response:
    with page.reading() as session:
        found = _listed_speakers(session, page)
    return page.show(SpeakersPage(found) if found.total else NoSpeakerPage())


@router.get("/phan/cum-loa")
def get_parts(page: ThePage) -> Response:
    with page.reading() as session:
        found = _listed_speakers(session, page)
    return page.fragment(SpeakersPage(found))


def _listed_speakers(session: Session, page: Page) -> ListedSpeakers:
    tree = area_tree(session)
    speakers = speakers_now(session, page.now, tree, speakers_in_charge(session, page.charges, tree))
    wanting = by_urgency(speakers)
    groups = []
    for area in tree.in_order():
        here = [each for each in speakers if each.speaker.area == area]
        well = tuple(each for each in here if each.standing == "working")
        if well:
            groups.append(AreaGroup(capital(tree.by_id[area].name), len(here), well))
    return ListedSpeakers(
        total=len(speakers),
        counts={state: count for state, count in count_by_standing(speakers).items() if state != "working"},
        wanting=tuple((each, in_sentence(tree.by_id[each.speaker.area])) for each in wanting),
        groups=tuple(groups),
        map=map_of(tree, speakers),
    )
