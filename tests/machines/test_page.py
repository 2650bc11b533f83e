"""Reading commands from a document, and comparing their output."""

from pathlib import Path

import pytest

from tests.machines.page import Box, Page

_PAGE = """
# A page

```sh
echo before the steps
```

## 1. First

```sh
echo one
echo NAME
```

says

```text
one
… NAME
```

```toml
not = "typed"
```

### If it rains

```sh
apt-get install umbrella
```

## 2. Second

```sh
apt-get install boots
```

## Afterwards

```sh
echo after the steps
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    file = tmp_path / "page.md"
    file.write_text(_PAGE, "utf-8")
    return Page(file, {"NAME": "two"})


def test_a_step_and_a_condition_have_their_own_boxes(page: Page) -> None:
    assert page.places == [(1, ""), (1, "If it rains"), (2, "")]
    assert page.step(1) == [Box("echo one\necho two\n", ["one", "… two"])]
    assert page.step(1, "If it rains") == [Box("apt-get install umbrella\n")]
    assert page.apt_lines(1, 2) == ["apt-get install boots"]
    with pytest.raises(AssertionError, match="step 2 If it rains"):
        page.step(2, "If it rains")


def test_a_placeholder_that_the_page_no_longer_has_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(_PAGE, "utf-8")
    with pytest.raises(AssertionError, match="HOST"):
        Page(file, {"HOST": "loa"})


@pytest.mark.parametrize(
    ("expected", "printed", "missing"),
    [
        (["ok"], "ok\n", []),
        (["ok"], "warning\nok  \nmore\n", []),
        (["ok"], "not ok\n", ["ok"]),
        (["a", "b"], "b\na\n", ["b"]),
        (["-rw … 1.tar"], "-rw 1 root 24 1.tar\n", []),
        (["-rw … 1.tar"], "-rw 1 root 24 1xtar\n", ["-rw … 1.tar"]),
        ([], "anything\n", []),
    ],
)
def test_lines_must_come_in_order_and_an_ellipsis_stands_for_any_text(
    expected: list[str], printed: str, missing: list[str]
) -> None:
    assert Box("", expected).missing(printed) == missing
