"""“Hướng dẫn” (/huong-dan): how to do what one does here every day."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Response

from controller.web.frame.page import PageValues, ThePage

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class GuidePage(PageValues):
    template: ClassVar[str] = "station/guide.html"


@router.get("/huong-dan")
def get(page: ThePage) -> Response:
    return page.show(GuidePage())
