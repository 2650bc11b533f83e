"""The topics: for each kind of message its address, its sender, and whether the broker retains it.

All are QoS 1. They begin with a root (`loa/v1`); a setting changes it where several offices share a broker.
"""

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from wire.ids import NAME_PATTERN, SHA256_PATTERN, ULID_PATTERN

DEFAULT_ROOT = "loa/v1"
QOS = 1

_LEVEL_PATTERNS = {
    "area": NAME_PATTERN.replace("$", "(?![^/])"),
    "speaker": NAME_PATTERN.replace("$", "(?![^/])"),
    "broadcast": ULID_PATTERN,
    "sha256": SHA256_PATTERN,
    "index": "0|[1-9][0-9]{0,3}",
}


@dataclass(frozen=True)
class Topic:
    """One row of the protocol's table. `signed_as`: the JWS `typ`; None where the payload isn't a JWS."""

    template: str
    sender: Literal["office", "speaker"]
    retained: bool
    signed_as: str | None = None
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = re.sub(r"\{(\w+)\}", lambda level: f"(?P<{level[1]}>{_LEVEL_PATTERNS[level[1]]})", self.template)
        object.__setattr__(self, "_pattern", re.compile(pattern))

    def under(self, root: str, **levels: str | int) -> str:
        """The full topic under a root, its `{level}` placeholders filled from `levels`."""
        return f"{root}/{self.template.format(**levels)}"

    def match(self, below_root: str) -> dict[str, str] | None:
        """The levels of a topic (given without its root); None where it isn't of this kind."""
        found = self._pattern.fullmatch(below_root)
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
class ParsedTopic:
    """The kind of a full topic, and the values of its levels by their names."""

    topic: Topic
    levels: dict[str, str]


@functools.lru_cache(maxsize=4096)
def parse_topic(root: str, full_topic: str) -> ParsedTopic | None:
    """The kind and levels of a full topic; None where the protocol has no such topic. The last 4,096 are cached."""
    if not full_topic.startswith(root + "/"):
        return None
    below = full_topic[len(root) + 1 :]
    for topic in TOPICS:
        levels = topic.match(below)
        if levels is not None:
            return ParsedTopic(topic, levels)
    return None


def office_filter(root: str, speaker: str) -> str:
    """The topic filter for everything that one speaker says; `+` for all speakers."""
    return f"{root}/speakers/{speaker}/+"


def speaker_filter(root: str, speaker: str) -> str:
    """The topic filter for everything addressed to one speaker. Areas and chunks need filters of their own."""
    return f"{root}/office/speakers/{speaker}/#"


def area_filter(root: str, area: str) -> str:
    """The topic filter for one area's broadcasts."""
    return f"{root}/office/areas/{area}/broadcasts/+"
