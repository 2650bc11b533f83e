"""Requests generated from the interface's own description, as each role: whatever is sent, nothing answers 5xx.

Two things help them reach the deeds behind the checks: ids are mostly those of things that are there, and texts and
numbers are often such as have broken something once. `make test` tries few of them, `make soak` 2,500 for each role.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.schemas import OpenApiSchema

from controller.database.tables import Broadcast
from controller.web.application import API
from tests.web.needs.examples import add_things
from tests.web.needs.site import Person, Site, open_site

ROLES = (
    "viewer station",
    "editor station",
    "approver station",
    "administrator station",
    "administrator own",
    "deputy",
    "nobody",
)
HEALTH = (f"{API}/health", "/health")
"""Says 503 here, because no broker runs."""
STREAM = f"{API}/events"
"""It doesn't end."""
TEXTS = (
    "Đến TP.\nThủ Đức họp.",
    "TP.\n\nHCM",
    "UBND.",
    "NVH ấp 1, 7h30 ngày 30/5",
    "ðường Ðồng Khởi",
    "Ngày 31/2/2026 lúc 25h61",
    "0" * 400,
    "\u202etrái\u0000",
    "𝐁𝐚̉𝐧 𝐭𝐢𝐧 " * 9,
    "",
    " ",
    "a" * 20_001,
)
NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 10**400, -(10**400), 1e308, 0.1)
INSTANTS = (
    "2026-11-23T12:00:00Z",
    "2026-11-25T06:00:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
    "2026-02-30T00:00:00Z",
    "2026-11-23T12:00:00+23:59",
)


@dataclass
class Asked:
    """How many requests were sent as one person, and how many of them were answered 2xx; the 5xx among the answers."""

    count: int = 0
    done: int = 0
    broken: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("site")) as made:
        add_things(made)
        with pytest.MonkeyPatch.context() as patch:  # no worker makes sounds here
            patch.setattr(made.website.office.preparation, "is_made", lambda _announcement: True)
            yield made


def _person(site: Site, name: str) -> Person | None:
    return next((each for each in site.people if each.name == name), None)


def _likely(site: Site, name: str) -> list[Any]:
    """What a field or parameter of this name could hold, so that the request goes further."""
    known: Mapping[str, list[Any]] = {
        "areas": [[site.things["area"]], [site.things["area above"]], []],
        "speakers": [["loa-1a"], []],
        "parent": [site.things["area"], None],
        "announcement": [site.things[each] for each in ("approved", "draft", "submitted", "corrected")],
        "broadcast": [site.things["broadcast"], site.things["set off alone"]],
        "first": [site.things["first"]],
        "second": [site.things["second"]],
        "manifests": [[site.things["manifest"]]],
        "starts_at": [None, *INSTANTS],
        "first_start": list(INSTANTS),
        "until": list(INSTANTS),
        "rrule": ["FREQ=DAILY", "FREQ=DAILY;COUNT=9", "FREQ=SECONDLY", "RSCALE=VIETNAMESE;FREQ=MONTHLY;BYMONTHDAY=1"],
        "time_zone": ["Asia/Ho_Chi_Minh", "America/New_York", "../../etc/passwd"],
        "version": [1, 2],
    }
    return known.get(name) or [site.things[name]] if name in known or name in site.things else []


def _bend(site: Site, chance: random.Random, value: Any, name: str = "") -> Any:
    """The value, with some of its texts, numbers and ids put in the place of others."""
    likely = _likely(site, name)
    if likely and chance.random() < 0.7:
        return chance.choice(likely)
    if isinstance(value, dict):
        return {key: _bend(site, chance, each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_bend(site, chance, each) for each in value]
    if chance.random() < 0.3:
        if isinstance(value, str):
            return chance.choice((*TEXTS, *INSTANTS))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return chance.choice(NUMBERS)
    return value


def _schema(site: Site) -> OpenApiSchema:
    """The interface's description, whose requests are bent."""
    schema: OpenApiSchema = schemathesis.openapi.from_dict(site.client.get(f"{API}/openapi.json").json())

    @schema.hook("before_generate_case")
    def _before(_context: Any, strategy: Any) -> Any:
        return st.tuples(strategy, st.randoms(use_true_random=False)).map(lambda given: _bent(site, *given))

    return schema


def _bent(site: Site, case: Any, chance: random.Random) -> Any:
    if case.body is not NOT_SET:
        case.body = _bend(site, chance, case.body)
    for part in ("path_parameters", "query"):
        given = getattr(case, part)
        if given:
            setattr(case, part, {name: _bend(site, chance, value, name) for name, value in given.items()})
    return case


def _try(site: Site, person: Person | None, each: int, seed: int) -> Asked:
    """Send `each` requests of every operation."""
    asked = Asked()
    for result in _schema(site).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if operation.path == STREAM:
            continue

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def send(case: Any) -> None:
            answer = _send(site, person, case)
            asked.count += 1
            asked.done += answer.status_code < 300
            if answer.status_code >= 500 and not (answer.status_code == 503 and case.path in HEALTH):
                asked.broken += (f"{case.method} {case.path} {case.path_parameters} {case.query} {case.body!r:.900}",)

        send()
    return asked


def _send(site: Site, person: Person | None, case: Any) -> Any:
    path = case.operation.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    headers = {name: value for name, value in (case.headers or {}).items() if _is_sendable(value)}
    if person is not None:
        headers["Authorization"] = f"Bearer {person.signed_in.token}"
    given: dict[str, Any] = {"params": {name: str(value) for name, value in (case.query or {}).items()}}
    if case.media_type == "application/json" and case.body is not NOT_SET:
        headers["Content-Type"] = "application/json"
        given["content"] = json.dumps(case.body)
    elif isinstance(case.body, dict):
        given["files"] = {name: ("a", str(value).encode(errors="replace")) for name, value in case.body.items()}
    return site.client.request(case.method, path, headers=headers, **given)


def _is_sendable(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


@pytest.mark.parametrize("name", ROLES)
def test_no_generated_request_breaks_the_office(site: Site, name: str) -> None:
    asked = _try(site, _person(site, name), 3, seed=1)
    assert asked.broken == ()
    assert asked.count > 100


@pytest.mark.soak
@pytest.mark.parametrize("name", ROLES)
def test_2500_generated_requests_of_each_role_do_not_break_the_office(site: Site, name: str) -> None:
    asked = Asked()
    for seed in range(60):
        if asked.count >= 2_500:
            break
        more = _try(site, _person(site, name), 10, seed)
        asked = Asked(asked.count + more.count, asked.done + more.done, asked.broken + more.broken)
        assert asked.broken == ()
        site.restore()
    print(f"{name}: {asked.count} requests, of which {asked.done} were carried out")  # noqa: T201  # make soak shows it
    assert asked.count >= 2_500


def test_some_requests_reach_the_deeds(site: Site) -> None:
    """Else the tests above try the checks of fields alone."""
    asked = _try(site, _person(site, "administrator station"), 4, seed=2)
    assert asked.done > asked.count / 10
    with site.commune.database.reading() as session:
        assert session.get(Broadcast, site.things["broadcast"]) is not None
