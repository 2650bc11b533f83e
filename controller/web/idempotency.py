"""`Idempotency-Key`: a POST that is sent twice is done once, and answered twice with the same words, for 24 hours.

Key, deed and answer are committed in one transaction, so a lost answer never means a second deed. The answer may hold a
password that is shown once, so it is kept encrypted under the key and the caller's token, which the database has not.
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

from controller.errors import Invalid
from controller.tables import Answered
from controller.web.access import TheOffice

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255


@dataclass(frozen=True)
class Act:
    """One POST, ready to be done once. `perform` runs the deed in a transaction and makes the response."""

    office: TheOffice
    key: str | None
    caller: str
    target: str
    body_hash: str

    def perform(self, deed: Callable[[Session], BaseModel | None], status: int = 200) -> Response:
        """Do it, or answer as it was answered before. Raises Invalid for a key that was another request's."""
        with self.office.database.writing() as session:
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
        row = session.get(Answered, self._hash())
        if row is None or row.at <= self.office.now() - KEPT_FOR:
            return None
        if row.request_hash != self.body_hash:
            raise Invalid("Idempotency-Key", "Mã này đã dùng cho một yêu cầu khác. Dùng mã mới.")
        return _response(row.status, self._cipher().decrypt(row.answer))

    def _remember(self, session: Session, status: int, answer: bytes) -> None:
        if self.key is None:
            return
        now = self.office.now()
        session.exec(delete(Answered).where(col(Answered.at) <= now - KEPT_FOR))
        session.add(
            Answered(
                key_hash=self._hash(),
                request_hash=self.body_hash,
                status=status,
                answer=self._cipher().encrypt(answer),
                at=now,
            )
        )

    def _hash(self) -> str:
        return hashlib.sha256(self._secret("name")).hexdigest()

    def _cipher(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(self._secret("cipher")).digest()))

    def _secret(self, use: str) -> bytes:
        return json.dumps([use, self.key, self.caller, self.target]).encode()


async def _act(
    request: Request,
    office: TheOffice,
    idempotency_key: Annotated[str | None, Header(max_length=LONGEST_KEY)] = None,
) -> Act:
    body = await request.body()
    return Act(
        office,
        idempotency_key,
        request.headers.get("authorization", ""),
        f"{request.method} {request.url.path}",
        hashlib.sha256(body).hexdigest(),
    )


def _response(status: int, answer: bytes) -> Response:
    return Response(answer, status, media_type="application/json" if answer else None)


Once = Annotated[Act, Depends(_act)]
