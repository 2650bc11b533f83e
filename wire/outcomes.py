"""The states that a speaker reports of a broadcast in its receipts, and the reasons of the final states."""

from typing import Literal, get_args

from wire.envelope import RejectedReason

ReceiptState = Literal["accepted", "ready", "started", "played", "partial", "missed", "cancelled", "rejected"]

PartialReason = Literal["pre_empted", "cancelled", "quiet_hours", "muted", "power_lost", "device_failed"]
MissedReason = Literal[
    "late",
    "busy",
    "no_audio",
    "corrupt_audio",
    "clock_untrusted",
    "quiet_hours",
    "muted",
    "device_failed",
]
CancelledReason = Literal["cancelled", "moved"]
Reason = PartialReason | MissedReason | CancelledReason | RejectedReason

FINAL: frozenset[ReceiptState] = frozenset({"played", "partial", "missed", "cancelled", "rejected"})

REASONS: dict[ReceiptState, frozenset[str | None]] = {
    "accepted": frozenset({None}),
    "ready": frozenset({None}),
    "started": frozenset({None}),
    "played": frozenset({None}),
    "partial": frozenset(get_args(PartialReason)),
    "missed": frozenset(get_args(MissedReason)),
    "cancelled": frozenset(get_args(CancelledReason)),
    "rejected": frozenset(get_args(RejectedReason)),
}
