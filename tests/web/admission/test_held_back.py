"""A request that is held back while its sender's session ends comes too late: a stolen cookie outlives nothing."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx

from controller.database.tables import Broadcast
from controller.people.sessions import end_all_sessions
from controller.planning.submission import submit_announcement
from controller.web.frame.access import COOKIE
from tests.web.conftest import Forms, Website, application_of


def test_a_form_is_refused_once_its_session_has_ended(website: Website) -> None:
    commune = website.commune
    announcement = commune.announcement()
    with commune.writing() as session:
        submit_announcement(session, commune.now, commune.officers["tham"], announcement, [])
    broadcast = commune.order(announcement, "ấp 1", starts_in_s=900).broadcast
    browser = website.officer("quang")
    path = f"/phe-duyet/{announcement}"
    browser.get(path)
    [fields] = [each for _method, action, each in Forms(browser.page).forms if action == path]

    async def body() -> AsyncIterator[bytes]:
        whole = urlencode(fields).encode()
        yield whole[:5]
        with commune.writing() as session:
            end_all_sessions(session, commune.officers["quang"].officer)
        yield whole[5:]

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(application_of(website.office))
        cookies = {COOKIE: browser.client.cookies[COOKIE]}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as client:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await client.post(path, content=body(), headers=headers)

    assert asyncio.run(send()).status_code == 403
    with website.office.database.reading() as session:
        assert session.get_one(Broadcast, broadcast).planned_at is None
