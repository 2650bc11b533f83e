"""What a name may be is one rule at all three doors: pages, REST, and the command line."""

from contextlib import nullcontext

import pytest
from sqlmodel import select

from controller import cli
from controller.database.tables import Area, Officer, Speaker
from controller.errors import Invalid
from controller.station.names import MAX_NAME_LENGTH, require_name, require_name_if_any
from tests.people import PASSWORD
from tests.web.api.scripts import Api
from tests.web.conftest import Website

BAD_NAMES = [
    "",
    " ",
    "\u0301",
    "\u00a0",
    "\u200b",
    "Ấp\u202e3",
    "Ấp\u2066 3",
    "Ấp\u061c 3",
    "Ấp\x073",
    "x" * (MAX_NAME_LENGTH + 1),
]


def kept_names(website: Website) -> set[str]:
    with website.office.database.reading() as session:
        found = {f"{row.name}/{row.kind}" for row in session.exec(select(Area)).all()}
        found |= {f"{row.name}/{row.caretaker}" for row in session.exec(select(Speaker)).all()}
        return found | {f"{row.name}/{row.position}" for row in session.exec(select(Officer)).all()}


def _page_refuses(website: Website, path: str, fields: dict[str, str]) -> None:
    browser = website.officer()
    browser.get(path)
    answer = browser.send(path, fields)
    assert answer.status_code == 422
    assert "field-wrong" in answer.text


@pytest.mark.parametrize("name", BAD_NAMES)
class TestABadNameIsRefusedAndNothingIsKept:
    def test_on_the_pages(self, website: Website, name: str) -> None:
        before, area = kept_names(website), website.commune.areas["ấp 1"]
        officer = {"ten-dang-nhap": "hoa", "mat-khau": PASSWORD, "vai-tro": "editor"}
        _page_refuses(website, "/dia-ban", {"ten": name, "loai": "ấp"})
        _page_refuses(website, "/dia-ban", {"ten": "Ấp 3", "loai": name})
        _page_refuses(website, f"/dia-ban/{area}", {"ten": name})
        _page_refuses(website, "/cum-loa/moi", {"ten": name, "dia-ban": area})
        _page_refuses(website, "/cum-loa/loa-1a", {"ten": name})
        _page_refuses(website, "/can-bo", {"ten": name, **officer})
        if name.strip():  # these may be empty
            _page_refuses(website, "/cum-loa/loa-1a", {"nguoi-trong": name})
            _page_refuses(website, "/can-bo", {"ten": "Hoa", "chuc-vu": name, **officer})
            _page_refuses(website, "/cai-dat", {"ky-thuat-vien": name})
        assert kept_names(website) == before

    def test_over_rest(self, website: Website, name: str) -> None:
        before, script = kept_names(website), Api(website).script()
        answers = {
            "name": script.post("/areas", {"name": name, "kind": "ấp"}),
            "kind": script.patch(f"/areas/{website.commune.areas['ấp 1']}", {"kind": name}),
        }
        if name.strip():
            answers["caretaker"] = script.patch("/speakers/loa-1a", {"caretaker": name})
        for field, answer in answers.items():
            assert answer.status_code == 422
            assert [each["field"] for each in answer.json()["errors"]] == [field]
        assert kept_names(website) == before

    def test_at_the_command_line(
        self, website: Website, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(cli, "off_air", lambda _settings: nullcontext(website.office))
        password_file = website.office.settings.within("password")
        password_file.write_text(PASSWORD)
        officer = ["--username", "hoa", "--role", "editor", "--password-file", str(password_file)]
        before, area = kept_names(website), website.commune.areas["ấp 1"]
        for command in (
            ["area", "add", "--name", name, "--kind", "ấp"],
            ["area", "add", "--name", "Ấp 3", "--kind", name],
            ["speaker", "add", "--speaker", "loa-9", "--name", name, "--area", area],
            ["officer", "add", "--name", name, *officer],
        ):
            assert cli.main(command) == 1
            assert capsys.readouterr().err.startswith(("name: ", "kind: "))
        assert kept_names(website) == before


def test_a_name_has_one_form_and_its_visible_characters_stay() -> None:
    assert require_name("name", "  A\u0302\u0301p 3 (chợ) – 🎉 ") == "Ấp 3 (chợ) – 🎉"
    assert require_name_if_any("name", " ") == ""


@pytest.mark.parametrize("name", ["\u200b", "x" * 41])
def test_a_field_that_may_be_empty_has_the_same_rule(name: str) -> None:
    with pytest.raises(Invalid):
        require_name_if_any("phone", name, 40)
