"""A broadcast as one line of a list: when, where, to how many speakers, and how it goes, in a shape and a few words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from controller.broadcasts.lists import speakers_reached
from controller.broadcasts.states import BroadcastState, Tally, may_still_sound, state_of, tallies
from controller.database.column_types import DeliveryState
from controller.database.tables import Broadcast, Speaker
from controller.orders.instants import air_start, lapses_at, run_time_of
from controller.outlook.results import Results, counts_of, results_of
from controller.outlook.speaker_standing import speakers_now
from controller.station.area_tree import area_tree
from controller.station.charges import may
from controller.station.speaker_lists import all_speakers
from controller.web.frame.page import Page
from controller.web.words.place_names import places
from controller.web.words.states import BROADCAST, Shape, word
from controller.web.words.vietnamese import duration
from controller.words.numbers import number
from controller.words.translation import _


@dataclass(frozen=True)
class BroadcastLine:
    """A broadcast as lists show it. `shape` and `words` say how it goes; `stoppable`: there is something to stop.

    `may_stop`: and the reader is in charge of all its places.
    `lasts`: how long, in words. `speakers`, `offline`: how many it is for, and how many of them are silent now.
    `counts`: how many deliveries are shown in each state.
    """

    broadcast: Broadcast
    state: BroadcastState
    stoppable: bool
    may_stop: bool
    where: str
    speakers: int
    offline: int
    lasts: str
    shape: Shape
    words: str
    counts: Counter[DeliveryState]

    @property
    def found(self) -> bool:
        """Whether it was found at a speaker and this office doesn't know it."""
        return self.broadcast.announcement is None


class BroadcastLines:
    """Makes the lines of one page. The tree of areas and the standing of all speakers are read once for all lines."""

    def __init__(self, session: Session, page: Page) -> None:
        self.tree = area_tree(session)
        self._session, self._page = session, page
        speakers = list(all_speakers(session).values())
        self._standing = {each.speaker.speaker: each for each in speakers_now(session, page.now, self.tree, speakers)}

    def of(self, rows: Sequence[Broadcast]) -> list[BroadcastLine]:
        """The lines of these broadcasts, in their order; as many queries for fifty as for one."""
        tallied = tallies(self._session, [row.broadcast for row in rows])
        counts = counts_of(self._session, self._page.now, rows)
        unplanned = [row for row in rows if row.planned_at is None and not tallied[row.broadcast].total]
        reached = speakers_reached(self._session, unplanned)
        return [
            self._line(row, tallied[row.broadcast], counts[row.broadcast], reached.get(row.broadcast, []))
            for row in rows
        ]

    def results(self, rows: Sequence[Broadcast]) -> dict[str, Results]:
        """The results of these broadcasts at each speaker, by the broadcasts' ids."""
        return results_of(self._session, self._page.now, self.tree, self._standing, rows)

    def _line(
        self, row: Broadcast, tally: Tally, counts: Counter[DeliveryState], would_hear: Sequence[Speaker]
    ) -> BroadcastLine:
        page = self._page
        state = state_of(row, tally, page.now)
        shape, said = _how_it_goes(row, state, counts, page)
        whole = run_time_of(row)
        single = [self._standing[name].speaker for name in row.speakers if name in self._standing]
        stoppable = may_still_sound(row, tally, page.now)
        areas = {*row.areas, *(each.area for each in single)}
        return BroadcastLine(
            broadcast=row,
            state=state,
            stoppable=stoppable,
            may_stop=stoppable and may(page.charges, "editor", areas, self.tree),
            where=places(self.tree, row.areas, single),
            speakers=tally.total or len(would_hear),
            offline=tally.offline + sum(not each.is_online for each in would_hear),
            lasts=duration(round(whole.total_seconds() * 1000)),
            shape=shape,
            words=said,
            counts=counts,
        )


def _how_it_goes(
    row: Broadcast, state: BroadcastState, counts: Counter[DeliveryState], page: Page
) -> tuple[Shape, str]:
    total = number(counts.total())
    if row.announcement is None:
        return "decision", _("Tìm thấy ở cụm loa, văn phòng không có lượt này")
    if state == "waiting_for_approval":
        return "approval", word(BROADCAST, state)
    if state == "lapsed":
        return "missed", _("Không phát: đến {time} chưa được phê duyệt").format(time=page.clock.time(lapses_at(row)))
    if state == "cancelled":
        return "cancelled", word(BROADCAST, state)
    if not counts:
        return "no_report", _("Không có cụm loa nào ở đó")
    if counts["started"]:
        return "started", _("Đang phát ở {n} trên {total}").format(n=number(counts["started"]), total=total)
    begins = air_start(row)
    if state == "planned" and begins is not None and begins > page.now:
        ready = counts["ready"]
        return "ready" if ready else "planned", _("Sẵn sàng ở {n} trên {total}").format(n=number(ready), total=total)
    played = counts["played"]
    text = _("Phát đủ ở {n} trên {total}").format(n=number(played), total=total)
    if counts["no_report"]:
        text += _(", {n} chưa có báo cáo").format(n=number(counts["no_report"]))
    return ("played" if played == counts.total() else "partial"), text
