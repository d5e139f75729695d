"""Mistakes in a mapping document are reported with file and line before any row is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parvis.errors import MappingError
from parvis.mapping.language import load

VALID = """\
sources:
  shows:
    access: shows.csv
    referenceFormulation: csv
tables:
  kinds: {a: concept:age/total}
mappings:
  event:
    sources: shows
    s: id/event/x/$(code)
    po:
      - [a, schema:Event]
      - [schema:name, $(title), fr~lang]
"""

MISTAKES = {
    "an unknown key": ("    access:", "    acces:", 3, "acces"),
    "an unknown kind of source": ("Formulation: csv", "Formulation: parquet", 4, "parquet"),
    "a source that is not there": ("    sources: shows", "    sources: show", 9, "show"),
    "a class outside the vocabulary": ("schema:Event]", "schema:Evnt]", 12, "schema:Evnt"),
    "a property outside the vocabulary": ("[schema:name,", "[parvis:nom,", 13, "parvis:nom"),
    "a reference not closed": ("$(title)", "$(title", 13, "$(title"),
    "an unknown datatype": ("fr~lang]", "xsd:datum]", 13, "xsd:datum"),
    "an unknown function": ("$(title), fr~lang", "{function: fn:magic}", 13, "fn:magic"),
    "a parameter that is missing": ("$(title), fr~lang", "{function: fn:slug}", 13, "value"),
    "a table that is not there": (
        "$(title), fr~lang",
        "{function: fn:lookup, parameters: [[value, $(title)], [table, sorts]]}",
        13,
        "sorts",
    ),
    "a time zone that is not there": (
        "referenceFormulation: csv",
        "referenceFormulation: csv\n    timezone: America/Laval",
        5,
        "America/Laval",
    ),
    "a pattern that is none": (
        "$(title), fr~lang",
        "{function: fn:matches, parameters: [[value, $(title)], [pattern, '(']]}",
        13,
        "pattern",
    ),
    "a bound that is no number": (
        "$(title), fr~lang",
        "{function: fn:countIs, parameters: [[value, $(title)], [min, deux]]}",
        13,
        "deux",
    ),
    "a code list that is not there": (
        "$(title), fr~lang",
        "{function: fn:concept, parameters: [[value, $(title)], [scheme, disciplin]]}",
        13,
        "disciplin",
    ),
    "a pattern that is not constant": (
        "$(title), fr~lang",
        "{function: fn:matches, parameters: [[value, $(title)], [pattern, $(title)]]}",
        13,
        "constant",
    ),
    "a database without its query": ("Formulation: csv", "Formulation: sql", 2, "query"),
    "a query of what is no database": (
        "Formulation: csv",
        "Formulation: csv\n    query: SELECT 1",
        5,
        "sql",
    ),
    "RDF without a class": ("Formulation: csv", "Formulation: rdf", 2, "iterator"),
    "a class without a known prefix": (
        "Formulation: csv",
        "Formulation: rdf\n    iterator: x:Event",
        5,
        "x:Event",
    ),
    "broken YAML": ("sources:\n  shows", "sources: [\n  shows", 3, "YAML"),
}


def write_mapping(folder: Path, text: str) -> Path:
    """Write a mapping document."""
    file = folder / "mapping.yml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_valid_document_loads(tmp_path: Path) -> None:
    document = load(write_mapping(tmp_path, VALID))
    assert [entity.name for entity in document.entities] == ["event"]
    assert document.tables["kinds"]["a"]["value"].endswith("/concept/age/total")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, mistake: str) -> None:
    """File, line and the offending words are in the message."""
    old, new, line, words = MISTAKES[mistake]
    assert old in VALID
    with pytest.raises(MappingError) as caught:
        load(write_mapping(tmp_path, VALID.replace(old, new, 1)))
    message = str(caught.value)
    assert message.startswith(f"mapping.yml, line {line}:")
    assert words in message


def test_unquoted_yaml_words_stay_text(tmp_path: Path) -> None:
    """YAML 1.2: `on`, `no` and `24:30` are text (YAML 1.1 would make them True, False, 1470)."""
    text = VALID.replace("{a: concept:age/total}", "{on: no, 24:30: x}")
    assert load(write_mapping(tmp_path, text)).tables["kinds"] == {
        "on": {"value": "no"},
        "24:30": {"value": "x"},
    }


BORROWED = """\
sources: {shows: {access: f, referenceFormulation: csv}}
mappings:
  show:
    sources: shows
    s: id/event/x/$(code)
    po:
      - p: schema:name
        o:
          function: idlab-fn:trueCondition
          parameters:
            - parameter: idlab-fn:strBoolean
              value:
                function: idlab-fn:notEqual
                parameters: [[grel:valueParameter2, x], [grel:valueParameter, $(titre)]]
            - [idlab-fn:str, {function: grel:toUpperCase, parameters: [[valueParam, $(titre)]]}]
"""


def test_functions_of_other_tools_may_be_named_as_they_name_them(run: Callable[..., Any]) -> None:
    """Functions of GREL and IDLab, with both syntaxes of parameters."""
    graph, _ = run(BORROWED, "f", "code,titre\n1,bal\n2,x\n")
    assert [str(name) for name in graph.objects()] == ["BAL"]


def test_an_invalid_constant_iri_is_refused_before_any_row(tmp_path: Path) -> None:
    """Otherwise every row would be refused."""
    file = tmp_path / "mapping.yml"
    file.write_text(
        "sources: {s: {access: f.csv, referenceFormulation: csv}}\n"
        "mappings:\n"
        "  e:\n"
        "    sources: s\n"
        "    s: id/e/$(no)\n"
        "    po:\n"
        "      - [schema:url, 'https://x.example/##~iri']\n",
        encoding="utf-8",
    )
    with pytest.raises(MappingError, match=r"line 7: “https://x.example/##” is no address"):
        load(file)


@pytest.mark.parametrize("text", ["[" * 20_000, "{a: " * 5_000, "- " * 5_000])
def test_a_deep_document_is_refused_at_once(tmp_path: Path, text: str) -> None:
    """A person writes mappings on pages: 70,000 brackets took 40 s, then all of the stack."""
    file = tmp_path / "deep.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match="not valid YAML") as refusal:
        load(file)
    assert "recursion" not in str(refusal.value)
