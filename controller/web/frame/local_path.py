"""Where to go after signing in: to a page of this office and nowhere else, whatever the address says."""

import re
from urllib.parse import urlsplit


def local_path(wanted: str) -> str:
    """The path with its query if it stays on this host, else `/`. Browsers read `/\\` as `//`."""
    if not re.fullmatch(r"/(?![/\\])[^\x00-\x20\\\x7f]*", wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path in ("/dang-nhap", "/dang-xuat") or parts.path.startswith("/phan/"):
        return "/"
    return wanted
