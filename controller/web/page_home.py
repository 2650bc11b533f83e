"""The first page: now, today, what needs a person, who is silent. Without a speaker: how to get one."""

from fastapi import APIRouter, Response

from controller.web.home_view import home_of
from controller.web.page import ThePage

router = APIRouter(include_in_schema=False)


@router.get("/")
def get(page: ThePage) -> Response:
    """The page."""
    with page.reading() as session:
        home = home_of(session, page)
    if not home.speakers:
        return page.show("no_speaker.html")
    return page.show("home.html", home=home)


@router.get("/phan/trang-dau")
def get_parts(page: ThePage) -> Response:
    """Its parts, for the script that follows what happens."""
    with page.reading() as session:
        home = home_of(session, page)
    return page.fragment("part_home.html", home=home)
