"""The command `loa-speaker`."""

import argparse
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from speaker_agent import app
from speaker_agent.check import check
from speaker_agent.settings import AgentSettings, NoSettings, read_settings_file
from speaker_agent.tone import sound_tone

log = logging.getLogger(__name__)

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Command = Literal["run", "check", "tone"]
_COMMANDS: dict[Command, str] = {
    "run": "run the agent until SIGTERM or SIGINT; it logs to standard error",
    "check": "print one line for each thing that must be right: ok, or what to do; exit 1 if any isn't",
    "tone": "let three seconds of a soft tone sound, to hear whether the loudspeaker works",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    parsed = make_parser().parse_args(arguments)
    command: Command = parsed.command
    file: Path = parsed.config
    if command == "check":
        return _check(file)
    try:
        settings = read_settings_file(file)
        if command == "tone":
            return _exit_status(sound_tone(settings))
        return _run(settings)
    except (NoSettings, app.AlreadyRunning) as error:
        return _exit_status(str(error))
    except (OSError, sqlite3.Error) as error:
        return _exit_status(f"{error}: `loa-speaker check --config {file}` says what has to be put right")


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="loa-speaker",
        description="The agent of one loudspeaker: keeps the plan, sounds it on time, and reports what sounded.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in _COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument(
            "--config",
            type=Path,
            required=True,
            metavar="FILE",
            help="JSON that the office showed when this speaker was enrolled, with data_dir and sound where wanted",
        )
    return parser


def _run(settings: AgentSettings) -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Blocked in every thread and awaited here: a handler could interrupt the loop while it holds a lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    ended_in_order = app.run(
        settings,
        wait_for_stop=lambda: log.info("%s: ending", signal.Signals(signal.sigwait(_STOP_SIGNALS)).name),
        on_end=lambda: os.kill(os.getpid(), signal.SIGTERM),
    )
    return 0 if ended_in_order else 1


def _check(file: Path) -> int:
    wrong = False
    for what, to_do in check(file):
        print(f"{what}: {'ok' if to_do is None else to_do}")
        wrong = wrong or to_do is not None
    return 1 if wrong else 0


def _exit_status(trouble: str | None) -> int:
    """0 without a trouble; 1 with one, which is printed."""
    if trouble is None:
        return 0
    print(trouble, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
