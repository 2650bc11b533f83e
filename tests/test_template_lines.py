"""The lines of templates: each where it belongs, none too long, one block-level element a line; and what fails."""

import re
import sys
from pathlib import Path

import pytest

from tools.template_lines import UnbalancedTemplate, find_lines_to_break, indent_lines, main

TEMPLATES = sorted(Path("controller/web").rglob("*.html"))

LAID_OUT = """\
{% extends "frame/base.html" %}
{% macro boxes(names, kind="text") -%}
  {% for each in (
    ("a", {"in": {"braces": _("%} and }} in a string")}}),
    ("b", [1, 2]),
  ) %}
    <li{{ ' class="now"'|safe if each.now }}>
      <input
        type="{{ kind }}" value="{{ each["}"] }}"
        {% if wrong %} aria-invalid="true"{% endif %}
      >
      {# Said over
   two lines. #}
      {% set name = each[0] %}
      {{ field(
        "name",
        _("Name")
      ) }}
      <br>
      <use href="#a"/>
    </li>
  {% else %}
    <p>
      {% trans trimmed
        count=names|length
      %}
        None of {{ count }}.
      {% endtrans %}
      {%- if each > 1 %}, <b>more</b>{% elif each %}, one{% endif %}.
    </p>
  {%- endfor %}
  {% set words %}
    {{ name }}
  {% endset %}

  <textarea
    name="text"
  >
 as
written{{ text }}</textarea>
{%- endmacro %}
"""


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_the_pages_templates_are_formatted(path: Path) -> None:
    source = path.read_text()
    assert indent_lines(source) == source
    assert find_lines_to_break(source) == []


def test_a_formatted_template_does_not_change() -> None:
    assert indent_lines(LAID_OUT) == LAID_OUT
    assert find_lines_to_break(LAID_OUT) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_wrongly_indented_lines_are_put_right(path: Path) -> None:
    source = path.read_text()
    assert indent_lines(re.sub(r"(?m)^ +", "", source)) == source
    assert indent_lines(re.sub(r"(?m)^ +", " " * 50, source)) == source


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>" + "a" * 120 + "</p>", "line 1: 127 characters"),
        ('<p>\n  {{ _("' + "ấ" * 120 + '") }}\n</p>', "line 2: 133 characters"),
        ("<ul><li>a</li></ul>", "line 1: opens 2 block-level elements"),
        ("<p>a</p><p>b</p>", "line 1: opens 2 block-level elements"),
        ("{% if a %}<h1>{{ b }}</h1>{% else %}<p>c</p>{% endif %}", "line 1: opens 2 block-level elements"),
    ],
)
def test_lines_that_a_person_must_break_are_named(source: str, fault: str) -> None:
    assert find_lines_to_break(source) == [fault]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<div>\n  <p>a\n</div>", "line 3: <div ends where <p is open"),
        ("<p>a</p>\n</div>", "line 2: <div ends where nothing is open"),
        ("{% if a %}\n  <p>a</p>\n", "line 1: {% if is not ended"),
        ("{% if a %}\n  <p>\n{% endif %}\n</p>", "line 3: {% if ends where <p is open"),
        ("{% else %}\n", "line 1: {% if ends where nothing is open"),
        ("<p>{{ f(a] }}</p>", "line 1: [ ends where ( is open"),
    ],
)
def test_a_template_that_does_not_nest_is_refused(source: str, said: str) -> None:
    with pytest.raises(UnbalancedTemplate, match="^" + said.replace("(", r"\(").replace("[", r"\[") + "$"):
        indent_lines(source)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["template_lines", *arguments])
    return main()


def test_a_check_reports_faults_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<div>\n<p>a</p>\n</div>\n")
    assert _run(monkeypatch, "--check", str(page)) == 1
    assert "lines begin too far in or out" in capsys.readouterr().out
    assert page.read_text() == "<div>\n<p>a</p>\n</div>\n"
    assert _run(monkeypatch, str(page)) == 0
    assert page.read_text() == "<div>\n  <p>a</p>\n</div>\n"
    assert _run(monkeypatch, "--check", str(page)) == 0
    page.write_text("<div><p>a</p></div>\n")
    assert _run(monkeypatch, str(page)) == 1
    assert capsys.readouterr().out == f"{page}: line 1: opens 2 block-level elements\n"
    page.write_text("<div>\n")
    assert _run(monkeypatch, str(page)) == 1
    assert capsys.readouterr().out == f"{page}: line 1: <div is not ended\n"
