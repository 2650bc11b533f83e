"""A real office without a broker, and officers who read its pages like a browser without JavaScript."""

import copy
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from httpx import Response
from starlette.datastructures import State
from starlette.testclient import TestClient

from controller.people.sessions import open_session
from controller.running.app import Office
from controller.settings import OfficeSettings
from controller.web.application import make_application
from controller.web.frame.access import COOKIE
from tests.people import Commune, make_commune

Fields = Mapping[str, str | list[str]]

UNUSED_PORT = 9
"""The discard port: no broker listens on it."""


@functools.cache
def an_application() -> FastAPI:
    return make_application(cast(Office, None))


def application_of(office: Office) -> FastAPI:
    """Like `make_application`, which takes 0.2 s: all offices share the routes, and each has its own state."""
    made = copy.copy(an_application())
    made.state = State({"office": office, "templates": made.state.templates})
    made.middleware_stack = None
    return made


@dataclass
class Website:
    """The office's pages, and the commune that they show."""

    office: Office
    commune: Commune

    def visitor(self, base_url: str = "http://testserver", address: str = "testclient") -> "Browser":
        """A browser at this IP address in which nobody has signed in."""
        application = application_of(self.office)
        return Browser(TestClient(application, base_url=base_url, client=(address, 50_000), follow_redirects=False))

    def officer(self, username: str = "tham") -> "Browser":
        """A browser in which this officer is signed in."""
        browser = self.visitor()
        with self.office.database.writing() as session:
            opened = open_session(session, self.commune.now, self.commune.officers[username])
        browser.client.cookies.set(COOKIE, opened.token)
        return browser

    def make_sounds(self) -> None:
        """Make all sounds that wait, like the office's worker."""
        while self.office.preparation.step(self.commune.now):
            pass

    def later(self, **passed: float) -> None:
        """Let time pass."""
        self.commune.now += timedelta(**passed)


class Forms(HTMLParser):
    """The forms of a page: method, address, and the fields that each would send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str, list[tuple[str, str]]]] = []
        self._inside = False
        self._named: dict[str, list[tuple[str, str]]] = {}
        self._elsewhere: list[tuple[str, tuple[str, str]]] = []
        self._select: str | None = None
        self._textarea: str | None = None
        self._text = ""
        self.feed(html)
        for form, field in self._elsewhere:
            self._named[form].append(field)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = True
            self.forms.append((given.get("method", "get"), given.get("action", ""), []))
            self._named[given.get("id", "")] = self.forms[-1][2]
        elif tag == "input" and "name" in given and given.get("type") != "file":
            if given.get("type") in ("checkbox", "radio") and "checked" not in given:
                return
            field = given["name"], given.get("value", "on")
            if "form" in given:
                self._elsewhere.append((given["form"], field))
            elif self._inside:
                self.forms[-1][2].append(field)
        elif self._inside and tag == "select":
            self._select = given["name"]
        elif self._inside and tag == "option" and self._select and "selected" in given:
            self.forms[-1][2].append((self._select, given["value"]))
        elif self._inside and tag == "textarea":
            self._textarea, self._text = given["name"], ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._textarea:
            self.forms[-1][2].append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._text += data


class Browser:
    """Keeps its cookies and the page that it shows."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.page = ""

    def get(self, path: str, status: int = 200) -> str:
        """Open a page; returns its HTML."""
        answer = self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:2000]}"
        self.page = str(answer.text)
        return self.page

    def follow(self, answer: Response) -> str:
        """Follow a redirect; returns the page's HTML."""
        assert answer.status_code == 303, f"{answer.status_code} {answer.text[:2000]}"
        return self.get(answer.headers["location"])

    def send(self, form: str, fields: Fields | None = None, *, without: tuple[str, ...] = ()) -> Response:
        """Fill in and send the present page's form with this address. `without`: fields to leave out."""
        method, action, there = next((each for each in Forms(self.page).forms if each[1] == form), ("", "", []))
        assert method, f"no form to {form} on this page: {[each[1] for each in Forms(self.page).forms]}"
        given = {name: [value] if isinstance(value, str) else value for name, value in (fields or {}).items()}
        pairs = [(name, value) for name, value in there if name not in given and name not in without]
        pairs += [(name, value) for name, values in given.items() for value in values]
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        answer: Response = (
            self.client.get(action, params=data) if method == "get" else self.client.post(action, data=data)
        )
        return answer

    @property
    def seen(self) -> str:
        """The present page's text, with white space folded."""
        return seen(self.page)


class _Words(HTMLParser):
    def __init__(self, words: list[str]) -> None:
        super().__init__()
        self._words = words

    def handle_data(self, data: str) -> None:
        self._words.append(data)


def seen(html: str) -> str:
    """The text of a page: without tags, entities as characters, white space folded."""
    words: list[str] = []
    parser = _Words(words)
    parser.feed(re.sub(r"(?s)<(script|style)\b.*?</\1>", "", html))
    return " ".join("".join(words).split())


@pytest.fixture
def website(tmp_path: Path) -> Iterator[Website]:
    """The office of the small commune; its clock is `commune.now`."""
    made = make_website(tmp_path)
    yield made
    made.office.database.close()
    made.commune.database.close()


def make_website(folder: Path, commune: Callable[[str, Path], Commune] = make_commune, **settings: object) -> Website:
    """Make an office in a folder of its own; its threads don't run, a test calls what it needs."""
    known = OfficeSettings(
        data_dir=folder,
        broker_port=UNUSED_PORT,
        broker_accounts="demo",
        broker_password_file=folder / "passwords",
        **settings,  # type: ignore[arg-type]  # a test knows its settings
    )
    made = commune(known.database, folder)
    office = Office(known, now=lambda: made.now)
    office.database.add_listener(office.events.publish)
    return Website(office, made)
