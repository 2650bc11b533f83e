"""QR codes, as SVG inside a page: no request fetches them, and no cache keeps them."""

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """The code of a text. Its size is that of the element around it."""
    return Markup(segno.make(text, error="m", micro=False).svg_inline(border=4, omitsize=True, light="#fff"))  # noqa: S704  # made of modules alone, the text isn't in it
