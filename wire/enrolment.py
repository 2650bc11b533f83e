"""The enrolment file: written once by the office when it admits a speaker, and read by that speaker."""

from typing import Annotated

from pydantic import Field, StringConstraints

from wire.envelope import OfficeKey
from wire.ids import Name
from wire.model import WireModel
from wire.topics import DEFAULT_ROOT

NonEmpty = Annotated[str, StringConstraints(min_length=1)]


class BrokerAddress(WireModel):
    """Where a broker is. `ca_pem`: the authority to trust where `tls` is true; None: those of the system."""

    host: NonEmpty
    port: Annotated[int, Field(ge=1, le=65_535)]
    tls: bool
    ca_pem: str | None = None


class Enrolment(WireModel):
    """A speaker's name, its way in to the broker, and the keys that it trusts."""

    speaker: Name
    password: NonEmpty
    broker: BrokerAddress
    topic_root: NonEmpty = DEFAULT_ROOT
    office_keys: Annotated[tuple[OfficeKey, ...], Field(strict=False, min_length=1)]
