"""`/announcements`: write one, change it, submit it, approve it, give it back; and the sound that will be heard."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import Field
from sqlmodel import Session
from starlette.datastructures import UploadFile

from audio.clip_store import CorruptClip
from audio.speech.port import MAX_SPEED, MIN_SPEED, Voice
from controller.announcements.drafts import (
    AnnouncementFields,
    change_announcement,
    read_ahead,
    take_up_version,
    write_announcement,
)
from controller.announcements.lists import require_announcement
from controller.announcements.sound import keep_recording, make_clip_again, require_sound, sound_state
from controller.announcements.versions import approvals_of_versions, versions_of
from controller.database.column_types import ManifestFields
from controller.database.tables import Announcement
from controller.errors import Conflict, Invalid, VersionChanged, VersionMissing
from controller.orders.agreements import content_of
from controller.orders.spoken_version import is_clip_handed_in, spoken_version
from controller.orders.standing_texts import MOST_USES, StandingOrder, end_standing_text, make_standing_text
from controller.planning.approvals import MAX_REFUSAL_LENGTH, approve, refuse
from controller.planning.standing_now import standing_now
from controller.planning.submission import submit_announcement
from controller.station.officers import all_officers
from controller.web.admission.sound_waits import SoundWaitedFor
from controller.web.api.views import (
    AnnouncementView,
    GivenView,
    OfficerView,
    announcement_view,
    announcement_views,
    given_views,
)
from controller.web.frame.access import Approver, Caller, Editor, Reader, TheOffice, asker_of
from controller.web.frame.fields import (
    After,
    Body,
    GapMs,
    Limit,
    QuietHoursBody,
    RequestInstant,
    Times,
    VersionNumber,
    View,
    page_of,
)
from controller.web.frame.idempotency import Once
from controller.web.frame.uploads import kept_recording
from schedules.limits import DEFAULT_GAP_MS
from wire.broadcast import MAX_NAMES
from wire.instants import Instant
from wire.model import BulletinClass
from wire.settings import MAX_QUIET_HOURS

router = APIRouter(tags=["announcements"])

Speed = Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED, strict=False)]
IfMatch = Annotated[str | None, Header(alias="If-Match")]
LanguageTag = Annotated[str, Field(pattern=r"^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$", max_length=35)]


class AnnouncementBody(Body):
    """A new announcement. `speed`: 1.0 is normal. `may_leave_country`: its numbers may be sent to a voice abroad.

    `area`: whoever is in charge of it may change it; missing: the caller's own.
    """

    title: str
    text: str
    bulletin_class: BulletinClass
    language: LanguageTag = "vi"
    voice: Voice = "north"
    speed: Speed = 1.0
    may_leave_country: bool = False
    area: str | None = None


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
    """`manifests`: what is approved, by the names that `GET /approvals` gives; `clip`: the sound that was heard."""

    manifests: Annotated[list[str], Field(min_length=1, max_length=MAX_NAMES)]
    clip: str | None = None


class StandingBody(Body):
    """A text that one approver may set off later: in these places and local hours, so often, until that instant."""

    areas: Annotated[list[str], Field(min_length=1, max_length=MAX_NAMES)]
    hours: Annotated[list[QuietHoursBody], Field(min_length=1, max_length=MAX_QUIET_HOURS)]
    most_times: Annotated[int, Field(ge=1, le=MOST_USES)]
    until: RequestInstant
    times: Times = 1
    gap_ms: GapMs = DEFAULT_GAP_MS


class StandingView(View):
    """A standing text and what waits for approval of it."""

    standing: str
    announcement: str
    manifest: str
    content: ManifestFields


class StandingUsesView(StandingView):
    """With its approvals. `complete`: it is in force, and was set off `used` times; else it waits for approval."""

    approvals: list[GivenView]
    complete: bool
    used: int


class StandingTexts(View):
    """The standing texts of one announcement. `next` is always null: there are never many."""

    items: list[StandingUsesView]
    next: None = None


class RefusalBody(Body):
    """`reason`: what the author has to correct."""

    reason: Annotated[str, Field(max_length=MAX_REFUSAL_LENGTH)]


class Announcements(View):
    """One page of announcements. `next`: the value of `after` for the next page; null: there is none."""

    items: list[AnnouncementView]
    next: str | None


class VersionView(View):
    """One version. `fields`: what it changed of the one before. `approvals`: of orders that say it, those in force."""

    version: int
    title: str
    text: str
    spoken_text: str
    bulletin_class: BulletinClass
    language: str
    voice: Voice
    speed: float
    recorded: bool
    fields: list[str]
    changed_by: OfficerView
    changed_at: Instant
    approvals: list[GivenView]


class Versions(View):
    """One page of versions. `next`: the value of `after` for the next page; null: there is none."""

    items: list[VersionView]
    next: int | None


@router.get("/announcements")
def get_announcements(office: TheOffice, _caller: Caller, limit: Limit = 100, after: After = None) -> Announcements:
    """All announcements, the oldest first."""
    with office.database.reading() as session:
        items, after_this = page_of(session, Announcement, limit, after, lambda rows: announcement_views(session, rows))
    return Announcements(items=items, next=after_this)


@router.post("/announcements", status_code=201, response_model=AnnouncementView)
def post_announcement(body: AnnouncementBody, office: TheOffice, caller: Editor, once: Once) -> Response:
    """Write an announcement. Its sound is made right after the answer."""
    read_ahead(office.database, office.now(), caller.officer, body.given())
    return once.perform(
        lambda session: announcement_view(
            session, write_announcement(session, office.now(), caller.officer, body.given())
        ),
        201,
    )


@router.get("/announcements/{announcement}")
def get_announcement(announcement: str, office: TheOffice, _caller: Caller, answer: Response) -> AnnouncementView:
    """One announcement; its version is the ETag."""
    with office.database.reading() as session:
        row = require_announcement(session, announcement)
        answer.headers["ETag"] = f'"{row.version}"'
        return announcement_view(session, row)


@router.patch("/announcements/{announcement}")
def patch_announcement(
    announcement: str,
    body: AnnouncementChanges,
    office: TheOffice,
    caller: Editor,
    answer: Response,
    if_match: IfMatch = None,
) -> AnnouncementView:
    """Change the version that `If-Match` names. That makes a new version, a draft; what is ordered says the old one."""
    changes: AnnouncementFields = body.given()
    for name, value in changes.items():
        if value is None:
            raise Invalid(name, "field_blank")
    read_ahead(office.database, office.now(), caller.officer, changes, announcement)
    with office.database.writing() as session:
        _require_version(if_match, require_announcement(session, announcement))
        row = change_announcement(session, office.now(), caller.officer, announcement, changes)
        answer.headers["ETag"] = f'"{row.version}"'
        return announcement_view(session, row)


def _require_version(if_match: str | None, row: Announcement) -> None:
    """Raises VersionMissing, VersionChanged unless the header names the newest version, as `"3"` or `*`."""
    if if_match is None:
        raise VersionMissing("version_missing")
    _require_unchanged(if_match, row, "announcement_changed_not_saved")


def _require_unchanged(if_match: str | None, row: Announcement, code: str) -> None:
    """Raises VersionChanged where a header that may be left out names another version."""
    if if_match is not None and if_match.strip() not in ("*", f'"{row.version}"'):
        raise VersionChanged(code)


@router.get("/announcements/{announcement}/versions")
def get_versions(
    announcement: str, office: TheOffice, _caller: Caller, limit: Limit = 100, after: int | None = None
) -> Versions:
    """All versions, the newest first."""
    with office.database.reading() as session:
        require_announcement(session, announcement)
        found = [row for row in versions_of(session, announcement) if after is None or row.version < after]
        names = {row.officer: row.name for row in all_officers(session)}
        approvals = approvals_of_versions(session, announcement)
        items = [
            VersionView(
                **row.model_dump(include=VersionView.model_fields.keys() - {"recorded", "changed_by", "approvals"}),
                recorded=row.recording is not None,
                changed_by=OfficerView(officer=row.changed_by, name=names[row.changed_by]),
                approvals=given_views(approvals.get(row.version, []), names),
            )
            for row in found[:limit]
        ]
    return Versions(items=items, next=items[-1].version if len(found) > limit else None)


@router.post("/announcements/{announcement}/versions/{version}/taking-up", response_model=AnnouncementView)
def post_taking_up(
    announcement: str,
    version: VersionNumber,
    office: TheOffice,
    caller: Editor,
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Make a new version that says what this one said: a draft. `If-Match` names the newest one, as for a change."""

    def deed(session: Session) -> AnnouncementView:
        _require_version(if_match, require_announcement(session, announcement))
        return announcement_view(session, take_up_version(session, office.now(), caller.officer, announcement, version))

    return once.perform(deed)


