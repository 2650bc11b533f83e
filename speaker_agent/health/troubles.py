"""What is wrong with this speaker now, in words: each part tells its own trouble, and when it is over."""

import logging

log = logging.getLogger(__name__)


class Troubles:
    """The troubles that stand, by the part that told them."""

    def __init__(self) -> None:
        self._standing: dict[str, str] = {}

    def tell(self, part: str, words: str) -> None:
        """This is wrong now; logged when it is new."""
        if self._standing.pop(part, None) != words:
            log.error("%s: %s", part, words)
        self._standing[part] = words

    def over(self, part: str) -> None:
        """That part is well."""
        if self._standing.pop(part, None) is not None:
            log.info("%s: well again", part)

    @property
    def last(self) -> str | None:
        """The trouble told last, of those that stand."""
        return next(reversed(self._standing.values()), None)
