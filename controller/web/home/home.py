"""“Trang đầu” (/): what sounds now, today's broadcasts, what needs a person, which speakers are silent.

/phan/trang-dau answers its parts for the script that follows what happens. A station without a speaker is told how to
get one instead.
"""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.web.frame.page import FragmentValues, PageValues, ThePage
from controller.web.home.home_view import Home, home_of
from controller.web.speakers.speaker_list import NoSpeakerPage

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class HomePage(PageValues, FragmentValues):
    """The page, and its parts as a fragment."""

    template: ClassVar[str] = "home/home.html"
    fragment: ClassVar[str] = "home/home_fragment.html"
    home: Home


@router.get("/")
def get(page: ThePage) -> Response:
    with page.reading() as session:
        home = home_of(session, page)
    return page.show(HomePage(home) if home.speakers else NoSpeakerPage())


@router.get("/phan/trang-dau")
def get_parts(page: ThePage) -> Response:
    with page.reading() as session:
        home = home_of(session, page)
    return page.fragment(HomePage(home))
