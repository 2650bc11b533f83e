"""The broker's address for the office, and for the speakers, which may need another host name or port."""

from controller.settings import OfficeSettings, SettingsError
from controller.words.phrases import Phrase
from wire.enrolment import BrokerAddress


def office_address(settings: OfficeSettings) -> BrokerAddress:
    """Reads the broker's CA file. Raises OSError, SettingsError (the file isn't PEM)."""
    return BrokerAddress(
        host=settings.broker_host, port=settings.broker_port, tls=settings.broker_tls, ca_pem=_ca_pem(settings)
    )


def speakers_address(settings: OfficeSettings) -> BrokerAddress:
    """Reads the broker's CA file. Raises OSError, SettingsError (the file isn't PEM)."""
    return BrokerAddress(
        host=settings.broker_public_host or settings.broker_host,
        port=settings.broker_public_port or settings.broker_port,
        tls=settings.broker_tls,
        ca_pem=_ca_pem(settings),
    )


def _ca_pem(settings: OfficeSettings) -> str | None:
    if not settings.broker_tls or settings.broker_ca is None:
        return None
    try:
        return settings.broker_ca.read_text(encoding="ascii")
    except UnicodeDecodeError:
        raise SettingsError.of("broker_ca", Phrase("ca_not_pem")) from None
