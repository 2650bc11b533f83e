"""How each voice sounds (/giong-doc/{voice}): one sentence, made when it is asked for."""

from fastapi import APIRouter, Response

from audio.sound.opus import MEDIA_TYPE
from audio.speech.port import SpeechFailed
from controller.announcements.clip_preparation import why_silent
from controller.errors import Conflict, NotFound
from controller.web.frame.page import ThePage
from controller.web.writing.write import voices_offered

router = APIRouter(include_in_schema=False)

SAYS = "Kính thưa bà con. Đây là giọng đọc của đài truyền thanh."


@router.get("/giong-doc/{voice}")
def get(page: ThePage, voice: str) -> Response:
    """The sample as Ogg Opus, by this voice and no other."""
    if voice not in voices_offered(page):
        raise NotFound("voice_unknown")
    try:
        clip = page.office.preparation.sample(voice, SAYS)
    except SpeechFailed as error:
        raise Conflict("voice_unusable", why=why_silent(error.reason)) from None
    return Response(clip, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, max-age=3600"})
