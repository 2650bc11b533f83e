"""What is wrong with this speaker now, in words: each part tells its own trouble, and when it is over."""

import logging
from collections.abc import Set
from typing import Literal

log = logging.getLogger(__name__)

LoopStep = Literal[
    "clip needs",
    "playback",
    "connection",
    "messages",
    "clip cache",
    "subscriptions",
    "outbox",
    "time requests",
    "clock memory",
    "status",
    "tidying",
    "removal of clips",
]
"""A step of the main loop, which has a trouble where it raised."""
Part = Literal["broker", "clips", "device", "room"] | LoopStep
"""What has a trouble; `room`: the sounds that wait for some on the disk."""


class Troubles:
    """The troubles that are not over, one for each part."""

    def __init__(self) -> None:
        self._words: dict[Part, str] = {}

    def tell(self, part: Part, words: str) -> None:
        """This is wrong now; logged when it is new."""
        if self._words.pop(part, None) != words:
            log.error("%s: %s", part, words)
        self._words[part] = words

    def over(self, part: Part) -> None:
        """The part is well; logged when it wasn't."""
        if self._words.pop(part, None) is not None:
            log.info("%s: well again", part)

    @property
    def parts(self) -> Set[Part]:
        """Those that have a trouble."""
        return self._words.keys()

    @property
    def last(self) -> str | None:
        """The trouble that was told last, of those that are not over."""
        return next(reversed(self._words.values()), None)
