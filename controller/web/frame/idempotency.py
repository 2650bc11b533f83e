"""`Idempotency-Key`: within 24 hours a POST that is sent twice is carried out once, and answered twice alike.

Key, deed and answer are committed in one transaction, so that a lost answer never leads to a second deed. The answer
may hold a password that is shown once: it is stored encrypted, by the key and a secret of the office that isn't in the
database. Of the request the database holds a hash under another such secret: a form may hold what can be guessed.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from cryptography.fernet import Fernet
from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlmodel import Session, col, delete

from controller.database.tables import StoredAnswer
from controller.errors import Invalid, NotSignedIn
from controller.web.frame.access import TheOffice, bearer

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255


class KeyUsed(Invalid):
    """The key was another request's."""

    def __init__(self) -> None:
        super().__init__("Idempotency-Key", "idempotency_key_used")


@dataclass(frozen=True)
class Act:
    """A POST that is to be carried out once. `key` None: each time it is sent.

    `content`: what two sendings have to have alike. It leaves this process only as a hash under the office's secret.
    """

    office: TheOffice
    key: str | None
    caller: str
    target: str
    content: str

    def perform(
        self, deed: Callable[[Session], BaseModel | None], status: int = 200, *, first: bool = False
    ) -> Response:
        """Run the deed in a transaction and answer with its result, or as it was answered before. Raises KeyUsed.

        `first`: it stops sound.
        """
        with self.office.database.writing(first=first) as session:
            earlier = self._earlier(session)
            if earlier is not None:
                return earlier
            result = deed(session)
            answer = result.model_dump_json(by_alias=True).encode() if result is not None else b""
            self._remember(session, status, answer)
        return _response(status, answer)

    def _earlier(self, session: Session) -> Response | None:
        if self.key is None:
            return None
        row = session.get(StoredAnswer, self._hash())
        if row is None or row.at <= self.office.now() - KEPT_FOR:
            return None
        if row.request_hash != self._request_hash():
            raise KeyUsed
        return _response(row.status, self._cipher().decrypt(row.answer))

    def _remember(self, session: Session, status: int, answer: bytes) -> None:
        if self.key is None:
            return
        now = self.office.now()
        session.exec(delete(StoredAnswer).where(col(StoredAnswer.at) <= now - KEPT_FOR))
        session.add(
            StoredAnswer(
                key_hash=self._hash(),
                request_hash=self._request_hash(),
                status=status,
                answer=self._cipher().encrypt(answer),
                at=now,
            )
        )

    def _request_hash(self) -> str:
        return self.office.keyed_hash.of("request", self.content)

    def _hash(self) -> str:
        return hashlib.sha256(self._secret("name")).hexdigest()

    def _cipher(self) -> Fernet:
        secret = self._secret("cipher", self.office.broker_password)
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret).digest()))

    def _secret(self, *use: str) -> bytes:
        return json.dumps([*use, self.key, self.caller, self.target]).encode()


def _caller(request: Request, office: TheOffice) -> str:
    """The officer, not the token: an officer who had to sign in again meanwhile can still repeat the same POST."""
    try:
        return bearer(request, office).officer.officer
    except NotSignedIn:
        return ""


async def _content_hash(request: Request) -> str:
    """SHA-256 of the body; of a form, of its fields, because the boundary between its parts is another each time."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return hashlib.sha256(await request.body()).hexdigest()
    hashed = hashlib.sha256()
    for name, value in (await request.form()).multi_items():
        hashed.update(json.dumps([name, value if isinstance(value, str) else value.size]).encode())
        while not isinstance(value, str) and (part := await value.read(2**20)):
            hashed.update(part)
        if not isinstance(value, str):
            await value.seek(0)
    return hashed.hexdigest()


async def _act(
    request: Request,
    office: TheOffice,
    caller: Annotated[str, Depends(_caller)],
    content_hash: Annotated[str, Depends(_content_hash)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=LONGEST_KEY)] = None,
) -> Act:
    return Act(office, idempotency_key, caller, f"{request.method} {request.url.path}", content_hash)


async def _strangers_act(
    request: Request,
    office: TheOffice,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=LONGEST_KEY)] = None,
) -> Act:
    return Act(office, idempotency_key, "", f"{request.method} {request.url.path}", "")


def _response(status: int, answer: bytes) -> Response:
    return Response(answer, status, media_type="application/json" if answer else None)


Once = Annotated[Act, Depends(_act)]
OnceWithoutCaller = Annotated[Act, Depends(_strangers_act)]
"""For a POST of somebody who isn't signed in. The handler adds what two sendings have to have alike."""
