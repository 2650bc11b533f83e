"""Formats the lines of the pages' templates: `python -m tools.template_lines [--check] [FILE…]`; without a name, all.

A line has at most 120 characters, is indented two spaces more than the line that opens its element or block, and opens
at most one block-level element. Without `--check` the indentation is corrected. Nothing else is changed, because a line
break can add a space to the page: lines that a person must break are reported.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

_TEMPLATES = Path("controller/web")
_MAX_LINE_CHARACTERS = 120
_INDENT = 2
_BLOCK_LEVEL = re.compile(
    "address|article|aside|blockquote|body|caption|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|"
    "h[1-6]|head|header|hr|html|legend|li|link|main|meta|nav|ol|option|p|pre|script|section|select|style|summary|svg|"
    "table|tbody|td|textarea|tfoot|th|thead|title|tr|ul|video"
)
_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_KEPT_AS_WRITTEN = ("<pre", "<textarea")
_PAIRED = ("block", "call", "filter", "for", "if", "macro", "trans")
_COMMENT_OR_JINJA = r"\{\#.*?\#\} | \{%[-+]?\s*(?P<word>\w+)(?=(?P<assigns>[^%\n]*=)?) | \{\{ | \n"
_STRING_OR_BRACKET = r""" "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | [()\[\]{}] | \n"""
_TEXT = re.compile(rf"(?sx) {_COMMENT_OR_JINJA} | </(?P<end>[\w-]+)\s*> | <(?P<start>[a-zA-Z][\w-]*)")
_INSIDE = {
    "<": re.compile(rf"(?sx) {_COMMENT_OR_JINJA} | /?>"),
    "{%": re.compile(rf"(?sx) [-+]?%\}} | {_STRING_OR_BRACKET}"),
    "{{": re.compile(rf"(?sx) -?\}}\}} | {_STRING_OR_BRACKET}"),
} | dict.fromkeys("([{", re.compile(rf"(?sx) {_STRING_OR_BRACKET}"))
_BRACKETS = {")": "(", "]": "[", "}": "{"}


class UnbalancedTemplate(Exception):
    """An end without its beginning, or a beginning without its end."""


@dataclass(frozen=True)
class _Open:
    """Something open: `<p` is an element, `{% if` a block; `<`, `{%`, `{{` or a bracket is an unfinished tag.

    `line`: where it began, from 0. `then`: the element or block that is open once the tag is finished.
    """

    what: str
    line: int
    then: str = ""


class _ParsedTemplate:
    """A template parsed in one pass. `indents`: the right indentation of each line, None: leave it as it is;
    `opened`: how many block-level elements each line opens. Raises UnbalancedTemplate.
    """

    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.indents: list[int | None] = []
        self.opened = [0] * len(self.lines)
        self._open: list[_Open] = []
        self._begin_line()
        at = 0
        while found := _INSIDE.get(self._top(), _TEXT).search(source, at):
            if source[at : found.start()].strip():
                self._only_ends = False
            at = found.end()
            self._take(found[0], found.groupdict())
        if self._open:
            raise UnbalancedTemplate(f"line {self._open[-1].line + 1}: {self._top()} is not ended")

    def _top(self) -> str:
        return self._open[-1].what if self._open else ""

    def _begin_line(self) -> None:
        inside = None if self._top() in _KEPT_AS_WRITTEN else 0
        if self._open and inside is not None:
            inside = (self.indents[self._open[-1].line] or 0) + _INDENT
        self.indents.append(inside)
        self._only_ends = True

    def _begin(self, what: str, then: str = "") -> None:
        self._open.append(_Open(what, len(self.indents) - 1, then))
        self._only_ends = False

    def _end(self, what: str) -> str:
        if self._top() != what:
            raise UnbalancedTemplate(f"line {len(self.indents)}: {what} ends where {self._top() or 'nothing'} is open")
        ended = self._open.pop()
        if self._only_ends and self.indents[-1] is not None:
            self.indents[-1] = self.indents[ended.line]
        return ended.then

    def _take(self, found: str, named: dict[str, str | None]) -> None:
        if found == "\n":
            self._begin_line()
        elif word := named.get("word"):
            self._take_statement(word, assigns=bool(named["assigns"]))
        elif name := named.get("start"):
            self.opened[len(self.indents) - 1] += _BLOCK_LEVEL.fullmatch(name) is not None
            self._begin("<", "" if _VOID.fullmatch(name) else f"<{name}")
        elif name := named.get("end"):
            self._end(f"<{name}")
        elif found.endswith(("%}", "}}", ">")):
            then = self._end({"%": "{%", "}": "{{"}.get(found[-2:-1], "<"))
            if then and found != "/>":
                self._begin(then)
        elif found in _BRACKETS:
            self._end(_BRACKETS[found])
        elif found in _INSIDE:
            self._begin(found)
        else:  # a comment or a string
            self._only_ends = False
            self.indents += [None] * found.count("\n")

    def _take_statement(self, word: str, *, assigns: bool) -> None:
        block = "{% " + word if word in _PAIRED or (word == "set" and not assigns) else ""
        if word.startswith("end"):
            self._end("{% " + word.removeprefix("end"))
        elif word in ("elif", "else"):
            block = self._top()
            self._end(block if block in ("{% if", "{% for") else "{% if")
        self._begin("{%", block)


def indent_lines(source: str) -> str:
    """The template with each line's indentation corrected; raises UnbalancedTemplate."""
    template = _ParsedTemplate(source)
    return "\n".join(
        line if indent is None or not line.strip() else " " * indent + line.lstrip(" \t")
        for line, indent in zip(template.lines, template.indents, strict=True)
    )


def find_lines_to_break(source: str) -> list[str]:
    """A message for each line that is too long or opens several block-level elements; raises UnbalancedTemplate."""
    template = _ParsedTemplate(source)
    found = []
    for number, (line, opened) in enumerate(zip(template.lines, template.opened, strict=True), 1):
        if len(line) > _MAX_LINE_CHARACTERS:
            found.append(f"line {number}: {len(line)} characters")
        if opened > 1:
            found.append(f"line {number}: opens {opened} block-level elements")
    return found


def main() -> int:
    """Correct indentation and report the rest; with `--check` report everything. Returns 1 where something is left."""
    check = "--check" in sys.argv[1:]
    named = [Path(each) for each in sys.argv[1:] if each != "--check"]
    messages = []
    for path in named or sorted(_TEMPLATES.rglob("*.html")):
        source = path.read_text()
        try:
            right = indent_lines(source)
            messages += [f"{path}: {each}" for each in find_lines_to_break(right)]
        except UnbalancedTemplate as error:
            messages.append(f"{path}: {error}")
            continue
        if right != source and check:
            messages.append(f"{path}: lines begin too far in or out; `make format` mends them")
        elif right != source:
            path.write_text(right)
    sys.stdout.writelines(f"{each}\n" for each in messages)
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
