"""A mapping exported as RML gives the same graph, or reports what it lost."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.compare import isomorphic

from parvis.errors import MappingError, UsageError
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.mapping.rml.writer import RML_PREFIXES, RmlExport, to_rml
from parvis.rdf.files import serialise

BASE = "https://pool.example/"
CASES = Path(__file__).parents[2] / "cases" / "mapping"
YARRRML = sorted(file.parent for file in CASES.glob("*/mapping.yml"))


def source(case: Path) -> Path:
    """Find the source file of a case, without its metadata file."""
    return next(file for file in case.glob("source.*") if "-metadata" not in file.name)


def export_mapping(mapping: Path, folder: Path) -> tuple[Path, RmlExport]:
    export = to_rml(load(mapping))
    file = folder / "mapping.ttl"
    file.write_bytes(serialise(export.graph, "ttl", RML_PREFIXES))
    return file, export


def convert_file(mapping: Path, file: Path, concepts: Concepts) -> Graph:
    out = io.BytesIO()
    convert(load(mapping), file, Sinks(out), base=BASE, concepts=concepts)
    return Graph().parse(data=out.getvalue(), format="nt")


@pytest.mark.parametrize("case", YARRRML, ids=lambda case: case.name)
def test_a_mapping_exported_without_losses_gives_the_same_graph(
    case: Path, tmp_path: Path, concepts: Concepts
) -> None:
    """Otherwise the losses are reported and the export still loads."""
    file, export = export_mapping(case / "mapping.yml", tmp_path)
    if not len(export.graph):
        assert export.losses
        return
    original = convert_file(case / "mapping.yml", source(case), concepts)
    if not export.losses:
        assert isomorphic(convert_file(file, source(case), concepts), original)
    else:
        assert load(file).entities


def test_cases_with_and_without_losses_exist(tmp_path: Path) -> None:
    """The previous test is not vacuous."""
    lossless = [
        case.name
        for case in YARRRML
        if not export_mapping(case / "mapping.yml", tmp_path)[1].losses
    ]
    assert len(lossless) > 1
    assert len(lossless) < len(YARRRML)


LOSSY = """\
sources:
  shows: {access: f, referenceFormulation: csv, decimal: {point: ","}, optional: [note]}
  prices: {access: f, referenceFormulation: csv, unpivot: {columns: [a], name-as: n, value-as: v}}
tables: {words: {oui: schema:EventScheduled}}
checks:
  - {source: shows, when: {function: fn:isEmpty, parameters: [[value, $(titre)]]}, severity: info,
     rule: no-title, message: {fr: a, en: b}}
mappings:
  show:
    sources: [shows, prices]
    s: id/event/x/$(code)
    po:
      - [schema:price, $(prix), xsd:decimal]
      - [schema:url, /page/$(code)~iri]
      - [schema:startDate, $(date), fn:dateOrDateTime]
      - {p: schema:eventStatus,
         o: {function: fn:lookup, parameters: [[value, $(note)], [table, words]], type: iri}}
"""


def test_each_loss_is_reported(tmp_path: Path) -> None:
    """One sentence for each, which names what is lost."""
    mapping = tmp_path / "mapping.yml"
    mapping.write_text(LOSSY, encoding="utf-8")
    file, export = export_mapping(mapping, tmp_path)
    sentences = [loss["en"] for loss in export.losses]
    for name in (
        "decimal",
        "timezone",
        "optional",
        "unpivot",
        "no-title",
        "/page/x",
        "lookup",
        "fn:dateOr",
    ):
        assert [name in sentence for sentence in sentences].count(True) == 1, name
    assert all(loss["fr"] != loss["en"] for loss in export.losses)
    [entity] = load(file).entities
    properties = {str(pair.predicate).rpartition("/")[2] for pair in entity.predicate_objects}
    assert properties == {"price", "startDate", "url"}


def test_an_rml_mapping_is_not_exported() -> None:
    with pytest.raises(UsageError, match="RML already"):
        to_rml(load(CASES / "rml-join" / "mapping.ttl"))


COLUMNS = ("no", "titre", "a{b}", "salle")
TEXTS = st.text(st.sampled_from("aZé/ {}\\\"'#%"), max_size=5)
"""Words with every character that templates and Turtle escape."""


@st.composite
def pieces(draw: st.DrawFn) -> str:
    """Draw a text with or without references."""
    names = st.sampled_from([f"$({name})" for name in (*COLUMNS, "derived")])
    words = TEXTS.filter(lambda text: text.strip() == text)
    return "".join(draw(st.lists(st.one_of(names, words), min_size=1, max_size=3)))


def quoted(text: str) -> str:
    """Write a YAML string."""
    return "'" + text.replace("'", "''") + "'"


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw a YAML value: a text or a function call."""
    text = quoted(draw(pieces()))
    if depth == 0 or draw(st.booleans()):
        return text
    inner = [draw(values(depth - 1)) for _ in range(2)]
    calls = {
        "upper": f"[value, {inner[0]}]",
        "slug": f"[value, {inner[0]}]",
        "replaceText": f"[value, {inner[0]}], [find, a], [by, {text}]",
        "join": f"[value, {inner[0]}], [value, {inner[1]}], [separator, '-']",
        "coalesce": f"[value, {inner[0]}], [value, {inner[1]}]",
        "concat": f"[value, {inner[0]}], [other, {inner[1]}]",
        "if": f"[condition, {draw(conditions())}], [then, {inner[0]}], [else, {inner[1]}]",
    }
    name = draw(st.sampled_from(sorted(calls)))
    return f"{{function: fn:{name}, parameters: [{calls[name]}]}}"


