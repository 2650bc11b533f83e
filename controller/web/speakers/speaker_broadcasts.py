"""Computes what the page of one speaker shows of broadcasts: the last ones, and the one that it plays."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from controller.database.tables import Broadcast, Delivery
from controller.outlook.results import Result, shown_state
from controller.outlook.speaker_standing import SpeakerNow
from controller.station.area_tree import AreaTree
from controller.station.speaker_lists import caretaker_of
from controller.web.frame.page import Page
from controller.web.lines.result_words import why


@dataclass(frozen=True)
class PastBroadcast:
    """A broadcast at this speaker, how it went there, and why; empty: it went well."""

    broadcast: Broadcast
    result: Result
    why: str


def past_broadcasts(
    page: Page, tree: AreaTree, speaker: SpeakerNow, found: Sequence[tuple[Delivery, Broadcast]]
) -> list[PastBroadcast]:
    """These deliveries at the speaker, in their order."""
    area, caretaker = tree.by_id[speaker.speaker.area], caretaker_of(speaker.speaker, page.charges, tree)
    past = []
    for delivery, broadcast in found:
        shown = shown_state(delivery.state, delivery.started_at, broadcast, speaker.speaker.is_online, page.now)
        result = Result(delivery, speaker, area, shown)
        past.append(PastBroadcast(broadcast, result, why(result, broadcast, page.clock, caretaker)))
    return past


def title_of_playing(session: Session, speaker: SpeakerNow) -> str | None:
    """The title of what the speaker says it plays, or the id if the title isn't known.

    None: it plays nothing, or is offline.
    """
    playing = speaker.last_word.status.get("playing") if speaker.speaker.is_online else None
    if not isinstance(playing, str):
        return None
    row = session.get(Broadcast, playing)
    return row.title or playing if row else playing
