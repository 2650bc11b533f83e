"""Clients that call the REST interface of a real office without a broker."""

from dataclasses import dataclass
from typing import Any

from httpx import Response
from starlette.testclient import TestClient

from controller.database.tables import Officer
from controller.people.sessions import open_session
from controller.web.application import API
from tests.people import Commune
from tests.web.conftest import Website, application_of


@dataclass
class Script:
    """A client with one officer's token (None: without a token)."""

    client: TestClient
    token: str | None

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        """One call under `/api/v1`."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.pop("headers", {})
        if body is not None:
            more["json"] = body
        answer: Response = self.client.request(method, API + path, headers=headers, **more)
        return answer

    def get(self, path: str, **more: Any) -> Response:
        """GET."""
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Response:
        """POST."""
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any, **more: Any) -> Response:
        """PATCH."""
        return self.call("PATCH", path, body, **more)


class Api:
    """The interface of the small commune's office."""

    def __init__(self, website: Website) -> None:
        self.website = website
        self.office = website.office
        self.commune: Commune = website.commune
        self.client = TestClient(application_of(self.office), raise_server_exceptions=False)
        self.nobody = Script(self.client, None)

    def script(self, officer: Officer | str = "tham") -> Script:
        """A client that is signed in as this officer."""
        row = self.commune.officers[officer] if isinstance(officer, str) else officer
        with self.commune.writing() as session:
            return Script(
                self.client, open_session(session, self.commune.now, session.get_one(Officer, row.officer)).token
            )

    def writing(self) -> Any:
        """A writing transaction."""
        return self.commune.writing()

    def close(self) -> None:
        """Close the databases."""
        self.office.database.close()
        self.commune.database.close()