async def _uploaded(request: Request, office: TheOffice, caller: Editor) -> UploadFile:
    """The form's file. It is read after the caller is known, so that a stranger can't fill the disk.

    Raises Invalid, NotSignedIn (the session ended while it came in).
    """
    form = await request.form(max_files=1, max_fields=1)
    await run_in_threadpool(asker_of, office, caller.token)
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
    caller: Editor,
    file: Annotated[UploadFile, Depends(_uploaded)],
    once: Once,
    if_match: IfMatch = None,
) -> Response:
    """Use a recorded voice in place of speech: WAV, MP3, M4A, Opus or FLAC. `If-Match`: in place of that version."""
    sha256 = await kept_recording(request, office, file.file, "file")

    def deed(session: Session) -> AnnouncementView:
        _require_unchanged(if_match, require_announcement(session, announcement), "announcement_changed_not_saved")
        return announcement_view(session, keep_recording(session, office.now(), caller.officer, announcement, sha256))

    return await run_in_threadpool(once.perform, deed)


@router.post("/announcements/{announcement}/submission", response_model=AnnouncementView)
def post_submission(
    announcement: str,
    office: TheOffice,
    caller: Editor,
    _sound: SoundWaitedFor,
    once: Once,
    body: SubmissionBody | None = None,
    if_match: IfMatch = None,
) -> Response:
    """Submit it for approval. The answer waits until its sound is made. `If-Match`: that version and no newer one."""
    confirmed = body.confirmed if body else []

    def deed(session: Session) -> AnnouncementView:
        _require_unchanged(if_match, require_announcement(session, announcement), "announcement_changed_not_submitted")
        return announcement_view(
            session, submit_announcement(session, office.now(), caller.officer, announcement, confirmed)
        )

    return once.perform(deed)


