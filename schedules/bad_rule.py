"""What can be wrong with a rule of recurrence."""

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
    """A rule that can't be: in which field, and why.

    Of an unreadable one `str()` is the part that can't be read, in the notation of rules and in no language; officers
    see it. What it says of the others is for us.
    """

    def __init__(self, field: RuleField, reason: RuleFault, message: str) -> None:
        super().__init__(message)
        self.field: RuleField = field
        self.reason: RuleFault = reason
