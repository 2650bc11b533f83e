"""What can be wrong with a rule of recurrence."""

from typing import Literal

Field = Literal["rrule", "first_start", "time_zone", "until", "exception_dates"]
Reason = Literal[
    "unreadable",
    "too_often",
    "never",
    "ends_before_it_begins",
    "two_ends",
    "no_such_zone",
    "too_many",
    "too_far",
    "not_local",
]


class BadRule(ValueError):
    """A rule that can't be: in which field, and why."""

    def __init__(self, field: Field, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.field: Field = field
        self.reason: Reason = reason
