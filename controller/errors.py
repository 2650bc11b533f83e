"""What the office refuses, and why. Each error carries a Phrase: a code, and the values that its sentence names.

`str()` is the sentence in the reader's language: what happened and what to do next. The sentences stand in
`controller.words`.

OfficeError             the request is refused, nothing was changed
├── NotFound            no such thing (404)
├── Invalid             a field can't be so (422): `field` names it
├── Conflict            not in this state (409)
├── Forbidden           not by this person (403)
├── NotSignedIn         nobody known (401)
├── TooManyAttempts     wrong passwords too fast (429): `retry_after_s`
└── NoRoom              the disk is full (507)
"""

from typing import Self

from controller.words.phrases import Phrase, PhrasedError, Value


class OfficeError(PhrasedError):
    """A request that is refused. The sentence is for the person who made it."""

    status = 400
    title = Phrase("refused")


class NotFound(OfficeError):
    """What the path names doesn't exist."""

    status = 404
    title = Phrase("not_found")


class Invalid(OfficeError):
    """A field of the request can't be so."""

    status = 422
    title = Phrase("invalid")

    def __init__(self, field: str, said: str | Phrase, /, **values: Value) -> None:
        super().__init__(said, **values)
        self.field = field

    def of(self, field: str) -> Self:
        """The same fault, told of the field by which the caller knows it."""
        self.field = field
        return self


class Conflict(OfficeError):
    """It can't be done in the state that things are in."""

    status = 409
    title = Phrase("conflict")


class Forbidden(OfficeError):
    """This person may not do it."""

    status = 403
    title = Phrase("forbidden")


class NotSignedIn(OfficeError):
    """Nobody known asks."""

    status = 401
    title = Phrase("not_signed_in")


class TooManyAttempts(OfficeError):
    """Too many wrong passwords."""

    status = 429
    title = Phrase("slow_down")

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_attempts", minutes=-(-retry_after_s // 60))
        self.retry_after_s = retry_after_s


class NoRoom(OfficeError):
    """The disk is full."""

    status = 507
    title = Phrase("no_room")

    def __init__(self) -> None:
        super().__init__("disk_full")
