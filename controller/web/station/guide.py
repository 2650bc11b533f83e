"""“Hướng dẫn”: one page of what one does here every day."""

from fastapi import APIRouter, Response

from controller.web.frame.page import ThePage

router = APIRouter(include_in_schema=False)


@router.get("/huong-dan")
def get(page: ThePage) -> Response:
    """The page."""
    return page.show("station/guide.html")
