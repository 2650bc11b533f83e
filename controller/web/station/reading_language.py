"""“English”, “Tiếng Việt” (/ngon-ngu/{wanted}): the language in which one browser reads the pages."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.requests import HTTPConnection

from controller.web.frame.access import TheOffice, set_cookie
from controller.web.frame.local_path import local_path
from controller.words.translation import Language

router = APIRouter(include_in_schema=False)

COOKIE = "loa_ngon_ngu"
KEPT_FOR_S = 365 * 24 * 3600


def chosen_language(connection: HTTPConnection) -> Language:
    """Vietnamese, unless this browser chose English."""
    return "en" if connection.cookies.get(COOKIE) == "en" else "vi"


@router.get("/ngon-ngu/{wanted}")
def get(wanted: Language, office: TheOffice, tiep: str = "/") -> RedirectResponse:
    """Keep the choice in the browser, and go back to the page where it was made. No session is needed."""
    answer = RedirectResponse(local_path(tiep, signing_in=True), 303)
    set_cookie(answer, office, COOKIE, wanted, KEPT_FOR_S)
    return answer
