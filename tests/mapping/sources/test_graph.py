"""RDF files are read subject by subject; what has no IRI has a lasting key."""

import io
import json
from pathlib import Path

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.report import Report

MAPPING = """\
prefixes: {s: "http://schema.org/"}
sources:
  events: {access: e.jsonld, referenceFormulation: rdf, iterator: s:Event}
mappings:
  event:
    sources: events
    s: id/event/x/$(@id)
    po:
      - [a, schema:Event]
      - [schema:name, $(s:name)]
"""


def run(folder: Path, events: list[dict[str, object]]) -> tuple[set[str], Report]:
    """Convert events in JSON-LD; return the subjects and the report."""
    context = {"@vocab": "http://schema.org/"}
    document = {"@context": context, "@graph": [{"@type": "Event", **event} for event in events]}
    (folder / "e.jsonld").write_text(json.dumps(document), encoding="utf-8")
    (folder / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    out = io.BytesIO()
    mapping = load(folder / "mapping.yml")
    base = "https://pool.example/"
    report = convert(mapping, folder, Sinks(out), base=base, concepts=Concepts({}))
    return {line.partition(" ")[0] for line in out.getvalue().decode().splitlines()}, report


def test_events_without_an_iri_have_a_key_that_lasts(tmp_path: Path) -> None:
    """The same in whatever order they come, another for another date; other values do not count."""
    first: dict[str, object] = {"name": "Rives", "startDate": "2026-04-01", "description": "a"}
    second = first | {"startDate": "2026-04-02"}
    before, _ = run(tmp_path, [first, second])
    after, report = run(tmp_path, [second | {"description": "b"}, first])
    assert len(before) == 2
    assert before == after
    assert not report.findings


def test_events_with_nothing_that_identifies_them_are_reported(tmp_path: Path) -> None:
    """As rows of which nothing is made."""
    written, report = run(tmp_path, [{"name": "Rives"}, {}])
    assert len(written) == 1
    assert [finding.rule for finding in report.findings] == ["unused-row"]
    assert (report.rows, report.row_errors) == (2, 1)


def test_a_statement_about_a_statement_is_no_value(tmp_path: Path) -> None:
    """The rest of the file is read."""
    (tmp_path / "e.ttl").write_text(
        """PREFIX s: <http://schema.org/>
        <x:a> a s:Event ; s:name "Rives" ~ <x:r> {| s:validFrom "2026" |} .
        <x:b> a s:Event ; s:name <<( <x:a> s:name "Rives" )>> , "Baie" .""",
        encoding="utf-8",
    )
    mapping_file = tmp_path / "mapping.yml"
    mapping_file.write_text(MAPPING.replace("e.jsonld", "e.ttl"), encoding="utf-8")
    out = io.BytesIO()
    base = "https://pool.example/"
    convert(load(mapping_file), tmp_path, Sinks(out), base=base, concepts=Concepts({}))
    names = [line for line in out.getvalue().decode().splitlines() if "schema.org/name" in line]
    assert sorted(line.partition('"')[2] for line in names) == ['Baie" .', 'Rives" .']
