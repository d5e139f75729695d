"""Columns of tables are written as by general code; repeated triples once."""

import csv
import io
import json
import string
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine import program
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks, WrittenLines
from parvis.mapping.language import load
from parvis.report import Report

LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f"]), max_size=4, unique=True)
STATEMENTS = st.lists(st.tuples(st.sampled_from([b"u", b"v", b"w", b"x", b"y", b"z"]), LINES))


@given(STATEMENTS)
def test_within_the_capacity_each_triple_is_written_once(
    statements: list[tuple[bytes, list[bytes]]],
) -> None:
    """The output is the input without repetitions."""
    repeats = WrittenLines()
    output = [(s, line) for s, lines in statements for line in repeats.filter_new(s, lines)]
    assert output == list(dict.fromkeys((s, line) for s, lines in statements for line in lines))


@given(STATEMENTS, st.integers(0, 6))
def test_beyond_the_capacity_no_triple_is_lost(
    statements: list[tuple[bytes, list[bytes]]], capacity: int
) -> None:
    """Triples may be written twice, but none is lost."""
    repeats = WrittenLines(capacity)
    output = {(s, line) for s, lines in statements for line in repeats.filter_new(s, lines)}
    assert output == {(s, line) for s, lines in statements for line in lines}


def test_a_table_with_a_new_entity_in_each_row_is_not_remembered() -> None:
    """Otherwise they would fill the memory; a later repetition is written again."""
    repeats = WrittenLines(10)
    for number in range(20):
        repeats.filter_new(b"s%d" % number, [b"a"])
    assert repeats.filter_new(b"s19", [b"a"]) == [b"a"]


NAMES = ["id", "text", "note", "word", "page", "number", "day", "moment"]
MAPPING = """\
sources:
  rows: {{access: f.{kind}, referenceFormulation: {kind}{more}, nulls: ["n/d"]}}
mappings:
  event:
    sources: rows
    s: id/event/x/$(id)
    po:
      - [a, schema:Event]
      - [schema:name, $(text), fr~lang]
      - [schema:name, $(note), en~lang]
      - [schema:description, $(text)]
      - [schema:description, $(note)]
      - [schema:keywords, "n° $(word)"]
      - [schema:location, id/place/x/$(word)~iri]
      - [schema:url, $(page)~iri]
      - [schema:price, $(number), xsd:decimal]
      - [schema:maximumAttendeeCapacity, $(number), xsd:integer]
      - [schema:startDate, $(day), xsd:date]
      - [schema:endDate, $(moment), xsd:dateTime]
"""
TEXTS = st.text(string.ascii_letters + string.digits + 'é’ .,:/%"\\\t-_~', max_size=6)
CELLS = (
    TEXTS
    | st.sampled_from(["", "n/d", "https://a.example/b", "2026-07-01", "2026-07-01T19:30:00-04:00"])
    | st.decimals(-999, 999, places=2).map(str)
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=4)


def run(folder: Path, kind: str, options: str, text: str) -> tuple[list[str], Report]:
    """Convert a text; return the sorted lines and the report."""
    (folder / "mapping.yml").write_text(MAPPING.format(kind=kind, more=options), encoding="utf-8")
    (folder / f"f.{kind}").write_text(text, encoding="utf-8", newline="")
    out = io.BytesIO()
    document = load(folder / "mapping.yml")
    base = "https://pool.example/"
    report = convert(document, folder, Sinks(out), base=base, concepts=Concepts({}))
    return out.getvalue().decode().splitlines(), report


@given(ROWS, st.sampled_from([1, 3, program.SAMPLED]), st.sampled_from([1, program.MOST_CELLS]))
@example([dict.fromkeys(NAMES, "..")], 1, 1)
@example([dict.fromkeys(NAMES, "é")] * 2, 2, 1)
@example([dict.fromkeys(NAMES, " ")], 2, 1)
def test_a_table_gives_the_same_triples_as_the_same_rows_in_json(
    rows: list[dict[str, str]], sampled: int, most_cells: int
) -> None:
    """The same statements, and the same values refused, whatever cells are remembered."""
    rows = [{**row, "id": row["id"] or "x"} for row in rows]
    # A blank line is not a row of a table.
    rows = [row if any(map(str.strip, row.values())) else row | {"id": "x"} for row in rows]
    table = io.StringIO()
    writer = csv.DictWriter(table, NAMES)
    writer.writeheader()
    writer.writerows(rows)
    limits = patch.multiple(program, SAMPLED=sampled, MOST_CELLS=most_cells)
    with TemporaryDirectory() as folder, limits:
        table_lines, table_report = run(Path(folder), "csv", "", table.getvalue())
        json_lines, json_report = run(Path(folder), "json", ', iterator: "$[*]"', json.dumps(rows))
    assert sorted(table_lines) == sorted(json_lines)
    assert table_report.row_errors == json_report.row_errors
    assert sorted(
        (finding.rule, finding.value or "") for finding in table_report.findings
    ) == sorted((finding.rule, finding.value or "") for finding in json_report.findings)


def test_text_of_a_mapping_never_becomes_code(tmp_path: Path) -> None:
    """Quotation marks and braces of constants and headings remain text."""
    evil = "{subject}{__import__('os')}'''\\\"\"\"\""
    mapping = f"""\
sources: {{rows: {{access: f.csv, referenceFormulation: csv}}}}
mappings:
  event:
    sources: rows
    s: id/event/x/$(id)
    po: [[schema:name, {json.dumps(evil + " $(id)")}], [schema:name, "$({{a}})"]]
"""
    (tmp_path / "mapping.yml").write_text(mapping, encoding="utf-8")
    (tmp_path / "f.csv").write_text("id,{a}\n1,b\n", encoding="utf-8")
    out = io.BytesIO()
    convert(
        load(tmp_path / "mapping.yml"),
        tmp_path,
        Sinks(out),
        base="https://a.example/",
        concepts=Concepts({}),
    )
    assert json.dumps(f"{evil} 1") in out.getvalue().decode()
