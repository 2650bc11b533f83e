"""The REST interface of a real office process: refusals, and calls that take effect once."""

import contextlib
import json
import secrets
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.station import PASSWORD, Speaker, Station, ahead, said
from tests.servers.mqtt_client import MqttClient, Refused
from tests.servers.waiting import LIMIT_S, wait_for
from wire.topics import DEFAULT_ROOT

pytestmark = pytest.mark.acceptance

ADMITTED_WITHIN_S, CUT_WITHIN_S = 5.0, 10.0
WORDS = "Mời bà con đi họp."
UNKNOWN_ID = "01JD0000000000000000000000"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    with Station(tmp_path_factory.mktemp("rest")) as station:
        yield station


@pytest.fixture(scope="module")
def words(station: Station) -> str:
    """An approved announcement."""
    return station.approved_announcement(WORDS)


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem of a refused call, checked by RFC 9457."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert len(problem["detail"]) > 10, "it doesn't say what to do"
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [each["field"] for each in problem["errors"]]


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer", "Basic dGhhbTp0aGFt"])
@pytest.mark.parametrize("path", ["/areas", "/speakers", "/announcements", "/broadcasts", "/events"])
def test_without_a_valid_token_every_call_is_refused(station: Station, path: str, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = station.client().get(path, headers=headers)
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/areas/khong-co"),
        ("POST", "/areas/khong-co/silence"),
        ("DELETE", "/areas/khong-co/silence"),
        ("GET", "/speakers/khong-co"),
        ("PATCH", "/speakers/khong-co"),
        ("POST", "/speakers/khong-co/credentials"),
        ("GET", f"/announcements/{UNKNOWN_ID}"),
        ("GET", f"/announcements/{UNKNOWN_ID}/audio"),
        ("POST", f"/announcements/{UNKNOWN_ID}/submission"),
        ("POST", f"/announcements/{UNKNOWN_ID}/approval"),
        ("POST", f"/approvals/{'0' * 64}"),
        ("GET", f"/broadcasts/{UNKNOWN_ID}"),
        ("POST", f"/broadcasts/{UNKNOWN_ID}/cancellation"),
        ("GET", "/khong-co"),
    ],
)
def test_an_unknown_id_in_the_path_is_404(station: Station, method: str, path: str) -> None:
    body: dict[str, Any] | None = {} if method in ("POST", "PATCH") else None
    if path.endswith("/approval"):
        body = {"manifests": ["0" * 64]}
    refused(station.administrator.request(method, path, json=body), 404)


def test_an_unknown_id_in_the_body_is_422_with_its_field(station: Station, words: str) -> None:
    post = station.administrator.post
    speaker = {"speaker": "loa-la", "name": "Lạ", "area": "khong-co"}
    assert fields_of(refused(post("/speakers", json=speaker), 422)) == ["area"]
    area = {"name": "Ấp 9", "kind": "ấp", "parent": "khong-co"}
    assert fields_of(refused(post("/areas", json=area), 422)) == ["parent"]
    for places in ({"areas": ["khong-co"]}, {"speakers": ["khong-co"]}):
        order = {"announcement": words, "starts_at": ahead(60), **places}
        assert fields_of(refused(post("/broadcasts", json=order), 422)) == list(places)
    order = {"announcement": UNKNOWN_ID, "starts_at": ahead(60), "areas": [station.commune]}
    assert fields_of(refused(post("/broadcasts", json=order), 422)) == ["announcement"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {"username": "tham", "password": "x"}),
        ("/areas", {"name": "Ấp 9", "kind": "ấp"}),
        ("/speakers", {"speaker": "loa-9", "name": "Cụm 9", "area": "a"}),
        ("/announcements", {"title": "Họp", "text": WORDS, "bulletin_class": "normal"}),
        ("/broadcasts", {"announcement": "a", "starts_at": None, "areas": ["a"]}),
    ],
)
def test_an_unknown_field_is_422_with_its_name(station: Station, path: str, body: dict[str, Any]) -> None:
    problem = refused(station.administrator.post(path, json={**body, "mau_sac": "đỏ"}), 422)
    assert fields_of(problem) == ["mau_sac"]
    assert "mau_sac" in problem["detail"]


