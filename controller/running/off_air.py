"""The office's parts for one command, without starting them. An office that runs at the same time goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from controller.database.migrations import bring_up_to_date
from controller.database.transactions import Change
from controller.running.app import Office
from controller.settings import OfficeSettings


@contextmanager
def off_air(settings: OfficeSettings) -> Iterator[Office]:
    """An office that isn't started, with the database up to date. New accounts go to the broker at the block's end.

    Raises SettingsError, KeysUnusable, OSError.
    """
    office = Office(settings)
    office.database.goes_first = True
    bring_up_to_date(settings.database)
    office.tell_station()
    changed: list[Change] = []
    office.database.add_listener(changed.extend)
    try:
        yield office
        if any(change.kind == "accounts" for change in changed):
            office.tell_broker()  # a running office doesn't notice commits of this process
    finally:
        office.database.close()
