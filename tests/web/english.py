"""Finds Vietnamese texts on an English page, except what people of the station wrote."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from playwright.sync_api import Page
from sqlmodel import SQLModel

from controller.database.transactions import Database
from tests.controller.words.test_catalogue import forms
from tests.controller.words.vietnamese import OUR_NAME, is_vietnamese
from tools.catalogue import extract_texts

_READABLE_TEXTS = """() => {
    const found = [document.title], names = ['aria-label', 'title', 'alt', 'placeholder', 'content'];
    const theirs = (node) => node.closest('[lang="vi"]') !== null;
    const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const parent = walk.currentNode.parentElement;
        if (!parent.matches('script, style') && !theirs(parent)) found.push(walk.currentNode.data);
    }
    for (const each of document.querySelectorAll('*')) {
        if (!theirs(each)) found.push(...names.map((name) => each.getAttribute(name) ?? ''));
    }
    return found;
}"""
"""All texts and read-out attributes of a page, except those that it marks as Vietnamese."""
_QUOTED, _CUT_SHORT = re.compile("“([^”]*)”"), re.compile("^(.+)…$")


def vietnamese_left(page: Page, database: Database) -> list[str]:
    """Texts of an English page that are Vietnamese and are neither in the database nor quoted.

    The database holds names, titles and typed texts. A label of our own pages is found even if it is quoted.
    """
    written = sorted(_written(database), key=len, reverse=True)
    return [text.strip() for text in page.evaluate(_READABLE_TEXTS) if is_vietnamese(_without(text, written))]


def _without(text: str, written: Iterable[str]) -> str:
    if not is_vietnamese(text):
        return ""
    rest = _QUOTED.sub(lambda quoted: quoted[1] if _is_our_label(quoted[1]) else " ", text.replace(OUR_NAME, ""))
    rest = _folded(rest)
    for each in written:
        rest = rest.replace(each, " ")
    return _CUT_SHORT.sub(lambda cut: "" if any(each.startswith(cut[1]) for each in written) else cut[0], rest)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_our_label(text: str) -> bool:
    return text[:1].isupper() and text in _our_texts()


@cache
def _our_texts() -> frozenset[str]:
    return frozenset(text for message in extract_texts() if message.id for text in forms(message.id))


def _written(database: Database) -> set[str]:
    """All Vietnamese texts of all tables, also inside JSON."""
    found: set[str] = set()
    with database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.connection().execute(table.select()):
                ahead: list[object] = list(row)
                while ahead:
                    value = ahead.pop()
                    if isinstance(value, dict):
                        ahead += value.values()
                    elif isinstance(value, (list, tuple)):
                        ahead += value
                    elif isinstance(value, str) and is_vietnamese(value):
                        found |= {_folded(value), _folded(value).replace("khu phố", "kp.")}
    return found