def test_refusals_of_the_framework_are_problems_too(station: Station) -> None:
    refused(station.administrator.put("/areas", json={}), 405)
    for content in (b"", b"{", b"[]", b"null", b"{}" * 10_000):
        answer = station.administrator.post("/areas", content=content, headers={"Content-Type": "application/json"})
        refused(answer, 422)
    is_json = {"Content-Type": "application/json"}
    not_utf_8 = station.administrator.post("/areas", content=b'{"name":"\xff"}', headers=is_json)
    assert "UTF-8" in refused(not_utf_8, 400)["detail"]
    refused(station.administrator.get("/areas?limit=0"), 422)
    refused(station.administrator.get("/areas?limit=many"), 422)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Cần nhập lời thông báo"),
        ("  \n ", "Cần nhập lời thông báo"),
        ("a" * 20_001, "20.001 ký tự"),
        ("Mời bà con\x07 họp", "ký tự điều khiển"),
        ("Mời bà con\x00 họp", "ký tự điều khiển"),
        ("Mời bà con\x9b họp", "ký tự điều khiển"),
    ],
    ids=["empty", "blank", "too long", "bell", "zero", "C1"],
)
def test_a_text_that_cannot_be_spoken_is_422_and_says_why(station: Station, text: str, says: str) -> None:
    body = {"title": "Họp", "text": text, "bulletin_class": "normal"}
    problem = refused(station.administrator.post("/announcements", json=body), 422)
    assert fields_of(problem) == ["text"]
    assert says in problem["detail"]


def _order(station: Station, words: str) -> dict[str, Any]:
    return {"announcement": words, "starts_at": ahead(3600), "areas": [station.commune]}


def _broadcasts(station: Station) -> set[str]:
    items = said(station.administrator.get("/broadcasts?limit=500"))["items"]
    return {each["broadcast"] for each in items}


def test_eight_simultaneous_orders_with_one_key_are_one_broadcast(station: Station, words: str) -> None:
    before, order, key = _broadcasts(station), _order(station, words), secrets.token_hex()
    with ThreadPoolExecutor(8) as threads:
        sent = [
            threads.submit(station.administrator.post, "/broadcasts", json=order, headers={"Idempotency-Key": key})
            for _ in range(8)
        ]
        answers = [each.result() for each in sent]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert _broadcasts(station) - before == {answers[0].json()["broadcast"]}
    other = {**order, "times": 2}
    refused(station.administrator.post("/broadcasts", json=other, headers={"Idempotency-Key": key}), 422)
    assert len(_broadcasts(station) - before) == 1
    without_key = said(station.administrator.post("/broadcasts", json=order))
    assert _broadcasts(station) - before == {answers[0].json()["broadcast"], without_key["broadcast"]}


def test_a_stored_answer_survives_a_restart_of_the_office(station: Station, words: str) -> None:
    before, order, key = _broadcasts(station), _order(station, words), secrets.token_hex()
    first = station.administrator.post("/broadcasts", json=order, headers={"Idempotency-Key": key})
    station.office.kill()
    station.office.start()
    again = station.administrator.post("/broadcasts", json=order, headers={"Idempotency-Key": key})
    assert (again.status_code, again.content) == (first.status_code, first.content) == (201, first.content)
    assert _broadcasts(station) - before == {first.json()["broadcast"]}


