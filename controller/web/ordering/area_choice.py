"""The tree of areas with its checkboxes, ticked as the choices made so far say."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from controller.database.tables import Area
from controller.outlook.speaker_standing import SpeakerNow, SpeakerStanding, count_by_standing, speakers_now
from controller.station.area_tree import AreaTree
from controller.station.charges import Charges, tops
from controller.web.ordering.choices import Choices
from controller.web.words.place_names import at_head


@dataclass(frozen=True)
class SpeakerBox:
    """A speaker that can be ticked on its own. It isn't `ticked` if a chosen area holds it."""

    speaker: SpeakerNow
    ticked: bool


@dataclass(frozen=True)
class AreaBox:
    """An area with the speakers and areas in it. `reached`: how many of its speakers the choices reach.

    `troubles`: how many of the speakers standing in it don't work, by their standing. Only what was chosen itself is
    `ticked`: without script, the areas below must not stay ticked when the one above is unticked.
    """

    area: Area
    name: str
    ticked: bool
    reached: int
    total: int
    troubles: tuple[tuple[SpeakerStanding, int], ...]
    speakers: tuple[SpeakerBox, ...]
    areas: tuple["AreaBox", ...]

    @property
    def mixed(self) -> bool:
        """Whether some of its speakers are reached, and not all."""
        return 0 < self.reached < self.total


def area_boxes(session: Session, now: datetime, tree: AreaTree, charges: Charges, choices: Choices) -> list[AreaBox]:
    """The trees in which these charges may order, from their topmost areas down."""
    roots = tops(charges, "editor", tree)
    speakers = speakers_now(session, now, tree, tree.speakers_in(session, roots))
    standing_in: dict[str, list[SpeakerNow]] = {}
    for each in speakers:
        standing_in.setdefault(each.speaker.area, []).append(each)
    return [_box(tree, tree.by_id[top], standing_in, choices, ticked_above=False) for top in roots]


def _box(
    tree: AreaTree, area: Area, standing_in: dict[str, list[SpeakerNow]], choices: Choices, *, ticked_above: bool
) -> AreaBox:
    ticked = area.area in choices.areas
    whole = ticked or ticked_above
    own = standing_in.get(area.area, [])
    speakers = tuple(SpeakerBox(each, not whole and each.speaker.speaker in choices.speakers) for each in own)
    areas = tuple(
        _box(tree, child, standing_in, choices, ticked_above=whole) for child in tree.children.get(area.area, [])
    )
    return AreaBox(
        area=area,
        name=at_head(tree, area),
        ticked=ticked and not ticked_above,
        reached=sum(whole or each.ticked for each in speakers) + sum(each.reached for each in areas),
        total=len(speakers) + sum(each.total for each in areas),
        troubles=tuple((state, count) for state, count in sorted(count_by_standing(own).items()) if state != "working"),
        speakers=speakers,
        areas=areas,
    )
