"""What areas ask of approvals: how many approvers an order needs, and whether an editor may move an occurrence."""

from collections.abc import Callable, Iterable, Mapping

from controller.database.column_types import CommonManifestFields
from controller.station.area_tree import AreaTree

APPROVERS, MOST_APPROVERS = 1, 2


def approvals_needed(
    tree: AreaTree, content: CommonManifestFields, areas: Iterable[str], speaker_areas: Callable[[], Mapping[str, str]]
) -> int:
    """How many officers must approve. `areas`: those that it names, and those in which its single speakers stand.

    `speaker_areas`: {speaker: its area} of all, asked where a policy wants it. The strictest of all areas that it
    touches counts. An emergency touches the areas above and below too; an order to a whole area, only areas that lie
    wholly inside, or of which it names all speakers in pieces.
    """
    named = [area for area in areas if area in tree.by_id]
    above = {step for area in named for step in tree.chain(area)}
    below = tree.subtree(area for area in content["areas"] if area in tree.by_id)
    if content["bulletin_class"] == "emergency" and any(
        tree.by_id[area].approval_policy.get("two_for_emergency") for area in above | below
    ):
        return MOST_APPROVERS
    strict = {area for area, row in tree.by_id.items() if row.approval_policy.get("two_for_whole")}
    if strict & below:
        return MOST_APPROVERS
    if not strict & above:
        return APPROVERS
    stands = speaker_areas()
    reached = {name for name, area in stands.items() if area in below} | set(content["speakers"])
    wholes = (
        {name for name, stands_in in stands.items() if stands_in in within}
        for within in (tree.subtree([area]) for area in strict & above)
    )
    return MOST_APPROVERS if any(whole and whole <= reached for whole in wholes) else APPROVERS


def may_move_within_day(tree: AreaTree, areas: Iterable[str]) -> bool:
    """Whether each of these areas lets an editor move an occurrence within its day: itself, or one above it."""
    return all(
        any(tree.by_id[step].approval_policy.get("same_day_moves") for step in tree.chain(area))
        for area in areas
        if area in tree.by_id
    )
