"""All pages for officers, in the order in which addresses are looked up (/cum-loa/moi before /cum-loa/{speaker})."""

from fastapi import APIRouter

from controller.web.approving import approvals
from controller.web.frame import live
from controller.web.home import home
from controller.web.ordering import last_check, place_time, standing
from controller.web.people import account, deputies, officers, own_password, passkeys, second_factor, weighty_deeds
from controller.web.results import results, silence
from controller.web.speakers import add_speaker, areas, speaker, speaker_list
from controller.web.station import audit, guide, lexicon, passkey_sign_in, reading_language, settings, sign_in
from controller.web.timetable import day, holidays, schedules, week
from controller.web.writing import announcements, reading, versions, voices, write

PAGES = (
    sign_in,
    passkey_sign_in,
    own_password,
    reading_language,
    home,
    live,
    announcements,
    write,
    reading,
    versions,
    voices,
    place_time,
    last_check,
    standing,
    approvals,
    results,
    day,
    week,
    schedules,
    holidays,
    speaker_list,
    add_speaker,
    speaker,
    silence,
    areas,
    audit,
    lexicon,
    settings,
    officers,
    weighty_deeds,
    account,
    second_factor,
    passkeys,
    deputies,
    guide,
)


def pages_router() -> APIRouter:
    router = APIRouter()
    for page in PAGES:
        router.include_router(page.router)
    return router
