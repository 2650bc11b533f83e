"""The errors of refused requests. Each carries a Phrase: a code, and the values that its sentence names.

`str()` is the sentence in the reader's language: what happened and what to do next. The sentences are in
`controller.words`.

OfficeError             the request is refused, nothing was changed
├── NotFound            what the path names doesn't exist (404)
├── Invalid             a field has an invalid value (422): `field` names it
├── Conflict            not possible in the current state (409)
│   ├── VersionMissing  a change that names no version (428)
│   └── VersionChanged  a change of an earlier version (412)
├── Forbidden           this officer may not do it (403)
├── NotSignedIn         no valid session (401)
├── TooManyAttempts     too many wrong passwords (429): `retry_after_s`
├── Overloaded          too much else waits (503): `retry_after_s`
└── NoRoom              the disk is full (507)
"""

from typing import Self

from controller.words.phrases import Phrase, PhrasedError, Value


class OfficeError(PhrasedError):
    """A request that is refused; nothing was changed. The sentence is for the person who made it."""

    status = 400
    title = Phrase("refused")


class NotFound(OfficeError):
    """What the path names doesn't exist."""

    status = 404
    title = Phrase("not_found")


class Invalid(OfficeError):
    """A field of the request has an invalid value."""

    status = 422
    title = Phrase("invalid")

    def __init__(self, field: str, said: str | Phrase, /, **values: Value) -> None:
        super().__init__(said, **values)
        self.field = field

    def of(self, field: str) -> Self:
        """The same error, about another field: the one that the caller's request has."""
        self.field = field
        return self


class Conflict(OfficeError):
    """The request isn't possible in the current state."""

    status = 409
    title = Phrase("conflict")


class VersionMissing(Conflict):
    """A change must name the version that it changes (RFC 6585)."""

    status = 428


class VersionChanged(Conflict):
    """There is a later version than the one that the change names."""

    status = 412


class Forbidden(OfficeError):
    """This officer may not do it."""

    status = 403
    title = Phrase("forbidden")


class NotSignedIn(OfficeError):
    """The request has no valid session."""

    status = 401
    title = Phrase("not_signed_in")


class TooManyAttempts(OfficeError):
    """Too many wrong passwords, of this account or from this network; try again after `retry_after_s`."""

    status = 429
    title = Phrase("slow_down")

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_attempts", seconds=retry_after_s)
        self.retry_after_s = retry_after_s


class Overloaded(OfficeError):
    """So many others wait already that this can't; try again after `retry_after_s`."""

    status = 503
    title = Phrase("overloaded")

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_waiting", seconds=retry_after_s)
        self.retry_after_s = retry_after_s


class NoRoom(OfficeError):
    """The disk is full."""

    status = 507
    title = Phrase("no_room")

    def __init__(self) -> None:
        super().__init__("disk_full")
