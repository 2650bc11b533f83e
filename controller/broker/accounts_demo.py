"""Accounts of the demonstration's broker: a password file like Mosquitto's, which that broker reads when it changes."""

from collections.abc import Sequence
from pathlib import Path

from controller.broker.accounts import Account
from controller.broker.accounts_mosquitto import write_password_file


class DemoAccounts:
    """The accounts of a `python -m controller.demo.broker --accounts FILE`, which looks at FILE each second."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def replace(self, accounts: Sequence[Account]) -> None:
        """See BrokerAccounts."""
        write_password_file(self._file, accounts)
