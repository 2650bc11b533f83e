"""The topics: for each kind of message its address, who sends it, and whether the broker keeps it.

All are QoS 1. They stand under a root (`loa/v1`), which a setting replaces where offices share a broker.
"""

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from wire.ids import NAME_PATTERN, SHA256_PATTERN, ULID_PATTERN

DEFAULT_ROOT = "loa/v1"
QOS = 1

_LEVELS = {
    "area": NAME_PATTERN.replace("$", "(?![^/])"),
    "speaker": NAME_PATTERN.replace("$", "(?![^/])"),
    "broadcast": ULID_PATTERN,
    "sha256": SHA256_PATTERN,
    "index": "0|[1-9][0-9]{0,3}",
}


@dataclass(frozen=True)
class Topic:
    """One line of the protocol's table. `signed_as` is the JWS `typ`, or None where the payload is not a JWS."""

    template: str
    sender: Literal["office", "speaker"]
    retained: bool
    signed_as: str | None = None
    _form: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        form = re.sub(r"\{(\w+)\}", lambda level: f"(?P<{level[1]}>{_LEVELS[level[1]]})", self.template)
        object.__setattr__(self, "_form", re.compile(form))

    def under(self, root: str, **levels: str | int) -> str:
        """The full topic under a root, with its levels filled in."""
        return f"{root}/{self.template.format(**levels)}"

    def match(self, below_root: str) -> dict[str, str] | None:
        """The levels of a topic (without its root) if it is of this kind."""
        found = self._form.fullmatch(below_root)
        return found.groupdict() if found else None


AREA_BROADCAST = Topic("office/areas/{area}/broadcasts/{broadcast}", "office", retained=True, signed_as="broadcast")
SPEAKER_BROADCAST = Topic(
    "office/speakers/{speaker}/broadcasts/{broadcast}", "office", retained=True, signed_as="broadcast"
)
SETTINGS = Topic("office/speakers/{speaker}/settings", "office", retained=True, signed_as="settings")
TIME = Topic("office/speakers/{speaker}/time", "office", retained=False, signed_as="time")
ACKNOWLEDGEMENT = Topic(
    "office/speakers/{speaker}/acknowledgement", "office", retained=False, signed_as="acknowledgement"
)
AUDIO = Topic("office/audio/{sha256}/{index}", "office", retained=True)
STATUS = Topic("speakers/{speaker}/status", "speaker", retained=True)
RECEIPTS = Topic("speakers/{speaker}/receipts", "speaker", retained=False)
REQUESTS = Topic("speakers/{speaker}/requests", "speaker", retained=False)

TOPICS = (
    AREA_BROADCAST,
    SPEAKER_BROADCAST,
    SETTINGS,
    TIME,
    ACKNOWLEDGEMENT,
    AUDIO,
    STATUS,
    RECEIPTS,
    REQUESTS,
)


@dataclass(frozen=True)
class Address:
    """A topic that was understood: which kind, and its levels."""

    topic: Topic
    levels: dict[str, str]


@functools.lru_cache(maxsize=4096)
def understand(root: str, full_topic: str) -> Address | None:
    """Which of the protocol's topics this is; None where it is none of them."""
    if not full_topic.startswith(root + "/"):
        return None
    below = full_topic[len(root) + 1 :]
    for topic in TOPICS:
        levels = topic.match(below)
        if levels is not None:
            return Address(topic, levels)
    return None


def what_the_office_hears(root: str) -> list[str]:
    """The filters that the office subscribes to on each connect."""
    return [f"{root}/speakers/+/{kind}" for kind in ("status", "receipts", "requests")]


def what_a_speaker_hears(root: str, speaker: str) -> str:
    """The filter of all that is for one speaker alone; areas and chunks are subscribed to one by one."""
    return f"{root}/office/speakers/{speaker}/#"


def area_broadcasts(root: str, area: str) -> str:
    """The filter of one area's broadcasts."""
    return f"{root}/office/areas/{area}/broadcasts/+"
