"""Names of areas inside a sentence (ấp 3, ấp 4 và khu phố Chợ; toàn xã Phú Lâm), and in the list of a form."""

from collections.abc import Container, Iterable
from typing import NamedTuple

from controller.database.tables import Area, Speaker
from controller.station.area_tree import AreaTree
from controller.station.name_order import by_name
from controller.web.words.vietnamese import capital, listed
from controller.words.translation import _

_MOST_SPEAKER_NAMES = 6
"""More single speakers than this are counted, not named."""


def in_sentence(area: Area) -> str:
    """“Ấp 3” is “ấp 3” inside a sentence; a name that doesn't begin with its kind stays as it is."""
    begins_with_kind = area.name.casefold().startswith(area.kind.casefold() + " ")
    return area.name[:1].lower() + area.name[1:] if begins_with_kind else area.name


def whole(tree: AreaTree, area: Area) -> str:
    """An area inside a sentence: “toàn xã Phú Lâm” if others lie in it, “ấp 3” if none do.

    A name that doesn't begin with its kind stays as it is.
    """
    named = in_sentence(area)
    if named == area.name or not tree.children.get(area.area):
        return named
    return _("toàn {area}").format(area=named)


def at_head(tree: AreaTree, area: Area) -> str:
    """The same at the beginning of a line, with a capital."""
    return capital(whole(tree, area))


def short(area: Area) -> str:
    """A short name, which has room under a few shapes: “Kp. Chợ” for “Khu phố Chợ”."""
    if area.kind.casefold() == "khu phố" and area.name.casefold().startswith("khu phố "):
        return "Kp. " + area.name[len("khu phố ") :]
    return area.name


class AreaChoice(NamedTuple):
    """An area in the list of a form; `depth` 0 is a root."""

    area: Area
    depth: int


def area_choices(tree: AreaTree, among: Container[str] | None = None) -> list[AreaChoice]:
    """The areas in the order of the tree; `among`: only those with these ids (None: all)."""
    return [
        AreaChoice(tree.by_id[area], len(tree.chain(area)) - 1)
        for area in tree.in_order()
        if among is None or area in among
    ]


def places(tree: AreaTree, areas: Iterable[str], speakers: Iterable[Speaker]) -> str:
    """Where something sounds: its areas in the order of the tree, then single speakers by name.

    Areas that don't exist any more are left out.
    """
    chosen = set(areas)
    named = [whole(tree, tree.by_id[area]) for area in tree.in_order() if area in chosen]
    single = sorted((speaker.name for speaker in speakers), key=by_name)
    if single and not named and len(single) > _MOST_SPEAKER_NAMES:
        return _("{n} cụm loa chọn riêng").format(n=len(single))
    return listed(named + single)
