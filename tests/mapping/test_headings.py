"""Columns of a file that its mapping does not use are reported to the partner."""

import io
from pathlib import Path

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load
from parvis.report import Report
from parvis.report.report import LONGEST_HEADING, MOST_HEADINGS

MAPPING = """\
prefixes: {s: "http://schema.org/"}
sources:
  events:
    access: sorties.csv
    referenceFormulation: csv
    keep-rows-matching: {etat: publie}
  places:
    access: sorties.csv
    referenceFormulation: csv
mappings:
  event:
    sources: events
    s: id/event/$(no)
    po:
      - [s:name, $(titre)]
  place:
    sources: places
    s: id/place/$(salle)
    po:
      - [a, s:Place]
"""


OPTIONAL = """\
prefixes: {s: "http://schema.org/"}
sources:
  events:
    access: sorties.csv
    referenceFormulation: csv
    optional: [note, absente]
    fields:
      titre: {function: fn:trim, parameters: [[value, $(titre)]]}
mappings:
  event:
    sources: events
    s: id/event/$(no)
    po:
      - [s:name, $(titre)]
      - [s:description, $(note)]
"""


def convert_rows(folder: Path, mapping: str, rows: str) -> tuple[Report, str]:
    """Convert a file; return the report and the output."""
    (folder / "mapping.yml").write_text(mapping, encoding="utf-8")
    (folder / "sorties.csv").write_text(rows, encoding="utf-8")
    document, out = load(folder / "mapping.yml"), io.BytesIO()
    base = "https://pool.example/"
    report = convert(document, folder, Sinks(out), base=base, concepts=Concepts({}))
    return report, out.getvalue().decode()


def test_a_column_is_used_if_any_source_of_the_mapping_reads_it(tmp_path: Path) -> None:
    """Also columns that only filter rows; unused columns are listed in the order of the file."""
    rows = "no,note,titre,salle,etat,caisse\n1,x,Danse,A,publie,y\n"
    report, _ = convert_rows(tmp_path, MAPPING, rows)
    assert report.unused_columns == {"sorties.csv": ["note", "caisse"]}
    assert Report.from_json(report.to_json()).unused_columns == report.unused_columns


def test_a_file_without_unused_columns_is_not_listed(tmp_path: Path) -> None:
    report, _ = convert_rows(tmp_path, MAPPING, "no,titre,salle,etat\n1,Danse,A,publie\n")
    assert report.unused_columns == {}


def test_optional_and_derived_columns_are_used(tmp_path: Path) -> None:
    """Neither name is required in the file, but both are read."""
    report, written = convert_rows(tmp_path, OPTIONAL, "no,titre,note,salle\n1, Danse ,x,A\n")
    assert '"Danse"' in written
    assert '"x"' in written
    assert report.unused_columns == {"sorties.csv": ["salle"]}


def test_only_the_first_of_very_many_columns_are_listed() -> None:
    """Long headings are shortened: a file may be made to fill a report."""
    report = Report()
    report.record_headings("f.csv", {f"{number}{'x' * 1_000}": False for number in range(10_000)})
    assert len(report.unused_columns["f.csv"]) == MOST_HEADINGS
    assert max(map(len, report.unused_columns["f.csv"])) == LONGEST_HEADING
