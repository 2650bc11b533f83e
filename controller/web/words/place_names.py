"""Names of areas inside a sentence (ấp 3, ấp 4 và khu phố Chợ; toàn xã Phú Lâm), and in the list of a form."""

from collections import Counter
from collections.abc import Container, Iterable
from typing import NamedTuple

from controller.database.tables import Area, Speaker
from controller.station.area_tree import AreaTree
from controller.station.name_order import by_name
from controller.web.words.vietnamese import capital, listed
from controller.words.translation import _

_MOST_SPEAKER_NAMES = 6
"""More single speakers than this are counted in lists, not named."""


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
    """Where something sounds, for lists: its areas in the order of the tree, then single speakers by name.

    Areas that don't exist any more are left out.
    """
    named = _areas(tree, areas)
    single = sorted((speaker.name for speaker in speakers), key=by_name)
    if single and not named and len(single) > _MOST_SPEAKER_NAMES:
        return _("{n} cụm loa chọn riêng").format(n=len(single))
    return listed(named + single)


def every_place(tree: AreaTree, areas: Iterable[str], single: Iterable[str], speakers: Iterable[Speaker]) -> list[str]:
    """The same for who decides: each place, by a name that no other has. `speakers`: all of the station."""
    chosen, named = set(single), _areas(tree, areas)
    if not chosen:
        return named
    everyone = list(speakers)
    of_name = Counter(by_name(each.name) for each in everyone)
    of_name_there = Counter((by_name(each.name), each.area) for each in everyone)
    order = {area: place for place, area in enumerate(tree.in_order())}
    meant = (each for each in everyone if each.speaker in chosen)
    for each in sorted(meant, key=lambda each: (by_name(each.name), order[each.area], each.speaker)):
        name, around = by_name(each.name), []
        if of_name[name] > 1:
            around = [in_sentence(area) for area in (tree.by_id[each.area], *tree.told_apart_by(each.area))]
        if of_name_there[name, each.area] > 1:
            around.append(each.speaker)
        named.append(_with(each.name, around))
    return named


def _areas(tree: AreaTree, areas: Iterable[str]) -> list[str]:
    chosen = set(areas)
    return [
        _with(whole(tree, tree.by_id[area]), [in_sentence(each) for each in tree.told_apart_by(area)])
        for area in tree.in_order()
        if area in chosen
    ]


def _with(name: str, around: list[str]) -> str:
    return f"{name} ({', '.join(around)})" if around else name
