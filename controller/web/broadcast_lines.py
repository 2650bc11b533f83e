"""One broadcast in one line: when, where, to how many, and in a shape and a few words how it goes."""

from dataclasses import dataclass

from sqlmodel import Session

from controller.area_tree import AreaTree
from controller.broadcasts import addressed, lapses_at, length, may_still_sound, state_of, tally
from controller.results import Results, results_of
from controller.speaker_standing import speakers_now
from controller.speakers import all_speakers
from controller.tables import Broadcast
from controller.web.page import Page
from controller.web.place_names import places
from controller.web.translation import _
from controller.web.vietnamese import capital, duration, number
from controller.web.words import BROADCAST, word


@dataclass(frozen=True)
class BroadcastLine:
    """A broadcast as lists show it. `shape` and `words` say how it goes; `stoppable`: there is something to stop."""

    broadcast: Broadcast
    state: str
    stoppable: bool
    where: str
    speakers: int
    offline: int
    lasts: str
    shape: str
    words: str
    results: Results

    @property
    def found(self) -> bool:
        """It was found at a speaker and this office doesn't know it."""
        return self.broadcast.announcement is None


class Lines:
    """Makes the lines of one page: the tree of areas and how all speakers stand are read once."""

    def __init__(self, session: Session, page: Page) -> None:
        self.tree = AreaTree(session)
        self._session, self._page = session, page
        speakers = list(all_speakers(session).values())
        self._standing = {each.speaker.speaker: each for each in speakers_now(session, page.now, self.tree, speakers)}

    def of(self, row: Broadcast) -> BroadcastLine:
        """One broadcast's line now."""
        session, page = self._session, self._page
        counted = tally(session, row.broadcast)
        state = state_of(row, counted, page.now)
        ids = addressed(session, row)
        results = results_of(session, page.now, self.tree, self._standing, row)
        shape, said = _how(row, state, results, page)
        whole = length(row.duration_ms or 0, row.times, row.gap_ms)
        single = [self._standing[name].speaker for name in row.speakers if name in self._standing]
        return BroadcastLine(
            broadcast=row,
            state=state,
            stoppable=may_still_sound(row, counted, page.now),
            where=capital(places(self.tree, row.areas, single)),
            speakers=len(ids),
            offline=sum(self._standing[name].standing == "offline" for name in ids),
            lasts=duration(round(whole.total_seconds() * 1000)),
            shape=shape,
            words=said,
            results=results,
        )


def _how(row: Broadcast, state: str, results: Results, page: Page) -> tuple[str, str]:
    counts, total = results.counts, number(len(results.rows))
    if row.announcement is None:
        return "decision", _("Tìm thấy ở cụm loa, văn phòng không có lượt này")
    if state == "waiting_for_approval":
        return "approval", word(BROADCAST, state)
    if state == "lapsed":
        return "missed", _("Không phát: đến {time} chưa được phê duyệt").format(time=page.clock.time(lapses_at(row)))
    if state == "cancelled":
        return "cancelled", word(BROADCAST, state)
    if not results.rows:
        return "no_report", _("Không có cụm loa nào ở đó")
    if counts["started"]:
        return "started", _("Đang phát ở {n} trên {total}").format(n=number(counts["started"]), total=total)
    begins = row.starts_at or row.planned_at
    if state == "planned" and begins is not None and begins > page.now:
        ready = counts["ready"]
        return "ready" if ready else "planned", _("Sẵn sàng ở {n} trên {total}").format(n=number(ready), total=total)
    played = counts["played"]
    text = _("Phát đủ ở {n} trên {total}").format(n=number(played), total=total)
    if counts["no_report"]:
        text += _(", {n} chưa có báo cáo").format(n=number(counts["no_report"]))
    return ("played" if played == len(results.rows) else "partial"), text
