"""What a page shows is what its template uses: no field too many, and no name that nothing gives."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypedDict, get_args, get_type_hints, is_typeddict

import pytest
from fastapi.routing import APIRoute
from jinja2 import DictLoader, Environment, meta, nodes

import controller.web
from controller.web.frame.page import FragmentValues, FrameValues, PageValues, make_templates
from controller.web.frame.static_files import StaticFiles
from controller.web.pages import PAGES

FOLDER = Path(controller.web.__file__).parent
OF_THE_FRAME = {"path", "address_again", *(each.name for each in dataclasses.fields(FrameValues))}
MADE_BY_JINJA = {"_trans"}

Values = type[PageValues] | type[FragmentValues]


def all_values() -> list[Values]:
    """The dataclasses of all pages and fragments of the office, without those that only others are made of."""
    found: set[Values] = set()
    ahead: list[Values] = [PageValues, FragmentValues]
    while ahead:
        below = ahead.pop().__subclasses__()
        found.update(below)
        ahead += below
    ours = (each for each in found if each.__module__.startswith("controller.") and not is_a_part(each))
    return sorted(ours, key=lambda each: each.__name__)


def is_a_part(values: Values) -> bool:
    """Whether others are made of it, and it has no template of its own."""
    return bool(values.__subclasses__()) and not (hasattr(values, "template") or hasattr(values, "fragment"))


def templates_of(values: Values) -> Iterator[tuple[str, bool]]:
    """Each template of a page, and whether it stands in the frame."""
    if issubclass(values, PageValues):
        yield values.template, True
    if issubclass(values, FragmentValues):
        yield values.fragment, False


@dataclass
class Names:
    """The names that a template takes from outside, and those of them that no template sets or imports."""

    used: set[str]
    unknown: set[str]


def with_referenced(templates: Environment, template: str) -> dict[str, nodes.Template]:
    """A template with those that it extends, imports or includes."""
    found: dict[str, nodes.Template] = {}
    ahead = [template]
    while ahead:
        name = ahead.pop()
        if name not in found and templates.loader:
            found[name] = templates.parse(templates.loader.get_source(templates, name)[0])
            ahead += [each for each in meta.find_referenced_templates(found[name]) if each]
    return found


def names_in(templates: Environment, template: str) -> Names:
    """By jinja2.meta, which takes what is set in one branch of a condition for unknown in the next: those are known."""
    trees = with_referenced(templates, template)
    everywhere = {name for tree in trees.values() for name in _named_at_the_top(tree)} | MADE_BY_JINJA
    names = Names(set(), set())
    for tree in trees.values():
        undeclared = meta.find_undeclared_variables(tree) - set(templates.globals)
        set_here = {each.name for each in tree.find_all(nodes.Name) if each.ctx == "store"}
        set_here |= {each.name for each in tree.find_all(nodes.Macro)}
        names.used |= undeclared
        names.unknown |= undeclared - everywhere - set_here
    return names


def _named_at_the_top(tree: nodes.Template) -> Iterator[str]:
    """What a template gives to those that it imports with its context, and to its own blocks."""
    for each in tree.body:
        if isinstance(each, nodes.Import):
            yield each.target
        elif isinstance(each, nodes.Macro):
            yield each.name


def fields_of(hint: object) -> dict[str, object]:
    """The fields of a TypedDict by their types, also where None may stand in its place; of other types none."""
    found = [each for each in (hint, *get_args(hint)) if is_typeddict(each)]
    return get_type_hints(found[0]) if found else {}


def unknown_fields(tree: nodes.Template, hints: Mapping[str, object]) -> Iterator[str]:
    """`status.clok`: what a template takes from a TypedDict that has no such field."""

    def hint_of(node: nodes.Node) -> object:
        if isinstance(node, nodes.Getattr):
            return fields_of(hint_of(node.node)).get(node.attr)
        return hints.get(node.name) if isinstance(node, nodes.Name) else None

    for each in tree.find_all(nodes.Getattr):
        fields = fields_of(hint_of(each.node))
        if fields and each.attr not in fields:
            yield each.attr


def faults(templates: Environment, values: Values) -> list[str]:
    """What is wrong with the values of one page, a sentence each."""
    given = {each.name for each in dataclasses.fields(values)}
    found = [f"{name} is the frame's" for name in sorted(given & OF_THE_FRAME)]
    used: set[str] = set()
    hints = get_type_hints(values)
    for template, in_frame in templates_of(values):
        names = names_in(templates, template)
        used |= names.used
        around = OF_THE_FRAME if in_frame else OF_THE_FRAME - {"frame"}
        found += [f"{template} uses {name}, which nothing gives" for name in sorted(names.unknown - given - around)]
        for file, tree in with_referenced(templates, template).items():
            found += [f"{file} uses the field {name}, which its type lacks" for name in unknown_fields(tree, hints)]
    return [*found, *(f"no template of {values.__name__} uses {name}" for name in sorted(given - used))]


@pytest.fixture(scope="module")
def templates() -> Environment:
    return make_templates(StaticFiles())


@pytest.mark.parametrize("values", all_values(), ids=lambda each: each.__name__)
def test_a_page_gives_its_template_what_it_uses_and_no_more(templates: Environment, values: Values) -> None:
    assert dataclasses.is_dataclass(values)
    assert faults(templates, values) == []


def test_every_template_belongs_to_a_page(templates: Environment) -> None:
    ours = [template for values in all_values() for template, _in_frame in templates_of(values)]
    assert len(ours) > 30
    shown = {name for template in ours for name in with_referenced(templates, template)}
    assert shown == {file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*.html")}


def test_a_page_is_found_by_its_path_in_the_docstring_of_its_module() -> None:
    for page in PAGES:
        for route in page.router.routes:
            assert isinstance(route, APIRoute)
            assert route.methods == {"POST"} or route.path in (page.__doc__ or ""), f"{route.path}: {page.__name__}"


@dataclass(frozen=True)
class MadeUpPage(PageValues):
    template: ClassVar[str] = "page"
    title: str
    rows: list[str]


@dataclass(frozen=True)
class MadeUpParts(FragmentValues):
    fragment: ClassVar[str] = "parts"
    rows: list[str]


class Place(TypedDict, total=False):
    x: int


class Said(TypedDict, total=False):
    at: str
    place: Place | None


@dataclass(frozen=True)
class ShowsFields(FragmentValues):
    fragment: ClassVar[str] = "fields"
    said: Said


@dataclass(frozen=True)
class HidesTheClock(PageValues):
    template: ClassVar[str] = "page"
    clock: str


GOOD = {
    "page": (
        '{% extends "frame" %}{% import "macros" as macros with context %}'
        "{% block main %}{% set some = rows %}{{ macros.all() }}{{ some }}{% endblock %}"
    ),
    "frame": "<title>{{ title }}</title>{{ frame.waiting }}{% block main %}{% endblock %}{{ clock }}",
    "macros": "{% macro all() %}{% for row in rows %}{{ row }}{{ path }}{% endfor %}{% endmacro %}",
    "fields": "{% if said.at %}{{ said.place.x.bit_length() }}{% endif %}",
    "parts": '{% import "macros" as macros with context %}{{ macros.all() }}',
}


def made_up(**changed: str) -> Environment:
    return Environment(loader=DictLoader(GOOD | changed))  # noqa: S701  # nothing is rendered


def test_made_up_pages_without_a_fault_have_none() -> None:
    assert faults(made_up(), MadeUpPage) == []
    assert faults(made_up(), MadeUpParts) == []
    assert faults(made_up(), ShowsFields) == []


@pytest.mark.parametrize(
    ("changed", "values", "fault"),
    [
        ({"page": GOOD["page"] + "{{ nobody }}"}, MadeUpPage, "page uses nobody, which nothing gives"),
        ({"page": GOOD["page"].replace("{{ some }}", "{{ nobody }}")}, MadeUpPage, "page uses nobody"),
        ({"frame": GOOD["frame"] + "{{ nobody }}"}, MadeUpPage, "page uses nobody"),
        ({"macros": GOOD["macros"].replace("path", "nobody")}, MadeUpPage, "page uses nobody"),
        ({"macros": GOOD["macros"].replace("path", "row_of")}, MadeUpParts, "parts uses row_of"),
        ({"frame": "{% block main %}{% endblock %}"}, MadeUpPage, "no template of MadeUpPage uses title"),
        ({"parts": "nothing"}, MadeUpParts, "no template of MadeUpParts uses rows"),
        ({"parts": GOOD["parts"] + "{{ frame.waiting }}"}, MadeUpParts, "parts uses frame, which nothing gives"),
        ({}, HidesTheClock, "clock is the frame's"),
        ({"fields": "{{ said.att }}"}, ShowsFields, "fields uses the field att, which its type lacks"),
        ({"fields": "{{ said.place.y }}"}, ShowsFields, "fields uses the field y, which its type lacks"),
    ],
)
def test_one_name_too_many_or_too_few_is_found(changed: dict[str, str], values: Values, fault: str) -> None:
    assert any(each.startswith(fault) for each in faults(made_up(**changed), values))
