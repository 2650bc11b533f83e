"""One fragment a line on standard input, its spoken form a line on standard output: `python -m audio.spoken_text`."""

import sys

from audio.spoken_text import spoken_text


def main() -> None:
    """Prints nothing but the spoken lines."""
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # they are text files
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for line in sys.stdin:
        print(spoken_text(line.rstrip("\n")).words.replace("\n", " "))  # noqa: T201  # a command prints


if __name__ == "__main__":
    main()
