"""`make catalogue`: extracts all marked texts, updates each language's .po file, and compiles it to .mo.

A text whose words have changed loses its translation, and is shown in Vietnamese until it has a new one. Both files are
committed, so the programs don't need Babel.
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
_KEYWORDS = {
    "_": None,
    "mark": None,
    "pgettext": ((1, "c"), 2),
    "ngettext": (1, 2),
    "gettext": None,
    "Counted": (2, 2),
    "counted": (1, 1),
}
"""The functions that mark a text, and the numbers of their text arguments; “c”: of the context. Vietnamese has one form
for every number, so `Counted` and `counted` have the same argument as singular and as plural.
"""


def main() -> int:
    """Write the catalogues, and print how many texts have no translation; returns 1 where one has none."""
    template = extract_texts()
    left_open = 0
    for file in catalogue_files():
        catalogue = updated_catalogue(file, template)
        file.write_bytes(po_bytes(catalogue))
        file.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
        empty = sum(not _is_translated(message.string) for message in catalogue if message.id)
        print(f"{file.relative_to(ROOT)}: {len(catalogue)} texts, {empty} without a translation")  # noqa: T201
        left_open += empty
    return 1 if left_open else 0


def catalogue_files() -> list[Path]:
    """The .po file of each language."""
    return sorted(CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def extract_texts() -> Catalog:
    """A catalogue of all marked texts in the sources, without translations."""
    template = Catalog(domain=DOMAIN, fuzzy=False)
    for file, message, context in _marked():
        template.add(message, locations=[(file, 0)], context=context)
    return template


def _marked() -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    found = extract_from_dir(ROOT / SOURCES, _METHODS, _OPTIONS, _KEYWORDS)
    for file, _line, message, _comments, context in sorted(found, key=lambda each: each[:2]):
        yield f"{SOURCES}/{file}", message, context


def read_catalogue(file: Path) -> Catalog:
    return read_po(BytesIO(file.read_bytes()), locale=file.parent.parent.name, domain=DOMAIN)


def updated_catalogue(file: Path, template: Catalog) -> Catalog:
    """The catalogue of a .po file with the texts of `template`; texts that left the sources are dropped."""
    catalogue = read_catalogue(file)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    for message in catalogue:
        if message.fuzzy and message.id:  # one form where there are two now: Babel would leave it out of the .mo unsaid
            message.flags.discard("fuzzy")
            message.string = ("", "") if message.pluralizable else ""
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """The bytes of a .po file; without line numbers, which would change with each edit of the sources."""
    out = BytesIO()
    write_po(out, catalogue, width=120, sort_by_file=True, include_lineno=False)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The bytes of a .mo file."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def _is_translated(said: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(said) and (isinstance(said, str) or all(said or ()))


if __name__ == "__main__":
    sys.exit(main())