@router.post("/announcements/{announcement}/approval", response_model=AnnouncementView)
def post_approval(announcement: str, body: ApprovalBody, office: TheOffice, caller: Approver, once: Once) -> Response:
    """Approve orders of it, all of these or none. What enough officers have approved is planned."""

    def deed(session: Session) -> AnnouncementView:
        row = require_announcement(session, announcement)
        if body.clip is not None and body.clip != spoken_version(session, row).clip:
            raise Conflict("sound_changed_since_heard")
        approve(session, office.now(), caller.officer, body.manifests, announcement)
        return announcement_view(session, row)

    return once.perform(deed)


@router.post("/announcements/{announcement}/standing", status_code=201, response_model=StandingView)
def post_standing(announcement: str, body: StandingBody, office: TheOffice, caller: Editor, once: Once) -> Response:
    """Ask approval beforehand of a text that one approver may set off alone. Each use is reviewed afterwards."""
    fields = body.fields()
    order = StandingOrder(
        announcement=announcement,
        areas=tuple(dict.fromkeys(body.areas)),
        hours=tuple(fields["hours"]),
        most_times=body.most_times,
        until=body.until,
        times=body.times,
        gap_ms=body.gap_ms,
    )

    def deed(session: Session) -> StandingView:
        agreement = make_standing_text(session, office.now(), caller.officer, order)
        return StandingView(
            standing=agreement.of_order,
            announcement=announcement,
            manifest=agreement.manifest,
            content=content_of(session, agreement),
        )

    return once.perform(deed, 201)


@router.get("/announcements/{announcement}/standing")
def get_standing(announcement: str, office: TheOffice, _caller: Caller) -> StandingTexts:
    """Its standing texts that weren't ended and aren't over, the first to end first."""
    now = office.now()
    with office.database.reading() as session:
        require_announcement(session, announcement)
        names = {row.officer: row.name for row in all_officers(session)}
        items = [
            StandingUsesView(
                standing=each.row.standing,
                announcement=announcement,
                manifest=each.manifest,
                content=each.content,
                approvals=given_views(each.approvals, names),
                complete=each.in_force,
                used=each.used,
            )
            for each in standing_now(session, now, announcement)
        ]
    return StandingTexts(items=items)


@router.delete("/announcements/{announcement}/standing/{standing}", status_code=204)
def delete_standing(announcement: str, standing: str, office: TheOffice, caller: Editor) -> None:
    """End a standing text: nobody sets it off any more."""
    with office.database.writing() as session:
        require_announcement(session, announcement)
        end_standing_text(session, office.now(), caller.officer, standing)


@router.post("/announcements/{announcement}/refusal", response_model=AnnouncementView)
def post_refusal(announcement: str, body: RefusalBody, office: TheOffice, caller: Approver, once: Once) -> Response:
    """Give it back to its author with a reason."""
    return once.perform(
        lambda session: announcement_view(
            session, refuse(session, office.now(), caller.officer, announcement, body.reason)
        )
    )


@router.get("/announcements/{announcement}/audio", response_class=Response)
def get_audio(
    announcement: str, request: Request, office: TheOffice, _reader: Reader, tep: str | None = None
) -> Response:
    """The bytes that loudspeakers will play (Ogg Opus); 202 while they are being made.

    `tep`: the SHA-256 of a version that was handed in; without, the newest version's.
    """
    with office.database.reading() as session:
        row = require_announcement(session, announcement)
        handed_in = tep is not None and is_clip_handed_in(session, announcement, tep)
    if not handed_in and sound_state(row) == "being_made":
        return Response(status_code=202, headers={"Retry-After": "1"})
    clip = tep if tep is not None and handed_in else require_sound(row)
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
