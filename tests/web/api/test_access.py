"""Who may do what by the REST interface: each route that changes something, for each role."""

from typing import Any

import pytest

from controller.people.sessions import close_session
from controller.web.frame.access import COOKIE
from tests.people import manifests_waiting
from tests.web.api.scripts import Api
from tests.web.api.test_requests import PROBLEM, recorded

OFFICERS = ("tham", "quang", "editor")
"""Administrator, approver, editor."""


class Commands:
    """Every call that changes something, on a commune where it can be done."""

    def __init__(self, api: Api) -> None:
        commune = api.commune
        draft, hamlet = commune.announcement(author="editor"), commune.areas["ấp 1"]
        submitted, refused = (commune.announcement(author="editor") for _ in range(2))
        editor = api.script("editor")
        for each in (submitted, refused):
            assert editor.post(f"/announcements/{each}/submission").status_code == 200
        commune.order(submitted, "ấp 1", starts_in_s=900, by="editor")
        waiting = manifests_waiting(commune, submitted)
        planned = commune.order(commune.approved(author="editor", approver="quang"), "ấp 1", starts_in_s=600)
        order = {"announcement": draft, "areas": [hamlet], "starts_at": None}
        written = {"title": "Họp", "text": "Mời bà con.", "bulletin_class": "normal"}
        self.calls: dict[str, tuple[str, str, dict[str, Any], set[str]]] = {
            "add area": ("POST", "/areas", {"json": {"name": "Ấp 3", "kind": "ấp", "parent": hamlet}}, {"tham"}),
            "change area": ("PATCH", f"/areas/{hamlet}", {"json": {"name": "Ấp Một"}}, {"tham"}),
            "silence": ("POST", f"/areas/{commune.areas['ấp 2']}/silence", {"json": {}}, set(OFFICERS)),
            "lift silence": ("DELETE", f"/areas/{hamlet}/silence", {}, set(OFFICERS)),
            "admit": ("POST", "/speakers", {"json": {"speaker": "loa-3", "name": "L", "area": hamlet}}, {"tham"}),
            "credentials": ("POST", "/speakers/loa-2/credentials", {}, {"tham"}),
            "set up": ("PATCH", "/speakers/loa-2", {"json": {"output_delay_ms": 10}}, {"tham"}),
            "mute": ("PATCH", "/speakers/loa-2", {"json": {"muted": True}}, set(OFFICERS)),
            "write": ("POST", "/announcements", {"json": written}, set(OFFICERS)),
            "order": ("POST", "/broadcasts", {"json": order}, set(OFFICERS)),
            "record": (
                "POST",
                f"/announcements/{submitted}/recording",
                {"files": {"file": ("a.wav", recorded())}},
                set(OFFICERS),
            ),
            "submit": ("POST", f"/announcements/{draft}/submission", {}, set(OFFICERS)),
            "approve": (
                "POST",
                f"/announcements/{submitted}/approval",
                {"json": {"manifests": waiting}},
                {"tham", "quang"},
            ),
            "refuse": (
                "POST",
                f"/announcements/{refused}/refusal",
                {"json": {"reason": "sai ngày"}},
                {"tham", "quang"},
            ),
            "cancel": ("POST", f"/broadcasts/{planned.broadcast}/cancellation", {}, set(OFFICERS)),
        }


NAMES = [
    *("add area", "change area", "silence", "lift silence", "admit", "credentials", "set up", "mute", "write", "order"),
    *("record", "submit", "approve", "refuse", "cancel"),
]


@pytest.mark.parametrize("name", NAMES)
def test_each_role_may_make_its_own_calls_and_no_others(api: Api, name: str) -> None:
    commands = Commands(api)
    assert list(commands.calls) == NAMES
    method, path, body, may = commands.calls[name]
    assert api.nobody.call(method, path, **body).status_code == 401
    for officer in OFFICERS:
        if officer not in may:
            answer = api.script(officer).call(method, path, **body)
            assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM), officer
    answer = api.script(min(may)).call(method, path, **body)
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("name", NAMES)
def test_a_call_with_a_cookie_alone_is_refused(api: Api, name: str) -> None:
    method, path, body, _ = Commands(api).calls[name]
    token = api.script().token
    assert token is not None
    assert api.nobody.call(method, path, headers={"Cookie": f"{COOKIE}={token}"}, **body).status_code == 401


READS = ["/areas", "/speakers", "/speakers/loa-2", "/announcements", "/broadcasts"]


@pytest.mark.parametrize("path", READS)
def test_reading_needs_a_valid_token(api: Api, path: str) -> None:
    script = api.script("editor")
    assert script.get(path).status_code == 200
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}):
        answer = api.nobody.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    api.website.later(hours=12)
    assert script.get(path).status_code == 401


def test_a_token_is_invalid_after_signing_out(api: Api) -> None:
    script = api.script()
    assert script.token is not None
    with api.commune.writing() as session:
        close_session(session, script.token)
    assert script.get("/areas").status_code == 401


def test_the_sound_is_served_by_the_browsers_cookie(api: Api) -> None:
    announcement, token = api.commune.announcement(), api.script().token
    path = f"/announcements/{announcement}/audio"
    assert api.nobody.get(path, headers={"Cookie": f"{COOKIE}={token}"}).status_code == 200
    assert api.nobody.get(path).status_code == 401


def test_an_unknown_user_name_and_a_wrong_password_get_the_same_answer(api: Api) -> None:
    answers = [
        api.nobody.post("/sessions", {"username": username, "password": "x" * 12}) for username in ("tham", "nobody")
    ]
    assert [each.status_code for each in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()
