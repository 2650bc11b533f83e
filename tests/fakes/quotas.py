"""Quotas for tests that don't look at them."""

from collections import Counter

from controller.database.column_types import ExcessKind
from controller.exchange.quotas import Quotas


def full_quotas() -> Quotas:
    """Full measures; what is over them is forgotten."""
    return Quotas(lambda _speaker, _kind, _count: None)


def counted_quotas() -> tuple[Quotas, Counter[ExcessKind]]:
    """Full measures, and what is over them by kind."""
    told: Counter[ExcessKind] = Counter()
    return Quotas(lambda _speaker, kind, count: told.update({kind: count})), told
