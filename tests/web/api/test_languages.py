"""A problem has a code and a sentence, in English for scripts that ask for it; pages stay Vietnamese."""

import pytest
from sqlalchemy import text

from controller.database.tables import Announcement
from controller.words.phrases import Phrase
from tests.web.api.scripts import Api, Script

WITHOUT_WORDS = {"announcement": "x", "areas": ["y"], "starts_at": "2026-11-25T10:00:00Z"}
ENGLISH = {"headers": {"Accept-Language": "en-GB, en;q=0.8, vi;q=0.2"}}


@pytest.fixture
def tham(api: Api) -> Script:
    return api.script()


def test_a_problem_has_a_code_and_is_vietnamese_by_default(tham: Script) -> None:
    problem = tham.get("/announcements/none").json()
    assert problem == {
        "type": "about:blank",
        "title": "Không có",
        "status": 404,
        "detail": "Không có bản tin này. Xem danh sách bản tin.",
        "code": "announcement_unknown",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "detail"),
    [
        ("GET", "/announcements/x", None, 404, "announcement_unknown", "There is no such announcement."),
        ("GET", "/nowhere", None, 404, "path_unknown", "There is no such address. See /api/v1/openapi.json."),
        ("DELETE", "/sessions", None, 405, "method_unknown", "This address does not accept that method."),
        ("POST", "/broadcasts", WITHOUT_WORDS, 422, "announcement_unknown", "There is no"),
        (
            "POST",
            "/areas",
            {"kind": "ấp"},
            422,
            "fields_invalid",
            "Correct this, then send it again. name: this field is",
        ),
        (
            "POST",
            "/areas",
            {"name": " ", "kind": "ấp"},
            422,
            "fields_invalid",
            "Correct this, then send it again. name: ",
        ),
        ("GET", "/holidays/1900", None, 422, "year_range", "Choose a year from"),
    ],
)
def test_a_script_that_asks_for_english_gets_english(
    tham: Script, method: str, path: str, body: object, status: int, code: str, detail: str
) -> None:
    english = tham.call(method, path, body, **ENGLISH)
    assert (english.status_code, english.json()["code"]) == (status, code)
    assert english.json()["detail"].startswith(detail)
    vietnamese = tham.call(method, path, body).json()
    assert vietnamese["code"] == code
    assert vietnamese["detail"] != english.json()["detail"], "the next one is told in Vietnamese again"
    assert vietnamese["title"] != english.json()["title"]


def test_the_problem_of_each_field_is_in_the_same_language(tham: Script) -> None:
    body = {"name": 3, "kind": "x" * 300, "latitude": 99, "colour": "red"}
    assert tham.post("/areas", body, **ENGLISH).json()["errors"] == [
        {"field": "name", "detail": "must be text, in quotation marks"},
        {"field": "kind", "detail": "is too long"},
        {"field": "latitude", "detail": "is at most 90.0"},
        {"field": "colour", "detail": "there is no such field; leave it out and send it again"},
    ]
    assert tham.post("/areas", body).json()["errors"] == [
        {"field": "name", "detail": "phải là chữ, trong dấu ngoặc kép"},
        {"field": "kind", "detail": "dài quá"},
        {"field": "latitude", "detail": "lớn nhất là 90.0"},
        {"field": "colour", "detail": "không có trường này; bỏ đi rồi gửi lại"},
    ]


def test_problems_of_signing_in_are_in_the_same_language(api: Api) -> None:
    assert api.nobody.get("/areas", **ENGLISH).json()["code"] == "token_missing"
    wrong = api.nobody.post("/sessions", {"username": "tham", "password": "wrong"}, **ENGLISH)
    assert wrong.json()["detail"].startswith("The name or the password is wrong.")


def test_health_is_in_the_language_that_is_asked_for(api: Api) -> None:
    api.office.link.last_error = Phrase("broker_unreachable", detail="refused")
    api.office.link.is_connected = lambda: False  # type: ignore[method-assign]
    assert "không nối được: refused" in api.nobody.get("/health").json()["broker"]
    assert "it can't be reached: refused" in api.nobody.get("/health", **ENGLISH).json()["broker"]


def test_pages_stay_vietnamese_whatever_language_the_browser_asks_for(api: Api) -> None:
    page = api.client.get("/nowhere", headers=ENGLISH["headers"])
    assert "Không có trang này" in page.text
    assert "There is no" not in page.text


def test_warnings_about_limits_are_in_the_readers_language(api: Api, tham: Script) -> None:
    tham.patch(f"/areas/{api.commune.areas['xã']}", {"session_limits": {"weekdays": [0]}})
    body = {
        "announcement": api.commune.approved(),
        "areas": [api.commune.areas["ấp 1"]],
        "starts_at": "2026-11-25T10:00:00Z",
    }
    assert tham.post("/broadcasts", body, **ENGLISH).json()["warnings"] == ["Wednesday is not a broadcast day of Ấp 1."]


def test_the_failure_of_a_sound_is_stored_as_a_phrase_and_shown_in_either_language(api: Api, tham: Script) -> None:
    announcement = api.commune.approved()
    with api.writing() as session:
        row = session.get_one(Announcement, announcement)
        row.clip, row.clip_failure = None, Phrase("speech_failed", why=Phrase("engine_offline"))
        session.add(row)
    with api.office.database.reading() as session:
        kept = session.connection().execute(text("SELECT clip_failure FROM announcement")).scalar_one()
    assert kept == '{"code": "speech_failed", "values": {"why": {"code": "engine_offline", "values": {}}}}'
    told = [tham.get(f"/announcements/{announcement}", **more).json()["audio_failure"] for more in ({}, ENGLISH)]
    assert told == ["máy đọc không chạy được (không có mạng)", "the voice doesn't work (there is no network)"]


def test_a_plain_sentence_of_an_earlier_version_is_shown_unchanged(api: Api, tham: Script) -> None:
    announcement = api.commune.approved()
    with api.writing() as session:
        sentence = {"said": "máy đọc không chạy được (hung)"}
        session.connection().execute(text("UPDATE announcement SET clip = NULL, clip_failure = :said"), sentence)
    for more in ({}, ENGLISH):
        told = tham.get(f"/announcements/{announcement}", **more).json()
        assert told["audio_failure"] == "máy đọc không chạy được (hung)"
    refused = tham.post(f"/announcements/{announcement}/submission", {}, **ENGLISH).json()
    assert (
        refused["detail"]
        == "The sound could not be made: máy đọc không chạy được (hung). Correct that, then try again."
    )
    with api.writing() as session:  # it stays the same when the row is written again
        row = session.get_one(Announcement, announcement)
        row.title, row.clip_failure = "Khác", row.clip_failure
        session.add(row)
    with api.office.database.reading() as session:
        assert str(session.get_one(Announcement, announcement).clip_failure) == "máy đọc không chạy được (hung)"
        assert (
            session.connection().execute(text("SELECT clip_failure FROM announcement")).scalar_one() == sentence["said"]
        )
