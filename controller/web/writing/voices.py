"""How each voice sounds (/giong-doc/{voice}): one sentence, made when it is asked for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from audio.sound.opus import MEDIA_TYPE
from audio.speech.port import SpeechFailed, Voice
from controller.announcements.clip_preparation import why_silent
from controller.errors import Conflict, NotFound
from controller.web.admission.places import outside
from controller.web.frame.page import ThePage
from controller.web.writing.write import voices_offered

router = APIRouter(include_in_schema=False)

SAYS = "Kính thưa bà con. Đây là giọng đọc của đài truyền thanh."


def _offered(page: ThePage, voice: str) -> Voice:
    for each in voices_offered(page):
        if each == voice:
            return each
    raise NotFound("voice_unknown")


@router.get("/giong-doc/{voice}")
async def get(page: ThePage, voice: Annotated[Voice, Depends(_offered)]) -> Response:
    """The sample as Ogg Opus, by this voice and no other."""
    office = page.office
    try:
        async with outside(page.request):
            clip = await office.sound_work.run(lambda: office.preparation.sample(voice, SAYS))
    except SpeechFailed as error:
        raise Conflict("voice_unusable", why=why_silent(error.reason)) from None
    return Response(clip, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, max-age=3600"})
