"""The error of an invalid rule of recurrence, with the field and the reason."""

from typing import Literal

RuleField = Literal["rrule", "first_start", "time_zone", "until", "exception_dates"]
RuleFault = Literal[
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
    """An invalid rule: the field that is wrong, and the reason.

    For "unreadable" `str()` is the part that can't be read, in RFC 5545's notation; officers see it. For the other
    reasons `str()` is English, for logs.
    """

    def __init__(self, field: RuleField, reason: RuleFault, message: str) -> None:
        super().__init__(message)
        self.field: RuleField = field
        self.reason: RuleFault = reason
