"""All pages of the officers, in the order in which their addresses are looked up (/cum-loa/moi before /cum-loa/…)."""

from fastapi import APIRouter

from controller.web import (
    page_add_speaker,
    page_announcements,
    page_approvals,
    page_areas,
    page_audit,
    page_help,
    page_holidays,
    page_home,
    page_last_check,
    page_lexicon,
    page_officers,
    page_place_time,
    page_reading,
    page_results,
    page_schedules,
    page_sign_in,
    page_silence,
    page_speaker,
    page_speakers,
    page_station,
    page_today,
    page_voices,
    page_week,
    page_write,
)

PAGES = (
    page_sign_in,
    page_home,
    page_announcements,
    page_write,
    page_reading,
    page_voices,
    page_place_time,
    page_last_check,
    page_approvals,
    page_results,
    page_week,
    page_today,
    page_schedules,
    page_holidays,
    page_speakers,
    page_add_speaker,
    page_speaker,
    page_silence,
    page_areas,
    page_audit,
    page_lexicon,
    page_station,
    page_officers,
    page_help,
)


def pages_router() -> APIRouter:
    """One router for them."""
    router = APIRouter()
    for page in PAGES:
        router.include_router(page.router)
    return router
