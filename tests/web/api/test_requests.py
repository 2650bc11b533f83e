"""For all requests: problems that name the wrong field, limits of size, and calls that take effect once."""

import hashlib
import io
import json
import wave
from typing import Any

import pytest
from httpx import Response
from sqlmodel import select
from starlette.requests import Request

from controller.broker.keyed_hash import KeyedHash
from controller.database.tables import Broadcast, Officer, StoredAnswer
from controller.station.officers import hash_officer_password
from controller.web.admission.body_limit import LARGEST_TEXT_BYTES
from tests.people import PASSWORD
from tests.web.api.scripts import Api

PROBLEM = "application/problem+json"


def recorded(seconds: float = 1.0) -> bytes:
    """A recording in WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 48_000, 0, "NONE", ""))
        writer.writeframes(b"\x10\x20" * round(48_000 * seconds))
    return file.getvalue()


def _post(api: Api, content: bytes, path: str = "/areas") -> Any:
    return api.script().call("POST", path, content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"name": ', 422),
        (b"\xff\xfe", 422),
        (b"", 422),
        (b"[1]", 422),
        (b'"text"', 422),
        (b"[" * 100_000, 400),
        (b'{"latitude":' + b"9" * 6000 + b"}", 400),
        (b'{"name":"A","kind":"x","latitude":NaN}', 422),
        (b'{"name":"A","kind":"x","latitude":1e999}', 422),
        (b'{"name":"\\ud800","kind":"x"}', 422),
        (b'{"name":"a\\u0000b","kind":"x"}', 422),
    ],
)
def test_an_unreadable_body_is_a_problem(api: Api, content: bytes, status: int) -> None:
    answer = _post(api, content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert set(answer.json()) >= {"type", "title", "status", "detail"}


def test_malformed_json_is_reported_without_a_field(api: Api) -> None:
    assert _post(api, b'{"name": ').json()["errors"] == [{"field": "", "detail": "nội dung không phải JSON"}]


def test_an_unknown_field_is_refused_with_its_name(api: Api) -> None:
    answer = api.script().post("/areas", {"name": "A", "kind": "ấp", "colour": "red"})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["colour"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/areas", 405)])
def test_a_wrong_path_or_method_is_a_problem(api: Api, method: str, path: str, status: int) -> None:
    answer = api.script().call(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.headers.get("allow") or status == 404


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_not_read(api: Api, chunked: bool) -> None:
    content = b'{"name":"' + b"a" * LARGEST_TEXT_BYTES + b'"}'
    given = iter([content[:1000], content[1000:]]) if chunked else content
    answer = api.script().call("POST", "/areas", content=given, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)


@pytest.mark.parametrize("path", ["/sessions", "/areas", "/announcements"])
def test_only_a_recording_may_be_as_large_as_one(api: Api, path: str) -> None:
    files = {"file": ("a.wav", bytes(LARGEST_TEXT_BYTES))}
    assert api.nobody.post(path, files=files).status_code == 413
    assert api.client.post("/dang-nhap", files=files).status_code == 413


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "unicode_escape", "raw_unicode_escape", "latin-1", "x"])
@pytest.mark.parametrize(
    "path", ["/dang-nhap", "/dang-nhap/ma", "/dat-mat-khau", "/im-lang", "/api/v1/areas/a/silence"]
)
def test_a_form_in_a_charset_that_no_browser_sends_is_refused(api: Api, path: str, charset: str) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n+2AA-\\ud800\r\n--B--\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary=B; charset={charset}"}
    assert api.client.post(path, content=body, headers=headers).status_code == 400
    headers = {"Content-Type": 'multipart/form-data; boundary=B; charset="UTF-8"'}
    assert api.client.post(path, content=body, headers=headers).status_code < 500
    announcement = api.commune.announcement()
    kept = api.script().post(f"/announcements/{announcement}/recording", files={"file": ("a.wav", recorded(12))})
    assert kept.status_code == 200


def test_an_upload_without_a_token_is_refused_unread(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(Request, "form", lambda *_given, **_more: read.append(1))
    answer = api.nobody.post(
        f"/announcements/{api.commune.announcement()}/recording", files={"file": ("a.wav", recorded())}
    )
    assert (answer.status_code, read) == (401, [])


@pytest.mark.parametrize("name", ["", "   ", "\u0301", "\u00a0", "\u200b", "a\u202eb", "a\nb", "x" * 201])
def test_a_name_with_invisible_or_reordering_characters_is_refused(api: Api, name: str) -> None:
    answer = api.script().post("/areas", {"name": name, "kind": "ấp"})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["name"]


def test_a_name_is_stored_with_composed_letters(api: Api) -> None:
    assert api.script().post("/areas", {"name": "A\u0302\u0301p 3", "kind": "ấp"}).json()["name"] == "Ấp 3"


@pytest.mark.parametrize("path", ["/announcements/%00", "/areas?after=%00", "/announcements/%00/audio"])
def test_a_null_character_in_a_path_is_a_problem_on_postgresql(api_on_postgresql: Api, path: str) -> None:
    assert api_on_postgresql.script().get(path).status_code == 404


@pytest.mark.parametrize("field", ["announcement", "areas", "speakers"])
def test_half_a_surrogate_pair_in_a_field_is_refused_with_that_field(api: Api, field: str) -> None:
    order = {"announcement": "a", "starts_at": None, field: "\ud800" if field == "announcement" else ["\ud800"]}
    answer = _post(api, json.dumps(order).encode(), "/broadcasts")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_half_a_surrogate_pair_in_a_fields_name_is_a_problem(api: Api) -> None:
    assert _post(api, b'{"name":"A","kind":"x","\\ud800":1}').status_code == 422


def test_a_null_character_in_a_field_is_refused_with_that_field_on_postgresql(api_on_postgresql: Api) -> None:
    script = api_on_postgresql.script()
    order = {"announcement": "a\0", "areas": ["\0"], "starts_at": None}
    answer = script.post("/broadcasts", order)
    assert answer.status_code == 422
    assert sorted(each["field"] for each in answer.json()["errors"]) == ["announcement", "areas"]


def test_a_null_character_in_a_form_is_refused_on_postgresql(api_on_postgresql: Api) -> None:
    visitor = api_on_postgresql.website.visitor()
    visitor.get("/dang-nhap")
    answer = visitor.send("/dang-nhap", {"ten": "a\0", "mat-khau": "b"})
    assert answer.status_code == 422
    assert "Xóa ký tự lạ" in answer.text


HASHES = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512)
_JSON = "application/json"


class TestIdempotency:
    """A POST with a key takes effect once."""

    def _broadcasts(self, api: Api) -> int:
        with api.commune.database.reading() as session:
            return len(session.exec(select(Broadcast)).all())

    def test_the_same_post_twice_is_one_broadcast(self, api: Api, order: dict[str, Any]) -> None:
        script = api.script()
        answers = [script.post("/broadcasts", order, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert [each.status_code for each in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert self._broadcasts(api) == 1

    def test_a_repetition_after_a_new_sign_in_gets_the_same_answer(self, api: Api, order: dict[str, Any]) -> None:
        answers = [api.script().post("/broadcasts", order, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert self._broadcasts(api) == 1

    def test_the_same_key_of_another_officer_is_another_order(self, api: Api, order: dict[str, Any]) -> None:
        for officer in ("tham", "quang"):
            assert api.script(officer).post("/broadcasts", order, headers={"Idempotency-Key": "k"}).status_code == 201
        assert self._broadcasts(api) == 2

    def test_a_used_key_with_another_body_is_refused(self, api: Api, order: dict[str, Any]) -> None:
        script = api.script()
        script.post("/broadcasts", order, headers={"Idempotency-Key": "k"})
        answer = script.post("/broadcasts", order | {"times": 2}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 422
        assert self._broadcasts(api) == 1

    def test_a_refused_call_may_be_repeated_with_its_key(self, api: Api, order: dict[str, Any]) -> None:
        script = api.script()
        past = order | {"starts_at": "2026-11-23T09:00:00Z"}
        assert script.post("/broadcasts", past, headers={"Idempotency-Key": "k"}).status_code == 422
        assert script.post("/broadcasts", order, headers={"Idempotency-Key": "k"}).status_code == 201

    def test_a_day_later_the_key_is_forgotten(self, api: Api, order: dict[str, Any]) -> None:
        api.script().post("/broadcasts", order, headers={"Idempotency-Key": "k"})
        api.website.later(hours=24)
        order |= {"starts_at": "2026-11-24T11:00:00Z"}
        assert api.script().post("/broadcasts", order, headers={"Idempotency-Key": "k"}).status_code == 201
        with api.commune.database.reading() as session:
            assert len(session.exec(select(StoredAnswer)).all()) == 1

    def test_a_recording_that_is_sent_twice_is_stored_once(self, api: Api) -> None:
        announcement = api.commune.announcement()
        script, path = api.script(), f"/announcements/{announcement}/recording"
        for boundary in ("one", "two"):  # every client makes a new one each time
            answer = script.post(
                path,
                files={"file": ("a.wav", recorded())},
                headers={"Idempotency-Key": "k", "Content-Type": f"multipart/form-data; boundary={boundary}"},
            )
            assert answer.status_code == 200, answer.text
        other = script.post(path, files={"file": ("a.wav", recorded(2))}, headers={"Idempotency-Key": "k"})
        assert other.status_code == 422
        assert api.commune.row(announcement).version == 2

    def test_the_stored_answer_does_not_hold_the_password_in_clear(self, api: Api) -> None:
        body = {"speaker": "loa-9", "name": "Loa", "area": api.commune.areas["ấp 1"]}
        script = api.script()
        answers = [script.post("/speakers", body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
        password = answers[0].json()["config"]["password"]
        assert answers[1].json()["config"]["password"] == password
        with api.commune.database.reading() as session:
            kept = session.exec(select(StoredAnswer)).one()
        assert password.encode() not in kept.answer
        assert "k" not in json.dumps([kept.key_hash, kept.request_hash]).split('"')

    def test_a_stolen_database_tells_no_guesser_which_body_was_sent(self, api: Api, order: dict[str, Any]) -> None:
        """A body may hold what can be guessed: a plain hash of it would say which guess is right."""
        body = json.dumps(order).encode()
        api.script().post("/broadcasts", content=body, headers={"Idempotency-Key": "k", "Content-Type": _JSON})
        with api.commune.database.reading() as session:
            kept = session.exec(select(StoredAnswer)).one()
        plain = [hash_of(body).hexdigest() for hash_of in HASHES]
        assert kept.request_hash not in plain + [
            hash_of(each.encode()).hexdigest() for hash_of in HASHES for each in plain
        ]
        assert kept.request_hash != KeyedHash("").of("request", hashlib.sha256(body).hexdigest())

    def test_nothing_that_is_stored_of_a_sign_in_depends_on_its_password(self, api: Api) -> None:
        def sign_in(password: str, key: str) -> Response:
            body = {"username": "tham", "password": password}
            return api.script().post("/sessions", body, headers={"Idempotency-Key": key})

        first = sign_in(PASSWORD, "k")
        assert first.status_code == 201
        assert sign_in(PASSWORD, "k").json() == first.json()
        assert sign_in("khong-phai-the", "k").status_code == 401, "the stored answer is not for whoever has the key"
        officer = api.commune.officers["tham"]
        with api.commune.writing() as session:
            row = session.get_one(Officer, officer.officer)
            row.password_hash = hash_officer_password("mat-khau-moi-dai")
            session.add(row)
        assert sign_in("mat-khau-moi-dai", "k").json() == first.json()
        assert sign_in(PASSWORD, "k").status_code == 401
