"""The first page: now, today, what needs a person, who is silent. Without a speaker: how to get one."""

from fastapi import APIRouter, Response

from controller.web.frame.page import ThePage
from controller.web.home.home_view import home_of

router = APIRouter(include_in_schema=False)


@router.get("/")
def get(page: ThePage) -> Response:
    """The page."""
    with page.reading() as session:
        home = home_of(session, page)
    if not home.speakers:
        return page.show("home/no_speaker.html")
    return page.show("home/home.html", home=home)


@router.get("/phan/trang-dau")
def get_parts(page: ThePage) -> Response:
    """Its parts, for the script that follows what happens."""
    with page.reading() as session:
        home = home_of(session, page)
    return page.fragment("home/home_fragment.html", home=home)
