"""For several measures: a broker and an office's database with many speakers, and `wait_until`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from controller.broker.accounts import OFFICE_ACCOUNT, Account, hash_password
from controller.database.tables import Speaker, SpeakerStatus
from controller.database.transactions import Database
from tests.people import MONDAY, Commune, make_commune
from tests.servers.mosquitto import Mosquitto
from wire.settings import Volume

PASSWORD = "only-for-measuring"  # noqa: S105  # of brokers that live for seconds on loopback


@dataclass(frozen=True)
class Bench:
    """A commune with `speakers` in ấp 1, and a running Mosquitto with accounts for them and the office."""

    commune: Commune
    broker: Mosquitto
    speakers: tuple[str, ...]
    folder: Path

    @property
    def database(self) -> Database:
        return self.commune.database


@contextmanager
def bench_of(count: int) -> Iterator[Bench]:
    """A bench with `count` speakers, its database in SQLite; the broker ends with the block."""
    with TemporaryDirectory(prefix="loa-bench-") as folder_name:
        folder = Path(folder_name)
        commune = make_commune(f"sqlite:///{folder / 'office.db'}", folder)
        speakers = tuple(f"s-{number:04d}" for number in range(count))
        hashed = hash_password(PASSWORD)
        with commune.database.writing() as session:
            for name in speakers:
                session.add(
                    Speaker(
                        speaker=name,
                        name=name,
                        area=commune.areas["ấp 1"],
                        volume=Volume().fields(),
                        broker_password_hash=hashed,
                        created_at=MONDAY,
                    )
                )
            session.flush()
            session.add_all(SpeakerStatus(speaker=name, received_at=MONDAY, status={}) for name in speakers)
        broker = Mosquitto(folder / "broker")
        broker.accounts.replace([Account(name, hashed) for name in (OFFICE_ACCOUNT, *speakers)])
        broker.start()
        try:
            yield Bench(commune, broker, speakers, folder)
        finally:
            broker.stop()
            broker.close()
            commune.database.close()


def wait_until(condition: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Check the condition every 10 ms until it is true; raises TimeoutError after `limit_s`."""
    deadline = time.perf_counter() + limit_s
    while not condition():
        if time.perf_counter() > deadline:
            raise TimeoutError("the measure did not come to its end")
        time.sleep(0.01)
