"""The file that a speaker's agent is set up with, after the speaker is admitted or gets new credentials."""

from collections.abc import Sequence

from controller.broker.addresses import speakers_address
from controller.settings import OfficeSettings
from wire.enrolment import Enrolment
from wire.envelope import OfficeKey


def make_enrolment(
    settings: OfficeSettings, office_keys: Sequence[OfficeKey], speaker: str, password: str
) -> Enrolment:
    """The content of the enrolment file. Reads the broker's CA file; raises OSError, SettingsError."""
    return Enrolment(
        speaker=speaker,
        password=password,
        broker=speakers_address(settings),
        topic_root=settings.topic_root,
        office_keys=tuple(office_keys),
    )
