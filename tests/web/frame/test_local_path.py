"""After signing in one goes on to a page of ours, whatever the address said."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.web.frame.local_path import local_path


@pytest.mark.parametrize("path", ["/", "/luot-phat/01M?loc=chua-nghe-du", "/ban-tin/a/phat?ngay=23/11/2026"])
def test_a_page_of_ours_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "ban-tin",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "/\t/e",
        "/dang-xuat",
        "/phan/cau/x",
    ],
)
def test_anything_else_is_the_first_page(path: str) -> None:
    assert local_path(path) == "/"


@given(st.text(max_size=30) | st.from_regex(r"[/\\:@a-z.]{1,20}", fullmatch=True))
@example("/\n/evil.example")
@example("///evil.example")
def test_no_text_leads_to_another_host(text: str) -> None:
    went = urlsplit(urljoin("http://loa.example/dang-nhap", local_path(text)))
    assert (went.scheme, went.netloc) == ("http", "loa.example")
