"""In which lane a request waits, and that waiting for a sound takes nothing from the others."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from starlette.requests import HTTPConnection
from starlette.types import Scope

from controller.announcements.drafts import write_announcement
from controller.running.app import Office
from controller.web.admission.places import SIZES, lane
from controller.web.application import API, make_application
from controller.web.entrance import URGENT, lane_of, officer_of
from controller.web.frame.access import COOKIE
from tests.people import PASSWORD
from tests.web.conftest import Website, application_of
from tests.web.frame.page_addresses import ROUTES

STOPS = {
    "GET /im-lang",
    "POST /im-lang",
    "GET /im-lang/ket-qua",
    "GET /phan/im-lang",
    "GET /luot-phat/{broadcast}/dung",
    "POST /luot-phat/{broadcast}/dung",
    "POST /cum-loa/{speaker}/tat-tieng",
    "POST /api/v1/areas/{area}/silence",
    "DELETE /api/v1/areas/{area}/silence",
    "POST /api/v1/broadcasts/{broadcast}/cancellation",
    "PATCH /api/v1/speakers/{speaker}",
}


def test_what_stops_sound_is_urgent_and_nothing_else() -> None:
    pages = {f"{method} {route.path}" for route in ROUTES for method in route.methods or ()}
    described = make_application(cast(Office, None)).openapi()["paths"]
    calls = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {each for each in pages | calls if URGENT.fullmatch(re.sub(r"\{\w+\}", "x", each))} == STOPS


def lane_now(website: Website, what: str, **headers: str) -> str:
    method, path = what.split()
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
    request = HTTPConnection(scope)
    return lane_of(request, website.office, what, officer_of(request, website.office))


@pytest.mark.parametrize("what", ["POST /im-lang", f"POST {API}/areas/a-1/silence"])
def test_only_who_is_signed_in_is_urgent(website: Website, what: str) -> None:
    browser = website.officer()
    token = browser.client.cookies[COOKIE]
    shown = {"cookie": f"{COOKIE}={token}"} if what == "POST /im-lang" else {"authorization": f"Bearer {token}"}
    assert lane_now(website, what) == "strangers"
    assert lane_now(website, what, cookie=f"{COOKIE}=x", authorization="Bearer x") == "strangers"
    browser.get("/")
    assert lane_now(website, what, **shown) == "urgent"
    assert lane_now(website, "GET /", **shown) == "officers"
    browser.send("/dang-xuat")
    assert lane_now(website, what, **shown) == "urgent"
    browser.client.cookies.set(COOKIE, token)
    browser.client.get("/")
    assert lane_now(website, what, **shown) == "strangers", "it was found wrong"


def test_a_device_that_an_officer_signed_in_on_does_not_wait_with_strangers(website: Website) -> None:
    browser = website.visitor()
    browser.client.post(f"{API}/sessions", json={"username": "tham", "password": PASSWORD})
    [cookie] = [f"{name}={value}" for name, value in browser.client.cookies.items() if name.startswith("loa_may_")]
    assert lane_now(website, "GET /dang-nhap", cookie=cookie) == "devices"
    assert lane_now(website, "POST /im-lang", cookie=cookie) == "devices", "that isn't a session"
    assert lane_now(website, "GET /dang-nhap", cookie=cookie[:-1]) == "strangers"


@asynccontextmanager
async def client_of(website: Website, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests all run in this event loop, like uvicorn's."""
    transport = httpx.ASGITransport(application_of(website.office))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        yield client


def in_one_loop(website: Website, test: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Run a test with a client of an officer who has asked before."""
    browser = website.officer()
    browser.get("/")

    async def run() -> None:
        async with client_of(website, browser.client.cookies[COOKIE]) as client:
            await test(client)

    asyncio.run(run())


def draft(website: Website, title: str) -> str:
    with website.office.database.writing() as session:
        fields: Any = {"title": title, "text": f"Mời bà con {title}.", "bulletin_class": "normal"}
        return write_announcement(session, website.commune.now, website.commune.officers["tham"], fields).announcement


def test_requests_that_wait_for_sounds_take_no_thread_and_no_place(website: Website) -> None:
    drafts = [draft(website, f"số {number}") for number in range(SIZES["officers"].places + 3)]

    async def test(client: httpx.AsyncClient) -> None:
        waiting = [
            asyncio.create_task(client.post(f"{API}/announcements/{each}/submission", json={})) for each in drafts
        ]
        async with asyncio.timeout(60):
            assert (await client.get(f"{API}/areas")).status_code == 200
            assert (await client.post(f"{API}/areas/{website.commune.areas['xã']}/silence")).status_code == 200
        assert not any(each.done() for each in waiting)
        await asyncio.to_thread(website.make_sounds)
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*waiting)
        assert {each.status_code for each in answers} == {200}

    in_one_loop(website, test)


def test_silence_is_answered_while_all_other_lanes_are_full_of_work_that_stands(website: Website) -> None:
    async def test(client: httpx.AsyncClient) -> None:
        ended = asyncio.Event()

        async def stand(name: Any, number: int) -> None:
            async with lane(name).admitted(f"officer {number}"):
                await ended.wait()

        busy = [
            asyncio.create_task(stand(name, number))
            for name in ("officers", "strangers")
            for number in range(SIZES[name].places + SIZES[name].waiting)
        ]
        await asyncio.sleep(0)
        async with asyncio.timeout(60):
            refused = await client.get(f"{API}/areas", headers={"Accept-Language": "en"})
            done = await client.post(f"{API}/areas/{website.commune.areas['xã']}/silence")
            page = await client.get("/dang-nhap", headers={"Authorization": ""})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert refused.json()["code"] == "too_many_waiting"
        assert "Many other requests" in refused.json()["detail"]
        assert done.status_code == 200
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        assert "Nhiều yêu cầu khác đang chờ" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        ended.set()
        await asyncio.gather(*busy)

    in_one_loop(website, test)


def test_a_network_that_does_not_wait_is_refused_before_its_form_is_read(website: Website) -> None:
    stranger = website.visitor()
    wrong = {"username": "tham", "password": "khong-phai-the"}
    answers = [stranger.client.post(f"{API}/sessions", json=wrong).status_code for _ in range(17)]
    assert answers == [401] * 5 + [429] * 12
    assert stranger.client.post(f"{API}/sessions", content=b"not JSON").status_code == 429
    page = stranger.client.post("/dang-nhap", data={"ten": "tham"})
    assert page.status_code == 429
    assert "Chờ 1 giây" in page.text
