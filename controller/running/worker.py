"""A thread that calls a step while there is work, and sleeps until it is woken."""

import logging
from collections.abc import Callable
from threading import Event, Thread

log = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE_S = 1.0


class Worker:
    """Calls `step` as long as it returns True (there was work), then waits for `wake`, at most `at_least_every_s`."""

    def __init__(self, name: str, step: Callable[[], bool], at_least_every_s: float) -> None:
        self._step = step
        self._every_s = at_least_every_s
        self._woken = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Have the thread call `step` soon; from any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Let the current step finish, and wait up to 10 s for the thread to end."""
        self._stopping.set()
        self._woken.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                while self._step() and not self._stopping.is_set():
                    pass
            except Exception:
                log.exception("%s: a step failed; it is tried again", self._thread.name)
                self._stopping.wait(PAUSE_AFTER_FAILURE_S)
                continue
            if not self._stopping.is_set():
                self._woken.wait(self._every_s)
