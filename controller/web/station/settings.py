"""“Cài đặt của đài” (/cai-dat): its name, who helps, how far ahead it plans, its voices, and the one-officer rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response

from audio.speech.piper import file_sha256
from audio.spoken_text.number_words import FOURS, THOUSANDS, ZERO_TENS
from controller.database.tables import SHORTEST_REASON, Officer, OneOfficerRule
from controller.errors import Invalid
from controller.people.one_officer_rule import end_one_officer, rule_in_force
from controller.people.weighty_deeds import Waiting, ask_for_one_officer, deeds_to_tell
from controller.planning.schedule_lists import plan_again
from controller.settings import OfficeSettings
from controller.station import facts
from controller.web.frame.forms import CheckedForm, FieldErrors, Form
from controller.web.frame.page import ForStationAdministrators, Page, PageValues

router = APIRouter(include_in_schema=False)

_FIELDS = {"name": "ten", "technician": "ky-thuat-vien", "technician_phone": "dien-thoai", "reason": "ly-do"}
SWITCHES: tuple[facts.StationKey, ...] = ("gtts", "horn_filter", "siren", "approvers_second_factor")
DIALECT: dict[facts.StationKey, tuple[str, ...]] = {
    "word_for_thousand": THOUSANDS,
    "word_for_zero_tens": ZERO_TENS,
    "word_for_four": FOURS,
}
"""Words that differ between regions: the first is the north's, the second the south's."""
_EDITED_HERE: tuple[facts.StationKey, ...] = (
    "name",
    "technician",
    "technician_phone",
    "gtts",
    "horizon_days",
    "receipts_days",
    "session_limits",
    "horn_filter",
    "siren",
    "approvers_second_factor",
    *DIALECT,
)


@dataclass(frozen=True)
class VoiceFile:
    """The commune's own voice. `sha256` empty: the file isn't there."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class SettingsPage(PageValues):
    """`values`: what is set now. `rule`: the one-officer rule in force, and `signed_by` the name of who signed it.

    `rule_waits`: it was asked.
    """

    template: ClassVar[str] = "station/settings.html"
    values: Mapping[facts.StationKey, str]
    rule: OneOfficerRule | None
    rule_waits: Waiting | None
    signed_by: str
    voice_file: VoiceFile | None
    saved: bool
    typed: Form | None
    wrong: FieldErrors
    dialect: Mapping[facts.StationKey, tuple[str, ...]]
    shortest: int = SHORTEST_REASON
    horizon_days: tuple[int, int] = facts.HORIZON_DAYS
    receipts_days: tuple[int, int] = facts.RECEIPTS_DAYS


@router.get("/cai-dat")
def get(page: ForStationAdministrators, da: str = "") -> Response:
    """`da=luu`: the settings were saved just now."""
    return _show_settings(page, saved=da == "luu")


@router.post("/cai-dat")
def post(form: CheckedForm, page: ForStationAdministrators) -> Response:
    """Save all settings but the one-officer rule."""
    try:
        values: dict[facts.StationKey, str] = {
            "name": form.line("ten"),
            "technician": form.line("ky-thuat-vien"),
            "technician_phone": form.line("dien-thoai"),
            **{key: "on" if form.text(key) == "1" else "off" for key in SWITCHES},
            "horizon_days": str(form.whole("so-ngay-tinh-truoc", *facts.HORIZON_DAYS)),
            "receipts_days": str(form.whole("so-ngay-giu-bao-cao", *facts.RECEIPTS_DAYS)),
            "session_limits": "refuse" if form.text("qua-gioi-han") == "refuse" else "warn",
            **{key: form.text(key) if form.text(key) in chosen else "" for key, chosen in DIALECT.items()},
        }
        with page.office.database.writing() as session:
            further = int(values["horizon_days"]) != int(facts.read(session, "horizon_days"))
            facts.change(session, page.now, page.officer, values)
            if further:
                plan_again(session, page.now)
    except Invalid as error:
        return _show_settings(page, form, error)
    return page.go("/cai-dat?da=luu")


@router.post("/cai-dat/mot-can-bo")
def post_one_officer(form: CheckedForm, page: ForStationAdministrators) -> Response:
    """Ask, with a reason, that an author may approve; or end that rule."""
    try:
        with page.office.database.writing() as session:
            if form.text("cho") == "1":
                ask_for_one_officer(session, page.now, page.officer, form.text("ly-do"))
            else:
                end_one_officer(session, page.now, page.officer)
    except Invalid as error:
        return _show_settings(page, form, error)
    return page.go("/cai-dat")


def _voice_file(settings: OfficeSettings) -> VoiceFile | None:
    """None: no voice of its own is set."""
    file = settings.piper_voice
    if file is None:
        return None
    return VoiceFile(file.name, file_sha256(file) if file.is_file() else "")


def _show_settings(
    page: Page, form: Form | None = None, error: Invalid | None = None, *, saved: bool = False
) -> Response:
    with page.reading() as session:
        rule = rule_in_force(session)
        signed_by = session.get_one(Officer, rule.signed_by).name if rule else ""
        deeds = deeds_to_tell(session, page.officer, page.charges)
        set_now = {key: facts.read(session, key) for key in _EDITED_HERE}
    values = SettingsPage(
        values=set_now,
        rule=rule,
        rule_waits=next((each for each in deeds if each.row.kind == "one officer"), None),
        signed_by=signed_by,
        voice_file=_voice_file(page.office.settings),
        dialect=DIALECT,
        saved=saved,
        typed=form,
        wrong=FieldErrors.of(error, _FIELDS),
    )
    return page.show(values, 422 if error else 200)
