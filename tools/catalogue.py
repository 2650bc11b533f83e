"""`make catalogue`: gather all marked texts, bring each language's .po up to date with them, and compile it.

A text whose words have changed is empty again in the .po, and is then said in Vietnamese until somebody translates it.
Both files are committed, so that the programs need nothing of this.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from controller.words.translation import CATALOGUES, DOMAIN

ROOT = Path(__file__).parent.parent
SOURCES = "controller"
_METHODS = (("**.py", "python"), ("**.html", "jinja2"))
_OPTIONS = {"**.html": {"newstyle_gettext": "true", "trimmed": "false", "silent": "false"}}
_KEYWORDS = {"_": None, "mark": None, "ngettext": (1, 2), "gettext": None, "Counted": (2, 2), "counted": (1, 1)}
"""What marks a text, and by which arguments; a Vietnamese text has the same form for one and for many."""


def main() -> int:
    """Write the catalogues; 1 where a text has no translation, whose number is said."""
    template = gathered()
    left_open = 0
    for file in catalogue_files():
        catalogue = updated(file, template)
        file.write_bytes(written(catalogue))
        file.with_suffix(".mo").write_bytes(compiled(catalogue))
        empty = sum(not _is_translated(message.string) for message in catalogue if message.id)
        print(f"{file.relative_to(ROOT)}: {len(catalogue)} texts, {empty} without a translation")  # noqa: T201
        left_open += empty
    return 1 if left_open else 0


def catalogue_files() -> list[Path]:
    """The .po of each language."""
    return sorted(CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def gathered() -> Catalog:
    """All texts of the sources."""
    template = Catalog(domain=DOMAIN, fuzzy=False)
    for file, message in _marked():
        template.add(message, locations=[(file, 0)])
    return template


def _marked() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    found = extract_from_dir(ROOT / SOURCES, _METHODS, _OPTIONS, _KEYWORDS)
    for file, _line, message, _comments, _context in sorted(found, key=lambda each: each[:2]):
        yield f"{SOURCES}/{file}", message


def read(file: Path) -> Catalog:
    """A language's .po."""
    return read_po(BytesIO(file.read_bytes()), locale=file.parent.parent.name, domain=DOMAIN)


def updated(file: Path, template: Catalog) -> Catalog:
    """A language's .po, with the texts of now; what no longer stands in the sources is dropped."""
    catalogue = read(file)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    for message in catalogue:
        if message.fuzzy and message.id:  # one form where there are two now: Babel would leave it out of the .mo unsaid
            message.flags.discard("fuzzy")
            message.string = ("", "") if message.pluralizable else ""
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """The .po; without line numbers, which would change it with each line of the sources."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, include_lineno=False)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """The .mo."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _is_translated(said: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(said) and (isinstance(said, str) or all(said or ()))


if __name__ == "__main__":
    sys.exit(main())