@pytest.mark.parametrize("killed_after_ms", [0, 10, 30])
def test_an_order_whose_answer_was_lost_by_a_kill_is_repeated_and_made_once(
    station: Station, words: str, killed_after_ms: int
) -> None:
    before, order, key = _broadcasts(station), _order(station, words), secrets.token_hex()
    request = station.administrator.build_request(
        "POST", "/broadcasts", json=order, headers={"Idempotency-Key": key, "Connection": "close"}
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    with socket.create_connection((request.url.host, request.url.port)) as line:
        line.sendall(f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
        line.settimeout(killed_after_ms / 1000)
        with contextlib.suppress(TimeoutError, BlockingIOError):
            line.recv(1)
        station.office.kill()
    station.office.start()
    again = station.administrator.post("/broadcasts", json=order, headers={"Idempotency-Key": key})
    assert _broadcasts(station) - before == {said(again)["broadcast"]}


def test_nothing_of_an_unapproved_announcement_is_on_the_wire(station: Station, words: str) -> None:
    config = station.admit("loa-nghe-len")
    waiting = station.announcement("Bản tin này chưa được phê duyệt, không ai được nghe.")
    with MqttClient(station.broker, "loa-nghe-len", config["password"]) as listener:
        own = f"{DEFAULT_ROOT}/office/speakers/loa-nghe-len/#"
        assert listener.subscribe(f"{DEFAULT_ROOT}/office/areas/#", f"{DEFAULT_ROOT}/office/audio/#", own)
        ordered = said(
            station.administrator.post(
                "/broadcasts",
                json={**_order(station, waiting), "speakers": ["loa-nghe-len"]},
            )
        )
        assert ordered["state"] == "waiting_for_approval"
        said(station.administrator.post(f"/announcements/{waiting}/submission", json={}))
        clip = said(station.administrator.get(f"/announcements/{waiting}"))["clip"]

        def heard(of: str) -> list[str]:
            return [each.topic for each in listener.heard if of in each.topic or of.encode() in each.payload]

        def wait_until_heard(of: str) -> None:
            listener.wait_for(lambda: heard(of) or None, LIMIT_S)

        # The later order has arrived, so the earlier one would have too.
        wait_until_heard(station.order(words, starts_at=ahead(3600)))
        assert heard(ordered["broadcast"]) == heard(clip) == []
        station.approve(waiting)
        wait_until_heard(ordered["broadcast"])
        wait_until_heard(clip)


def test_a_new_speaker_may_connect_within_five_seconds(station: Station) -> None:
    config = station.admit("loa-moi")
    wait_for(lambda: _may_connect(station, "loa-moi", config["password"]), lambda: "not let in", ADMITTED_WITHIN_S)


def test_new_credentials_cut_the_old_connection_within_ten_seconds(station: Station) -> None:
    old = station.admit("loa-bi-lay-trom")["password"]
    wait_for(lambda: _may_connect(station, "loa-bi-lay-trom", old), lambda: "not let in", ADMITTED_WITHIN_S)
    thief = MqttClient(station.broker, "loa-bi-lay-trom", old)
    assert thief.subscribe(f"{DEFAULT_ROOT}/office/areas/#")
    renewed = said(station.administrator.post("/speakers/loa-bi-lay-trom/credentials"))["config"]["password"]
    thief.wait_for_end(CUT_WITHIN_S)
    assert not _may_connect(station, "loa-bi-lay-trom", old)
    assert _may_connect(station, "loa-bi-lay-trom", renewed)


def test_new_credentials_clear_what_the_old_ones_left_at_the_broker(station: Station) -> None:
    old = station.admit("loa-de-lai-rac")["password"]
    wait_for(lambda: _may_connect(station, "loa-de-lai-rac", old), lambda: "not let in", ADMITTED_WITHIN_S)
    thief = MqttClient(station.broker, "loa-de-lai-rac", old)
    thief.publish(f"{DEFAULT_ROOT}/speakers/loa-de-lai-rac/receipts", b"junk", retain=True)

    def junk_after_a_restart() -> list[str]:
        station.office.kill()
        since = station.office.mark()
        station.office.start()
        station.sign_in("tham").get("/areas")
        station.office.wait_for_line("acknowledg|connected", since=since)
        return [line for line in station.office.log_lines()[since:] if "dropped (malformed" in line]

    assert junk_after_a_restart()
    since = station.office.mark()
    said(station.administrator.post("/speakers/loa-de-lai-rac/credentials"))
    thief.wait_for_end(CUT_WITHIN_S)
    station.office.wait_for_line("speaker=loa-de-lai-rac left retained is cleared", since=since)
    assert junk_after_a_restart() == []


def _may_connect(station: Station, speaker: str, password: str) -> bool:
    try:
        MqttClient(station.broker, speaker, password).close()
    except Refused:
        return False
    return True


def test_after_some_wrong_passwords_an_address_has_to_wait_and_another_does_not(station: Station) -> None:
    anybody = station.client()
    right, wrong = ({"username": "tham", "password": password} for password in (PASSWORD, "sai mật khẩu"))
    answers = [anybody.post("/sessions", json=wrong) for _ in range(11)]
    assert {each.status_code for each in answers} == {401, 429}
    assert sum(each.status_code == 401 for each in answers) <= 10
    last = next(each for each in reversed(answers) if each.status_code == 429)
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    for _ in range(3):  # each refused attempt makes the next wait longer
        anybody.post("/sessions", json=wrong)
    refused(anybody.post("/sessions", json=right), 429)
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=anybody.base_url, transport=elsewhere, trust_env=False) as another:
        assert another.post("/sessions", json=right).status_code == 201


def _events(answer: httpx.Response) -> Iterator[dict[str, str]]:
    """Server-sent events as HTML's standard frames them: fields until an empty line."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name] = value.removeprefix(" ")
        elif event:
            yield event
            event = {}


def test_events_come_as_they_happen_and_missed_ones_by_the_last_id(station: Station, words: str) -> None:
    client = station.administrator
    with client.stream("GET", "/events") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = _events(answer)
        assert "retry" in next(events)
        broadcast = station.order(words, starts_at=ahead(3600))
        seen = next(each for each in events if each.get("event") == "broadcast" and broadcast in each["data"])
    said(client.post(f"/broadcasts/{broadcast}/cancellation"))
    with client.stream("GET", "/events", headers={"Last-Event-ID": seen["id"]}) as answer:
        missed = next(
            each for each in _events(answer) if each.get("event") == "broadcast" and broadcast in each["data"]
        )
        assert '"state":"cancelled"' in missed["data"]
    station.office.kill()
    station.office.start()
    with client.stream("GET", "/events", headers={"Last-Event-ID": seen["id"]}) as answer:
        assert next(each for each in _events(answer) if "event" in each)["event"] == "reset"


def test_the_pages_event_stream_has_only_ids_of_changes(station: Station, words: str) -> None:
    with station.administrator.stream("GET", station.url + "/phan/su-kien") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = _events(answer)
        assert "retry" in next(events)
        broadcast = station.order(words, starts_at=ahead(3600))
        seen = next(each for each in events if each.get("event") == "broadcast")
        assert json.loads(seen["data"]) == {"broadcast": broadcast}


def test_the_interface_has_its_openapi_description(station: Station) -> None:
    described = said(station.client().get("/openapi.json"))
    assert described["openapi"].startswith("3.")
    calls = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    promised = """
        POST /sessions · GET /areas · POST /areas · PATCH /areas/{area} · GET /speakers · POST /speakers
        GET /speakers/{speaker} · PATCH /speakers/{speaker} · POST /speakers/{speaker}/credentials
        GET /announcements · POST /announcements · GET /announcements/{announcement}
        PATCH /announcements/{announcement} · POST /announcements/{announcement}/recording
        POST /announcements/{announcement}/submission · POST /announcements/{announcement}/approval
        POST /announcements/{announcement}/refusal · GET /announcements/{announcement}/audio
        POST /announcements/{announcement}/standing
        GET /approvals · POST /approvals/{manifest} · POST /approvals/{manifest}/refusal
        GET /broadcasts · POST /broadcasts · GET /broadcasts/{broadcast} · POST /broadcasts/{broadcast}/cancellation
        POST /areas/{area}/silence · DELETE /areas/{area}/silence · GET /events · GET /health
    """
    wanted = {tuple(call.split()) for line in promised.strip().splitlines() for call in line.split("·")}
    assert {(method, f"/api/v1{path}") for method, path in wanted} <= calls


def test_a_speaker_that_a_command_admits_beside_the_running_office_is_heard(station: Station, tmp_path: Path) -> None:
    file = tmp_path / "loa.json"
    place = ["--speaker", "loa-by-command", "--name", "Cụm loa", "--area", station.commune]
    station.command("speaker", "add", *place, "--output", str(file))
    speaker = Speaker("loa-by-command", tmp_path / "speaker", json.loads(file.read_text()), "file:heard", {}, None)
    station.speakers["loa-by-command"] = speaker
    speaker.start()
    station.wait_until_online("loa-by-command")
