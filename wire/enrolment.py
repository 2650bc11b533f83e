"""The enrolment file: the office writes it when it admits a speaker; that speaker reads it at its start."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wire.envelope import OfficeKey
from wire.ids import Name
from wire.model import WireModel
from wire.topics import DEFAULT_ROOT

NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class BrokerAddress(WireModel):
    """Where a broker listens. `ca_pem`: the CA to trust for TLS; None: the system's CAs. Unused without `tls`."""

    host: NonEmpty
    port: Annotated[int, Field(ge=1, le=65_535)]
    tls: bool
    ca_pem: str | None = None


class Enrolment(WireModel):
    """A speaker's name, its password at the broker, and the office's public keys that it trusts at first."""

    speaker: Name
    password: NonEmpty
    broker: BrokerAddress
    topic_root: NonEmpty = DEFAULT_ROOT
    office_keys: Annotated[tuple[OfficeKey, ...], Field(strict=False, min_length=1)]
