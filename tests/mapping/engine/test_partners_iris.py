"""A partner's value alone is never an IRI in the pool's own namespace."""

import csv
import io
from pathlib import Path

import pytest

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.report import Report

MAPPING = """\
sources:
  places: {access: f.csv, referenceFormulation: csv}
mappings:
  place:
    sources: places
    s: id/place/x/$(id)
    condition: {function: equal, parameters: [[value, $(kind)], [other, "salle"]]}
    po:
      - [schema:url, $(site)~iri]
"""
UNCONDITIONAL = "\n".join(line for line in MAPPING.splitlines() if "condition" not in line)


def run(folder: Path, mapping: str, rows: list[tuple[str, str, str]]) -> tuple[str, Report]:
    (folder / "mapping.yml").write_text(mapping, encoding="utf-8")
    with (folder / "f.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "site", "kind"), *rows])
    out = io.BytesIO()
    document = load(folder / "mapping.yml")
    base = "https://pool.example/"
    report = convert(document, folder, Sinks(out), base=base, concepts=Concepts({}))
    return out.getvalue().decode(), report


@pytest.mark.parametrize(
    ("site", "iri"),
    [
        ("www.salle.example", "https://www.salle.example"),
        ("Salle.Example/programme?p=1", "https://Salle.Example/programme?p=1"),
        ("//salle.example/a", "https://salle.example/a"),
        ("salle-é.example:8080", "https://salle-é.example:8080"),
        ("http://salle.example", "http://salle.example"),
    ],
)
def test_a_website_without_its_scheme_gets_one(site: str, iri: str, tmp_path: Path) -> None:
    text, report = run(tmp_path, UNCONDITIONAL, [("1", site, "salle")])
    assert f"<{iri}>" in text
    assert not report.findings


@pytest.mark.parametrize(
    "site",
    [
        "Salle 3",
        "affiche.jpg",
        "info@salle.example",
        "/programme",
        "n.d.",
        "../x",
        "a.example; b.example",
    ],
)
def test_what_is_no_address_is_reported(site: str, tmp_path: Path) -> None:
    """Nothing is written for it."""
    text, report = run(tmp_path, UNCONDITIONAL, [("1", site, "salle")])
    assert "pool.example/id/place/x/1>" not in text
    assert "bad-iri" in [finding.rule for finding in report.findings]


def test_rows_of_which_nothing_is_made_count_as_errors(tmp_path: Path) -> None:
    """An empty key, and a condition that does not hold; a repeated row is none of these."""
    rows = [
        ("1", "https://a.example", "salle"),
        ("1", "https://a.example", "salle"),
        ("", "https://b.example", "salle"),
        ("3", "https://c.example", "parc"),
    ]
    _, report = run(tmp_path, MAPPING, rows)
    places = [finding.place.row for finding in report.findings if finding.place]
    assert [finding.rule for finding in report.findings] == ["unused-row"] * 2
    assert places == [4, 5]
    assert (report.rows, report.row_errors) == (4, 2)
