"""Areas as they are named inside a sentence: ấp 3, ấp 4 và khu phố Chợ; toàn xã Phú Lâm."""

from collections.abc import Iterable

from controller.database.tables import Area, Speaker
from controller.station.area_tree import AreaTree
from controller.station.name_order import by_name
from controller.web.words.vietnamese import capital, listed
from controller.words.translation import _


def in_sentence(area: Area) -> str:
    """“Ấp 3” inside a sentence is “ấp 3”; a name that doesn't begin with its kind stays."""
    begins_with_kind = area.name.casefold().startswith(area.kind.casefold() + " ")
    return area.name[:1].lower() + area.name[1:] if begins_with_kind else area.name


def whole(tree: AreaTree, area: Area) -> str:
    """An area in a sentence, with “toàn” where others lie in it; one that is called by its bare name stays so."""
    named = in_sentence(area)
    if named == area.name or not tree.children.get(area.area):
        return named
    return _("toàn {area}").format(area=named)


def at_head(tree: AreaTree, area: Area) -> str:
    """The same at the head of a line."""
    return capital(whole(tree, area))


def short(area: Area) -> str:
    """As it stands under a few shapes."""
    if area.kind.casefold() == "khu phố" and area.name.casefold().startswith("khu phố "):
        return "Kp. " + area.name[len("khu phố ") :]
    return area.name


def places(tree: AreaTree, areas: Iterable[str], speakers: Iterable[Speaker]) -> str:
    """Where something sounds: its areas as the tree is read, then single speakers by their names.

    Areas that are gone are left out.
    """
    chosen = set(areas)
    named = [whole(tree, tree.by_id[area]) for area in tree.in_order() if area in chosen]
    single = sorted((speaker.name for speaker in speakers), key=by_name)
    if single and not named and len(single) > MOST_SINGLE_NAMES:
        return _("{n} cụm loa chọn riêng").format(n=len(single))
    return listed(named + single)


MOST_SINGLE_NAMES = 6
