"""A few threads with a bounded queue, for work that takes long: so no thread that serves pages is lent for it.

A full queue refuses at once.
"""

import asyncio
import contextlib
import heapq
import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, TypeVar

from controller.errors import Overloaded

TRY_AGAIN_AFTER_S = 5
"""What a full queue tells."""
_NICENESS = 10
"""On Linux a thread has its own: where cores are few, pages and the stop button go first."""

_Result = TypeVar("_Result")


@dataclass(order=True)
class _Waiting:
    rank: int
    number: int
    work: Callable[[], Any] = field(compare=False)
    result: Future[Any] = field(compare=False)


class FewThreads:
    """Runs functions, `at_a_time` of them; `most_waiting` wait, the lowest rank first, then first come.

    A full queue refuses the newcomer, or one that waits and has a higher rank.
    """

    def __init__(self, name: str, *, at_a_time: int, most_waiting: int) -> None:
        self._name = name
        self._at_a_time = at_a_time
        self._most_waiting = most_waiting
        self._waiting: list[_Waiting] = []
        self._came = 0
        self._idle = 0
        self._threads = 0
        self._changed = Condition()
        self._stopping = False

    async def run(self, work: Callable[[], _Result], rank: int = 0) -> _Result:
        """The result of `work`. Raises Overloaded, and what `work` raises."""
        return await asyncio.wrap_future(self.put(work, rank))

    def put(self, work: Callable[[], _Result], rank: int = 0) -> Future[_Result]:
        """Have `work` run; from any thread. Raises Overloaded; so does the result if a lower rank takes its place."""
        result: Future[_Result] = Future()
        displaced: _Waiting | None = None
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                displaced = max(self._waiting)
                if displaced.rank <= rank:
                    raise Overloaded(TRY_AGAIN_AFTER_S)
                self._waiting.remove(displaced)
                heapq.heapify(self._waiting)
            self._came += 1
            heapq.heappush(self._waiting, _Waiting(rank, self._came, work, result))
            if self._idle < len(self._waiting) and self._threads < self._at_a_time:
                self._threads += 1
                Thread(target=self._run, name=f"{self._name} {self._threads}", daemon=True).start()
            self._changed.notify()
        if displaced is not None:
            _refuse(displaced)
        return result

    def stop(self) -> None:
        """End the threads after what they do now; what waits is refused."""
        with self._changed:
            self._stopping = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        for each in waiting:
            _refuse(each)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
        while True:
            with self._changed:
                self._idle += 1
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                self._idle -= 1
                if not self._waiting:
                    return
                each = heapq.heappop(self._waiting)
            if not each.result.set_running_or_notify_cancel():
                continue
            try:
                result = each.work()
            except BaseException as error:  # noqa: BLE001  # it is raised where the result is awaited
                each.result.set_exception(error)
            else:
                each.result.set_result(result)


def _refuse(waiting: _Waiting) -> None:
    if waiting.result.set_running_or_notify_cancel():
        waiting.result.set_exception(Overloaded(TRY_AGAIN_AFTER_S))
