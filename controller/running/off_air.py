"""The station's parts for one deed at the command line, without putting it on the air; an office that runs goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from controller.database.migrations import bring_up_to_date
from controller.database.transactions import Change
from controller.running.app import Office
from controller.settings import OfficeSettings


@contextmanager
def off_air(settings: OfficeSettings) -> Iterator[Office]:
    """An office that is not started; at the end the broker is told of accounts that are new. Raises SettingsError."""
    office = Office(settings)
    bring_up_to_date(settings.database)
    office.tell_station()
    changed: list[Change] = []
    office.database.add_listener(changed.extend)
    try:
        yield office
        if any(change.kind == "accounts" for change in changed):
            office.tell_broker()  # who runs meanwhile isn't told of what was committed here
    finally:
        office.database.close()
