"""Simultaneous requests."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlmodel import select

from controller.database.tables import Broadcast
from tests.web.api.scripts import Api


def test_simultaneous_orders_with_one_key_are_one_broadcast(api: Api) -> None:
    script = api.script()
    order: dict[str, Any] = {
        "announcement": api.commune.approved(),
        "areas": [api.commune.areas["xã"]],
        "starts_at": "2026-11-23T11:00:00Z",
    }
    with ThreadPoolExecutor(6) as threads:
        answers = list(
            threads.map(lambda _: script.post("/broadcasts", order, headers={"Idempotency-Key": "k"}), range(6))
        )
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["broadcast"] for each in answers}) == 1
    with api.commune.database.reading() as session:
        assert len(session.exec(select(Broadcast)).all()) == 1
