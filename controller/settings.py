"""The office's settings, from the environment (`LOA_*`) and a TOML file (`LOA_SETTINGS`); the environment wins."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from controller.words.phrases import Phrase, PhrasedError
from controller.words.validation import phrase_of, unfit
from wire.settings import ZoneName
from wire.topics import DEFAULT_ROOT

PREFIX = "LOA_"


class SettingsError(PhrasedError):
    """A setting that can't be used. The sentence names it and says what to write."""

    @classmethod
    def of(cls, name: str, why: Phrase) -> Self:
        """The error about one setting; `why` is a clause of its sentence."""
        return cls("setting_wrong", name=name, variable=PREFIX + name.upper(), why=why)


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _with_our_phrase(name: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(name)
    except ValidationError:
        raise unfit(Phrase("field_time_zone")) from None


Folder = Annotated[Path, AfterValidator(_absolute)]
Zone = Annotated[ZoneName, WrapValidator(_with_our_phrase)]


class OfficeSettings(BaseModel):
    """All settings. In the environment each is `LOA_` and its name in capitals, in the TOML file its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Folder = Path("var")
    """The folder of database, clips, recordings and keys."""
    database_url: str = ""
    """`postgresql+psycopg://user@host/name`; empty: SQLite in `data_dir`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    https: bool = False
    """Whether officers reach the pages by HTTPS (through a reverse proxy): cookies are then sent over HTTPS only."""
    address: Annotated[str, Field(pattern=r"^(https?://[a-z0-9.-]+(:[0-9]{1,5})?)?$")] = ""
    """By which officers reach the pages: `https://loa.example.vn`. Passkeys hold for this address alone; empty: there
    are none with `https`, else those of `http://localhost` and the port."""
    trusted_proxies: str = "127.0.0.1"
    """Proxies whose `X-Forwarded-For` is believed; wrong passwords are counted by that address."""

    test_clock: Folder | None = None
    """For tests only: the file by which they set the time (host/shared_clock.py)."""

    clock: Literal["kernel", "system"] = "kernel"
    """`system`: nothing synchronises this machine's clock, and the commune keeps it right by hand; `check` then shows
    the time instead of asking the kernel."""
    time_zone: Zone = "Asia/Ho_Chi_Minh"
    topic_root: str = DEFAULT_ROOT

    piper_voice: Folder | None = None
    """A piper voice whose licence lets the commune use it: an `.onnx` file, with its `.onnx.json` next to it."""
    piper_voice_sha256: Annotated[str, Field(pattern="^([0-9a-fA-F]{64})?$")] = ""
    """If set, `piper_voice` is used only if the file has this hash."""

    broker_host: str = "127.0.0.1"
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    broker_tls: bool = False
    broker_ca: Folder | None = None
    """The broker's certificate authority, a PEM file; speakers get its content."""
    broker_public_host: str = ""
    """The host name by which speakers reach the broker; empty: `broker_host`."""
    broker_public_port: int | None = None

    broker_accounts: Literal["mosquitto", "demo"] = "mosquitto"
    broker_password_file: Folder | None = None
    """The broker's password file, which the office writes; required to serve."""
    broker_pid_file: Folder | None = None
    """If set, the office signals the broker to reload its password file; if not, a systemd unit in deploy/ does."""

    def within(self, *names: str) -> Path:
        """A path below the data folder."""
        return self.data_dir.joinpath(*names)

    @property
    def database(self) -> str:
        """The database's URL for SQLAlchemy."""
        return self.database_url or f"sqlite:///{self.within('office.db')}"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; raises SettingsError about the first that can't be used."""
        values: dict[str, object] = {}
        file = environment.get(PREFIX + "SETTINGS")
        try:
            if file:
                values.update(tomllib.loads(Path(file).read_text(encoding="utf-8")))
            for name in cls.model_fields:
                if (text := environment.get(PREFIX + name.upper())) is not None:
                    values[name] = text
            return cls.model_validate(values)
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise SettingsError("settings_unreadable", file=str(file), detail=str(error)) from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise SettingsError.of(".".join(str(step) for step in first["loc"]), phrase_of(first)) from None
