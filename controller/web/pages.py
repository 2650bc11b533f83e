"""All pages of the officers, in the order in which their addresses are looked up."""

from fastapi import APIRouter

from controller.web import (
    page_announcements,
    page_approvals,
    page_home,
    page_last_check,
    page_place_time,
    page_results,
    page_sign_in,
    page_write,
)


def pages_router() -> APIRouter:
    """One router for them."""
    router = APIRouter()
    for page in (
        page_sign_in,
        page_home,
        page_announcements,
        page_write,
        page_place_time,
        page_last_check,
        page_approvals,
        page_results,
    ):
        router.include_router(page.router)
    return router
