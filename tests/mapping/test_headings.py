"""The columns of a file that a mapping does not use are known, so that a partner can be told."""

import io
from pathlib import Path

from parvis.mapping.concepts import Concepts
from parvis.mapping.convert import convert
from parvis.mapping.load import load
from parvis.mapping.program import Sinks
from parvis.report import Report

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


def test_what_any_source_of_a_mapping_reads_is_used(tmp_path: Path) -> None:
    """Also what it only filters by; the others are told in the order of the file."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "sorties.csv").write_text(
        "no,note,titre,salle,etat,caisse\n1,x,Danse,A,publie,y\n", encoding="utf-8"
    )
    document = load(tmp_path / "mapping.yml")
    report = convert(document, tmp_path, Sinks(io.StringIO()), base="urn:x:", concepts=Concepts({}))
    assert report.unused == {"sorties.csv": ["note", "caisse"]}
    assert Report.from_json(report.to_json()).unused == report.unused


def test_a_file_of_which_all_is_used_is_not_named(tmp_path: Path) -> None:
    """There is nothing to tell of it."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "sorties.csv").write_text(
        "no,titre,salle,etat\n1,Danse,A,publie\n", encoding="utf-8"
    )
    document = load(tmp_path / "mapping.yml")
    report = convert(document, tmp_path, Sinks(io.StringIO()), base="urn:x:", concepts=Concepts({}))
    assert report.unused == {}
