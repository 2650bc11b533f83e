"""One fragment a line on standard input, its spoken form a line on standard output: `python -m audio.spoken_text`."""

import io
import sys

from audio.spoken_text import spoken_text


def main() -> None:
    """Prints nothing but the spoken lines."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    for line in sys.stdin:
        print(spoken_text(line.rstrip("\n")).words.replace("\n", " "))  # noqa: T201  # a command prints


if __name__ == "__main__":
    main()
