"""An officer who uses the REST interface of an office on a machine."""

import json
from http.client import HTTPConnection
from typing import Any

from tests.machines.machine import Machine
from tests.servers.waiting import wait_for

_FINAL = {"played", "partial", "missed", "cancelled", "rejected", "no_report"}


class Officer:
    """An officer who is signed in at this office."""

    def __init__(self, office: Machine, username: str, password: str) -> None:
        self._office = office
        self._token = ""
        self._token = self.call("POST", "/sessions", {"username": username, "password": password})["token"]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call from the office's machine; AssertionError if it is refused."""
        connection = HTTPConnection("127.0.0.1")
        connection.sock = self._office.connect("127.0.0.1", 8000)
        try:
            headers = {"Content-Type": "application/json"}
            if self._token:
                headers["Authorization"] = f"Bearer {self._token}"
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {said.decode()}"
            return json.loads(said)
        finally:
            connection.close()

    def await_online(self) -> None:
        """Wait until the office shows its only loudspeaker as online."""

        def online() -> bool:
            [speaker] = self.call("GET", "/speakers")["items"]
            return bool(speaker["online"])

        wait_for(online, lambda: str(self.call("GET", "/speakers")))

    def broadcast(self, approver: "Officer") -> dict[str, str]:
        """Write an announcement, order it for now, have it approved; returns its final deliveries by speaker."""
        text = {"title": "Thử loa", "text": "Xin chào bà con.", "bulletin_class": "normal"}
        announcement = self.call("POST", "/announcements", text)["announcement"]
        self.call("POST", f"/announcements/{announcement}/submission", {})
        [root] = [area["area"] for area in self.call("GET", "/areas")["items"] if area["parent"] is None]
        order = {"announcement": announcement, "areas": [root], "starts_at": None}
        broadcast = self.call("POST", "/broadcasts", order)["broadcast"]
        for each in approver.call("GET", "/approvals")["items"]:
            approver.call("POST", f"/approvals/{each['manifest']}", {})

        def final() -> dict[str, str] | None:
            deliveries = self.call("GET", f"/broadcasts/{broadcast}")["deliveries"]
            states = {each["speaker"]: each["state"] for each in deliveries}
            return states if set(states.values()) <= _FINAL else None

        return wait_for(final, lambda: str(self.call("GET", f"/broadcasts/{broadcast}")))
