"""What a page offers its reader: its links, and each way in which its forms can be sent without typing more."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

DECIDES_WHO_MAY = frozenset({"dia-ban", "dia_ban", "cum-loa", "thuoc", "vai-tro", "can-bo", "ban-tin", "luon"})
"""Choices on which it depends whether a form is allowed; others are tried as they stand."""
Fields = tuple[tuple[str, str], ...]
_FOLLOWED = {"a": "href", "audio": "src"}
_TYPED = frozenset({"text", "password", "search"})


@dataclass(frozen=True)
class Offer:
    """A link (`GET`), or a form with one of its buttons pressed and at most one choice made otherwise."""

    method: str
    path: str
    fields: Fields = ()


@dataclass
class _Form:
    method: str
    action: str
    fixed: list[tuple[str, str]] = field(default_factory=list)
    typed: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, list[str], int | None]] = field(default_factory=list)
    """Selects and groups of radio buttons: name, values, which one stands (None: none)."""
    boxes: list[tuple[str, str, bool]] = field(default_factory=list)
    buttons: list[tuple[tuple[str, str] | None, str]] = field(default_factory=list)
    """(name and value or None, another address or empty)."""

    def offers(self, typed: Mapping[str, str]) -> Iterator[Offer]:
        """`typed`: what is put into fields of text that are empty."""
        given = self.fixed + [(name, value or typed.get(name, "")) for name, value in self.typed]
        chosen = [(name, values[at]) for name, values, at in self.choices if at is not None and values]
        ticked = [(name, value) for name, value, is_ticked in self.boxes if is_ticked]
        for button, address in self.buttons or [(None, "")]:
            yield self._offer(given + chosen + ticked, button, address)
        button, address = (self.buttons or [(None, "")])[0]
        for name, values, at in self.choices:
            for n, value in enumerate(values):
                if n != at and name in DECIDES_WHO_MAY:
                    others = [each for each in chosen if each[0] != name]
                    yield self._offer([*given, *others, *ticked, (name, value)], button, address)
        for name, value, is_ticked in self.boxes:
            if not is_ticked and name in DECIDES_WHO_MAY:
                yield self._offer([*given, *chosen, *ticked, (name, value)], button, address)

    def _offer(self, fields: list[tuple[str, str]], button: tuple[str, str] | None, address: str) -> Offer:
        return Offer(self.method, address or self.action, (*fields, *([button] if button else [])))


class Offers(HTMLParser):
    """Reads a page. A form's token of the session isn't among its fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[Offer] = []
        self.forms: list[_Form] = []
        self._named: dict[str, _Form] = {}
        self._elsewhere: list[tuple[str, str, dict[str, str]]] = []
        self._inside: _Form | None = None
        self._select: tuple[str, list[str], int | None] | None = None
        self._textarea: str | None = None
        self._text = ""
        self.feed(html)
        for name, tag, given in self._elsewhere:
            self._add(self._named[name], tag, given)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        address = given.get(_FOLLOWED.get(tag, ""), "").partition("#")[0]
        if address.startswith("/"):
            self.links.append(Offer("GET", address))
        if tag == "form":
            self._inside = _Form(given.get("method", "get").upper(), given.get("action", ""))
            self.forms.append(self._inside)
            self._named[given.get("id", "")] = self._inside
        elif tag in ("input", "button") and "form" in given:
            self._elsewhere.append((given["form"], tag, given))
        elif self._inside is None:
            return
        elif tag in ("input", "button"):
            self._add(self._inside, tag, given)
        elif tag == "select":
            self._select = (given["name"], [], None)
        elif tag == "option" and self._select is not None:
            name, values, at = self._select
            self._select = (name, [*values, given["value"]], len(values) if "selected" in given else at)
        elif tag == "textarea":
            self._textarea, self._text = given["name"], ""

    def _add(self, form: _Form, tag: str, given: dict[str, str]) -> None:
        name, value, kind = given.get("name", ""), given.get("value", ""), given.get("type", "")
        if tag == "button" and kind != "button":
            form.buttons.append(((name, value) if name else None, given.get("formaction", "")))
        elif kind == "radio":
            group = next((each for each in form.choices if each[0] == name), (name, [], None))
            others = [each for each in form.choices if each[0] != name]
            at = len(group[1]) if "checked" in given else group[2]
            form.choices = [*others, (name, [*group[1], value], at)]
        elif kind == "checkbox" and name:
            form.boxes.append((name, value or "on", "checked" in given))
        elif kind in _TYPED:
            form.typed.append((name, value))
        elif tag == "input" and name and kind not in ("file", "checkbox") and name != "csrf":
            form.fixed.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select" and self._select is not None and self._inside is not None:
            name, values, at = self._select
            self._inside.choices.append((name, values, 0 if at is None else at))
            self._select = None
        elif tag == "textarea" and self._textarea is not None and self._inside is not None:
            self._inside.typed.append((self._textarea, self._text.removeprefix("\n")))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data
