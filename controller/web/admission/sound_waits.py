"""Requests that wait until a sound is made: they hold neither a thread nor a place meanwhile."""

import asyncio
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from controller.running.app import Office
from controller.web.admission.places import outside

LONGEST_WAIT_FOR_SOUND_S = 20.0
"""After this time a request is answered without the sound."""


async def wait_for_sound(request: Request, announcement: str, within_s: float = LONGEST_WAIT_FOR_SOUND_S) -> None:
    """Wait until the sound of an announcement's current version is made or has failed, at most so long."""
    office: Office = request.app.state.office
    until = asyncio.get_running_loop().time() + within_s
    with office.preparation.watched(announcement) as woken:
        while not await run_in_threadpool(office.preparation.is_made, announcement):
            try:
                async with outside(request), asyncio.timeout_at(until):
                    await woken.wait()
            except TimeoutError:
                return
            woken.clear()


async def _wait_for_sound(request: Request, announcement: str) -> None:
    await wait_for_sound(request, announcement)


SoundWaitedFor = Annotated[None, Depends(_wait_for_sound)]
"""For the announcement of the path. It stands after whoever asks: a stranger waits for nothing."""
