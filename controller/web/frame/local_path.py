"""Where to go next, as an address asks for it: to a page of this office and nowhere else."""

import re
from urllib.parse import urlsplit

SIGN_IN = "/dang-nhap"
SIGN_IN_CODE = "/dang-nhap/ma"
SIGN_IN_PASSKEY = "/dang-nhap/khoa-truy-cap"
SIGN_IN_PASSKEY_BEGIN = "/dang-nhap/khoa-truy-cap/bat-dau"
BY_LINK = "/dat-mat-khau"
_SIGN_OUT = "/dang-xuat"


def local_path(wanted: str, *, signing_in: bool = False) -> str:
    """The path with its query if it stays on this host, else `/`. Browsers read `/\\` as `//`.

    `signing_in`: it may be the sign-in page too, which is no place to go after signing in.
    """
    if not re.fullmatch(r"/(?![/\\])[^\x00-\x20\\\x7f]*", wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path == _SIGN_OUT or parts.path.startswith("/phan/"):
        return "/"
    if parts.path in (SIGN_IN, SIGN_IN_CODE, SIGN_IN_PASSKEY, BY_LINK) and not signing_in:
        return "/"
    return wanted
