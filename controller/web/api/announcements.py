"""`/announcements`: write one, change it, submit it, approve it, give it back; and the sound that will be heard."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.datastructures import UploadFile

from audio.clip_store import CorruptClip
from audio.speech.port import MAX_SPEED, MIN_SPEED, Voice
from controller.announcements.drafts import AnnouncementFields, change_announcement, write_announcement
from controller.announcements.lists import require_announcement
from controller.announcements.sound import keep_recording, make_clip_again, require_sound, sound_state
from controller.announcements.submission import submit_announcement
from controller.database.tables import Announcement
from controller.errors import Invalid
from controller.planning.approvals import MAX_REFUSAL_LENGTH, approve, refuse
from controller.station.officers import require_role
from controller.web.admission.sound_waits import SoundWaitedFor
from controller.web.api.views import AnnouncementView, announcement_view, announcement_views
from controller.web.frame.access import Caller, Reader, TheOffice
from controller.web.frame.fields import After, Body, Limit, View, page_of
from controller.web.frame.idempotency import Once
from controller.web.frame.uploads import kept_recording
from wire.model import BulletinClass

router = APIRouter(tags=["announcements"])

Speed = Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED, strict=False)]
LanguageTag = Annotated[str, Field(pattern=r"^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]


class AnnouncementBody(Body):
    """A new announcement. `speed`: 1.0 is normal. `may_leave_country`: its numbers may be sent to a voice abroad."""

    title: str
    text: str
    bulletin_class: BulletinClass
    language: LanguageTag = "vi"
    voice: Voice = "north"
    speed: Speed = 1.0
    may_leave_country: bool = False


class AnnouncementChanges(Body):
    """The fields to change. A changed announcement is a draft again."""

    title: str | None = None
    text: str | None = None
    bulletin_class: BulletinClass | None = None
    language: LanguageTag | None = None
    voice: Voice | None = None
    speed: Speed | None = None
    may_leave_country: bool | None = None


class SubmissionBody(Body):
    """`confirmed`: the kinds of warnings that a person has looked at."""

    confirmed: list[str] = Field(default_factory=list)


class ApprovalBody(Body):
    """`clip`: the SHA-256 of the sound that was heard, so that no other sound is approved."""

    clip: str | None = None


class RefusalBody(Body):
    """`reason`: what the author has to correct."""

    reason: Annotated[str, Field(max_length=MAX_REFUSAL_LENGTH)]


class Announcements(View):
    """One page of announcements. `next`: the value of `after` for the next page; null: there is none."""

    items: list[AnnouncementView]
    next: str | None


@router.get("/announcements")
def get_announcements(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Announcements:
    """All announcements, the oldest first."""
    with office.database.reading() as session:
        items, after_this = page_of(session, Announcement, limit, after, lambda rows: announcement_views(session, rows))
    return Announcements(items=items, next=after_this)


@router.post("/announcements", status_code=201, response_model=AnnouncementView)
def post_announcement(body: AnnouncementBody, office: TheOffice, caller: Caller, once: Once) -> Response:
    """Write an announcement. Its sound is made right after the answer."""
    require_role(caller.officer, "editor", "approver")
    return once.perform(
        lambda session: announcement_view(
            session, write_announcement(session, office.now(), caller.officer, body.fields())
        ),
        201,
    )


@router.get("/announcements/{announcement}")
def get_announcement(announcement: str, office: TheOffice, _caller: Caller) -> AnnouncementView:
    """One announcement."""
    with office.database.reading() as session:
        return announcement_view(session, require_announcement(session, announcement))


@router.patch("/announcements/{announcement}")
def patch_announcement(
    announcement: str, body: AnnouncementChanges, office: TheOffice, caller: Caller
) -> AnnouncementView:
    """Change an announcement. It is a draft again."""
    require_role(caller.officer, "editor", "approver")
    changes: AnnouncementFields = body.given()
    for name, value in changes.items():
        if value is None:
            raise Invalid(name, "field_blank")
    with office.database.writing() as session:
        return announcement_view(
            session, change_announcement(session, office.now(), caller.officer, announcement, changes)
        )


async def _uploaded(request: Request, _caller: Caller) -> UploadFile:
    """The form's file. It is read after the caller is known, so that a stranger can't fill the disk."""
    form = await request.form(max_files=1, max_fields=1)
    for name in form:
        if name != "file":
            raise Invalid(name, "field_unknown")
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid("file", "field_file_missing")
    return file


_RECORDING = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}


@router.post(
    "/announcements/{announcement}/recording",
    response_model=AnnouncementView,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _RECORDING}}}},
)
async def post_recording(
    request: Request,
    announcement: str,
    office: TheOffice,
    caller: Caller,
    file: Annotated[UploadFile, Depends(_uploaded)],
    once: Once,
) -> Response:
    """Use a recorded voice in place of speech: WAV, MP3, M4A, Opus or FLAC."""
    require_role(caller.officer, "editor", "approver")
    sha256 = await kept_recording(request, office, file.file, "file")
    return await run_in_threadpool(
        once.perform,
        lambda session: announcement_view(
            session, keep_recording(session, office.now(), caller.officer, announcement, sha256)
        ),
    )


@router.post("/announcements/{announcement}/submission", response_model=AnnouncementView)
def post_submission(
    announcement: str,
    office: TheOffice,
    caller: Caller,
    _sound: SoundWaitedFor,
    once: Once,
    body: SubmissionBody | None = None,
) -> Response:
    """Submit it for approval. The answer waits until its sound is made."""
    require_role(caller.officer, "editor", "approver")
    confirmed = body.confirmed if body else []
    return once.perform(
        lambda session: announcement_view(
            session, submit_announcement(session, office.now(), caller.officer, announcement, confirmed)
        )
    )


@router.post("/announcements/{announcement}/approval", response_model=AnnouncementView)
def post_approval(
    announcement: str, office: TheOffice, caller: Caller, once: Once, body: ApprovalBody | None = None
) -> Response:
    """Approve its sound. The broadcasts that waited for the approval are planned."""
    require_role(caller.officer, "approver")
    clip = body.clip if body else None
    return once.perform(
        lambda session: announcement_view(session, approve(session, office.now(), caller.officer, announcement, clip))
    )


@router.post("/announcements/{announcement}/refusal", response_model=AnnouncementView)
def post_refusal(announcement: str, body: RefusalBody, office: TheOffice, caller: Caller, once: Once) -> Response:
    """Give it back to its author with a reason."""
    require_role(caller.officer, "approver")
    return once.perform(
        lambda session: announcement_view(
            session, refuse(session, office.now(), caller.officer, announcement, body.reason)
        )
    )


@router.get("/announcements/{announcement}/audio", response_class=Response)
def get_audio(announcement: str, request: Request, office: TheOffice, _reader: Reader) -> Response:
    """The bytes that loudspeakers will play (Ogg Opus); 202 while they are being made."""
    with office.database.reading() as session:
        row = require_announcement(session, announcement)
    if sound_state(row) == "being_made":
        return Response(status_code=202, headers={"Retry-After": "1"})
    clip = require_sound(row)
    try:
        office.store.read(clip)  # what was approved is what was heard, byte for byte
    except (CorruptClip, FileNotFoundError):
        with office.database.writing() as session:
            make_clip_again(session, clip)
        return Response(status_code=202, headers={"Retry-After": "1"})
    headers = {"ETag": f'"{clip}"', "Cache-Control": "private, no-cache"}
    if clip in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(office.store.path(clip), media_type="audio/ogg; codecs=opus", headers=headers)