def of_columns(text: str) -> str:
    """Replace the derived field by its own column."""
    return text.replace("$(derived)", "$(titre)")


@st.composite
def conditions(draw: st.DrawFn) -> str:
    """Draw a condition."""
    value = quoted(draw(pieces()))
    calls = {
        "notEmpty": f"[value, {value}]",
        "equal": f"[value, {value}], [other, {quoted(draw(pieces()))}]",
        "matches": f"[value, {value}], [pattern, '[a-c]']",
        "contains": f"[value, {value}], [find, a]",
    }
    name = draw(st.sampled_from(sorted(calls)))
    return f"{{function: fn:{name}, parameters: [{calls[name]}]}}"


@st.composite
def objects(draw: st.DrawFn) -> str:
    """Draw a predicate with its object: a literal of any type, or an absolute IRI."""
    kind = draw(st.sampled_from(["", ", language: fr", ", datatype: xsd:string", ", type: iri"]))
    value = draw(values())
    if "iri" in kind:
        absolute = f"[[value, 'https://x.example/'], [other, {value}]]"
        concatenation = f"{{function: fn:concat, parameters: {absolute}}}"
        value = draw(
            st.sampled_from([quoted(f"https://x.example/{draw(pieces())}"), concatenation])
        )
    object_map = f"{{value: {value}{kind}}}"
    return f"      - {{p: schema:name, o: {object_map}, condition: {draw(conditions())}}}"


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """Draw a whole mapping that can be exported without losses."""
    pairs = "\n".join(draw(objects()) for _ in range(draw(st.integers(1, 3))))
    keep = draw(st.sampled_from(["", ", keep-rows-matching: {salle: '[aZ]'}"]))
    nulls = draw(st.sampled_from(["", ", nulls: [Z]"]))
    return f"""\
sources:
  shows:
    {{access: f.csv, referenceFormulation: csv, delimiter: ","{keep}{nulls},
     fields: {{derived: {draw(values().map(of_columns))}}}}}
mappings:
  show:
    sources: shows
    condition: {draw(conditions())}
    s: 'id/x/$(no)-$(derived)'
    po:
{pairs}
"""


FULL = ("Z/1", "é a", "a", "aZ")
ROWS = st.lists(st.tuples(*[TEXTS.map(lambda t: t.replace('"', ""))] * 4), min_size=1, max_size=3)


@settings(max_examples=25)
@given(mappings(), ROWS)
def test_any_losslessly_exported_mapping_gives_the_same_graph(
    text: str, rows: list[tuple[str, ...]]
) -> None:
    """Fields, conditions, functions and escapes are preserved."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "mapping.yml").write_text(text, encoding="utf-8")
        table = "\n".join(",".join(f'"{cell}"' for cell in row) for row in (COLUMNS, FULL, *rows))
        (folder / "f.csv").write_text(table + "\n", encoding="utf-8")
        try:
            file, export = export_mapping(folder / "mapping.yml", folder)
        except MappingError:
            reject()  # an invalid constant IRI
        assert not export.losses
        original = convert_file(folder / "mapping.yml", folder / "f.csv", Concepts({}))
        assert isomorphic(convert_file(file, folder / "f.csv", Concepts({})), original)
