"""`make demo`: an office with its broker and three loudspeakers, all on this machine, until SIGINT or SIGTERM.

Reads `LOA_PORT` (8000) and `LOA_DATA_DIR` (var/demo). In that folder, `heard/` gets what the loudspeakers sound,
`access.json` passwords and tokens, and `logs/` the output of the programs.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from alembic.util import CommandError

from controller.demo.children import STOPS, Child, end
from controller.demo.station import SPEAKERS, set_up, speaker_file
from controller.running.data_lock import InUse, alone_in
from controller.settings import OfficeSettings, SettingsError
from controller.words.phrases import Phrase, PhrasedError
from controller.words.preference import of_environment
from controller.words.translation import _, speaking
from wire.instants import format_instant

_HOST = "127.0.0.1"
_READY_WITHIN_S = 60.0
_POLL_EVERY_S = 0.2


class Trouble(PhrasedError):
    """The demonstration can't go on; the sentence ends with what to do."""


def main() -> int:
    """Run until SIGINT or SIGTERM; returns the exit status. It speaks English, unless LOA_LANGUAGE is vi."""
    with speaking(of_environment(otherwise="en")):
        return _main()


def _main() -> int:
    # Blocked here and awaited in _told_to_end, so that no signal is lost; children unblock them.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    os.umask(0o077)
    try:
        settings = _settings()
        speakers_folder = settings.within("speakers")
        speakers_folder.mkdir(parents=True, exist_ok=True)
        with alone_in(speakers_folder):
            _run(settings)
    except CommandError as error:
        return _failed(str(Phrase("demo_of_other_version", folder=str(settings.data_dir), detail=str(error))))
    except (SettingsError, Trouble, InUse, OSError) as error:
        return _failed(str(error))
    return 0


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - a command prints
    return 1


def _settings() -> OfficeSettings:
    port, data_dir = os.environ.get("LOA_PORT") or "8000", os.environ.get("LOA_DATA_DIR") or "var/demo"
    folder = Path(data_dir).absolute()
    settings = OfficeSettings.read(
        {
            "LOA_PORT": port,
            "LOA_DATA_DIR": str(folder),
            "LOA_BROKER_ACCOUNTS": "demo",
            "LOA_BROKER_PASSWORD_FILE": str(folder / "broker" / "accounts"),
            "LOA_BROKER_PORT": str(_free_port(0)),
        }
    )
    _free_port(settings.port)
    return settings


def _free_port(port: int) -> int:
    try:
        with socket.create_server((_HOST, port)) as probe:
            free: int = probe.getsockname()[1]
            return free
    except OSError as error:
        raise Trouble("demo_port_taken", port=str(port), host=_HOST, detail=str(error.strerror)) from None


def _run(settings: OfficeSettings) -> None:
    url = f"http://{_HOST}:{settings.port}"
    for folder in ("broker", "heard", "logs"):
        settings.within(folder).mkdir(exist_ok=True)
    _say(_("Loa Xã, bản xem thử chỉ trên máy này. Dữ liệu: {folder}").format(folder=settings.data_dir))
    access = set_up(settings, url, datetime.now(UTC))
    office, speakers = _office(settings), [_speaker(settings, name) for name in SPEAKERS]
    all_children = [_broker(settings), office, *speakers]
    began_at = format_instant(datetime.now(UTC))
    try:
        _say(_("Văn phòng khởi động, cùng một máy chủ truyền tin."))
        _start(all_children[:2])
        if not _wait_until(lambda: _get_json(settings.port, "/health") is not None, all_children):
            return
        _say(_("Ba cụm loa khởi động: {speakers}.").format(speakers=", ".join(SPEAKERS)))
        _start(speakers)
        if not _wait_until(lambda: _all_online(settings.port, access["token"], began_at), all_children):
            return
        _say(_("Tiếng của các cụm loa được ghi vào {folder}").format(folder=settings.within("heard")))
        deeds = (
            (access, _("{username} soạn bản tin và đặt phát; mật khẩu: {password}")),
            (access["approver"], _("{username} phê duyệt; mật khẩu: {password}")),
        )
        for who, deed in deeds:
            _say(deed.format(username=who["username"], password=who["password"]))
        _say(_("Sẵn sàng: {url}").format(url=url))
        while not _told_to_end(_POLL_EVERY_S):
            for child in all_children:
                if (status := child.ended()) is not None:
                    again = _("{program} đã dừng ({status}), được chạy lại như systemd làm ở một đài.")
                    _say(again.format(program=child.name, status=status))
                    child.start()
    finally:
        for children in (speakers, [office], all_children[:1]):
            end(children)
    _say(_("Đã kết thúc."))


def _broker(settings: OfficeSettings) -> Child:
    module = (sys.executable, "-m", "controller.demo.broker")
    options = ("--port", str(settings.broker_port), "--accounts", str(settings.broker_password_file))
    return Child("broker", (*module, *options), settings.within("logs", "broker.log"), _environment())


def _office(settings: OfficeSettings) -> Child:
    file = settings.within("settings.toml")
    written = settings.model_dump(mode="json", exclude_unset=True)
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in written.items()), encoding="utf-8")
    environment = {**_environment(), "LOA_SETTINGS": str(file)}
    return Child("office", (_script("loa-controller"), "serve"), settings.within("logs", "office.log"), environment)


def _speaker(settings: OfficeSettings, speaker: str) -> Child:
    command = (_script("loa-speaker"), "run", "--config", str(speaker_file(settings, speaker)))
    return Child(f"loudspeaker {speaker}", command, settings.within("logs", f"{speaker}.log"), _environment())


def _script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _environment() -> dict[str, str]:
    """Our environment without LOA_ variables, which may be the settings of another office."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}


def _start(children: Sequence[Child]) -> None:
    for child in children:
        child.start()


def _wait_until(is_reached: Callable[[], bool], children: Sequence[Child]) -> bool:
    """Wait until `is_reached()`. Returns False if told to end first; raises Trouble after a child's end or 60 s."""
    until = time.monotonic() + _READY_WITHIN_S
    while not is_reached():
        ended = [child for child in children if child.ended() is not None]
        if ended or time.monotonic() > until:
            last_words = "\n".join(f"{child.name}: {child.last_words()}" for child in ended or children)
            if ended:
                raise Trouble("demo_child_ended", program=ended[0].name, last_words=last_words)
            raise Trouble("demo_not_ready", seconds=round(_READY_WITHIN_S), last_words=last_words)
        if _told_to_end(_POLL_EVERY_S):
            return False
    return True


def _all_online(port: int, token: str, since: str) -> bool:
    """Whether all loudspeakers are online by statuses after `since` (an instant as on the wire)."""
    answer = _get_json(port, "/api/v1/speakers", token)
    return answer is not None and set(SPEAKERS) <= {
        each["speaker"] for each in answer["items"] if each["online"] and each["last_status_at"] >= since
    }


def _get_json(port: int, path: str, token: str = "") -> Any:
    """The office's JSON, unchecked; None unless it answers 200. Not by urllib, which would use a proxy."""
    connection = HTTPConnection(_HOST, port, timeout=_READY_WITHIN_S)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return json.load(answer) if answer.status == HTTPStatus.OK else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _told_to_end(within_s: float) -> bool:
    return signal.sigtimedwait(STOPS, within_s) is not None


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command prints


if __name__ == "__main__":
    sys.exit(main())
