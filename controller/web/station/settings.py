"""“Cài đặt của đài”: its name, who helps, how far ahead it plans, an online voice, and the one-officer rule."""

from fastapi import APIRouter, Response

from audio.speech.piper import file_sha256
from controller.announcements.one_officer_rule import SHORTEST_REASON, allow_one_officer, end_one_officer, rule_in_force
from controller.database.tables import Officer
from controller.errors import Invalid
from controller.planning.schedule_lists import plan_again
from controller.settings import OfficeSettings
from controller.station import facts
from controller.station.officers import require_role
from controller.web.frame.forms import CheckedForm, Form, Wrong
from controller.web.frame.page import Page, ThePage

router = APIRouter(include_in_schema=False)

HORIZON_DAYS = (2, 30)
SWITCHES: tuple[facts.StationKey, ...] = ("gtts", "horn_filter", "siren")
DIALECT: dict[facts.StationKey, tuple[str, str]] = {
    "word_for_thousand": ("nghìn", "ngàn"),
    "word_for_zero_tens": ("linh", "lẻ"),
    "word_for_four": ("tư", "bốn"),
}
"""The words that differ between regions, as `audio.spoken_text` says them."""
_SHOWN: tuple[facts.StationKey, ...] = (
    "name",
    "technician",
    "technician_phone",
    "gtts",
    "horizon_days",
    "session_limits",
    "horn_filter",
    "siren",
    *DIALECT,
)


@router.get("/cai-dat")
def get(page: ThePage, da: str = "") -> Response:
    """The settings; `da`: they were just saved."""
    require_role(page.officer)
    return _shown(page, saved=da == "luu")


@router.post("/cai-dat")
def post(form: CheckedForm, page: ThePage) -> Response:
    """Change them."""
    require_role(page.officer)
    try:
        values: dict[facts.StationKey, str] = {
            "name": form.maybe_line("ten", 100),
            "technician": form.maybe_line("ky-thuat-vien", 100),
            "technician_phone": form.maybe_line("dien-thoai", 40),
            **{key: "on" if form.text(key) == "1" else "off" for key in SWITCHES},
            "horizon_days": str(form.whole("so-ngay-tinh-truoc", *HORIZON_DAYS)),
            "session_limits": "refuse" if form.text("qua-gioi-han") == "refuse" else "warn",
            **{key: form.text(key) if form.text(key) in chosen else "" for key, chosen in DIALECT.items()},
        }
    except Invalid as error:
        return _shown(page, form, error)
    with page.office.database.writing() as session:
        further = int(values["horizon_days"]) != int(facts.read(session, "horizon_days"))
        facts.change(session, page.now, page.officer, values)
        if further:
            plan_again(session, page.now)
    return page.go("/cai-dat?da=luu")


@router.post("/cai-dat/mot-can-bo")
def post_one_officer(form: CheckedForm, page: ThePage) -> Response:
    """Write down that an author may approve, or end that."""
    require_role(page.officer)
    try:
        with page.office.database.writing() as session:
            if form.text("cho") == "1":
                allow_one_officer(session, page.now, page.officer, form.text("ly-do"))
            else:
                end_one_officer(session, page.now, page.officer)
    except Invalid as error:
        return _shown(page, form, error)
    return page.go("/cai-dat")


def _voice_file(settings: OfficeSettings) -> dict[str, str] | None:
    """The commune's own voice: its file's name and hash; None: none is set."""
    file = settings.piper_voice
    if file is None:
        return None
    return {"name": file.name, "sha256": file_sha256(file) if file.is_file() else ""}


def _shown(page: Page, form: Form | None = None, error: Invalid | None = None, *, saved: bool = False) -> Response:
    with page.reading() as session:
        rule = rule_in_force(session)
        signed_by = session.get_one(Officer, rule.signed_by).name if rule else ""
        values = {key: facts.read(session, key) for key in _SHOWN}
    wrong = Wrong({{"reason": "ly-do"}.get(error.field, error.field): str(error)}) if error else Wrong()
    return page.show(
        "station/settings.html",
        422 if error else 200,
        values=values,
        rule=rule,
        saved=saved,
        signed_by=signed_by,
        typed=form,
        wrong=wrong,
        shortest=SHORTEST_REASON,
        horizon_days=HORIZON_DAYS,
        dialect=DIALECT,
        voice_file=_voice_file(page.office.settings),
    )
