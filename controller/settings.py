"""The office's settings: from the environment (`LOA_*`), or one TOML file (`LOA_SETTINGS`), the environment first."""

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
    """A setting can't be used; what it says names it and tells what to write."""

    @classmethod
    def of(cls, name: str, why: Phrase) -> Self:
        """About one setting; `why` stands inside a sentence."""
        return cls("setting_wrong", name=name, variable=PREFIX + name.upper(), why=why)


def _whole(path: Path) -> Path:
    return path.expanduser().absolute()


def _in_our_words(name: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(name)
    except ValidationError:
        raise unfit(Phrase("field_time_zone")) from None


Folder = Annotated[Path, AfterValidator(_whole)]
Zone = Annotated[ZoneName, WrapValidator(_in_our_words)]


class OfficeSettings(BaseModel):
    """All settings. Each is `LOA_` + its name in capitals in the environment, or its name in the TOML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Folder = Path("var")
    """Database, clips and keys."""
    database_url: str = ""
    """Empty: SQLite in `data_dir`; or `postgresql+psycopg://user@host/name`."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    https: bool = False
    """Whether officers reach the pages by HTTPS (through a reverse proxy): cookies are then bound to it."""
    trusted_proxies: str = "127.0.0.1"
    """Whose `X-Forwarded-For` is believed when sign-in is slowed by address."""

    test_clock: Folder | None = None
    """For tests alone: the file by which they move the time (controller/running/shared_clock.py)."""

    clock: Literal["kernel", "system"] = "kernel"
    """`system`: the commune itself keeps this machine's clock right, where nothing synchronises it; `check` shows the
    time instead of asking the kernel."""
    time_zone: Zone = "Asia/Ho_Chi_Minh"
    topic_root: str = DEFAULT_ROOT

    piper_voice: Folder | None = None
    """A piper voice, an `.onnx` with its `.onnx.json` beside it, that the commune may use by its licence."""
    piper_voice_sha256: Annotated[str, Field(pattern="^([0-9a-fA-F]{64})?$")] = ""
    """Set: no other file than this speaks."""

    broker_host: str = "127.0.0.1"
    broker_port: Annotated[int, Field(ge=1, le=65535)] = 1883
    broker_tls: bool = False
    broker_ca: Folder | None = None
    """The certificate authority of the broker, in PEM; it is given to the speakers too."""
    broker_public_host: str = ""
    """Where speakers reach the broker, if not by `broker_host`."""
    broker_public_port: int | None = None

    broker_accounts: Literal["mosquitto", "demo"] = "mosquitto"
    broker_password_file: Folder | None = None
    """The broker's password file, which the office writes."""
    broker_pid_file: Folder | None = None
    """Set: the office itself tells the broker to read its password file again. Unset: deploy/ has a unit that does."""

    def within(self, *names: str) -> Path:
        """A path in the data folder."""
        return self.data_dir.joinpath(*names)

    @property
    def database(self) -> str:
        """The database as SQLAlchemy addresses it."""
        return self.database_url or f"sqlite:///{self.within('office.db')}"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; raises SettingsError."""
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
