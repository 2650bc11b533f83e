"""Deleting receipts after the days for which the station keeps them. The deliveries stay: they say what became of each.

Only what a journal is safe up to is deleted: a receipt above a gap is still needed, to know where the gap ends.
"""

import logging
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, select, tuple_

from controller.database.tables import metadata
from controller.database.transactions import Database
from controller.station import facts

log = logging.getLogger(__name__)

_receipts, _journals = metadata.tables["receipt"], metadata.tables["journal"]
_KEY = (_receipts.c.speaker, _receipts.c.journal, _receipts.c.seq)
_AT_ONCE = 500
"""Rows deleted in one transaction: orders that stop sound don't wait longer than that takes."""
_MOST = 200_000
"""Rows deleted in one call; the next one goes on."""


def delete_old_receipts(database: Database, now: datetime) -> int:
    """Delete what is older than the fact "receipts_days" says; returns how many were deleted."""
    with database.reading() as session:
        kept_since = now - timedelta(days=int(facts.read(session, "receipts_days")))
        query = (
            select(*_KEY)
            .join(
                _journals,
                and_(_journals.c.speaker == _receipts.c.speaker, _journals.c.journal == _receipts.c.journal),
            )
            .where(_receipts.c.received_at < kept_since, _receipts.c.seq <= _journals.c.upto)
            .limit(_MOST)
        )
        old = [tuple(row) for row in session.connection().execute(query)]
    for begin in range(0, len(old), _AT_ONCE):
        with database.writing() as session:
            session.connection().execute(delete(_receipts).where(tuple_(*_KEY).in_(old[begin : begin + _AT_ONCE])))
    if old:
        log.info("deleted %d receipts from before %s", len(old), kept_since.date())
    return len(old)
