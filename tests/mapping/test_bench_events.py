"""The mapping benchmark is sound: every source gives the same triples."""

import io
from pathlib import Path

import events
import languages
import pytest
from rdflib import Graph, URIRef
from rdflib.compare import isomorphic

from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.convert import convert
from parvis.mapping.engine.program import Sinks
from parvis.mapping.language import load

ROWS = 100
LOCATION = URIRef(languages.LOCATION)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, concepts: Concepts) -> Graph:
    """Convert the CSV file with the YARRRML mapping."""
    return convert_events(tmp_path_factory.mktemp("csv"), "csv", "yml", concepts)


def convert_events(folder: Path, kind: str, ending: str, concepts: Concepts) -> Graph:
    """Write events in a format and convert them without a finding."""
    source = events.write(folder, kind, ROWS)
    mapping = folder / f"mapping.{ending}"
    text = languages.yarrrml(kind) if ending == "yml" else languages.rml(kind, legacy=False)
    mapping.write_text(text, encoding="utf-8")
    out = io.BytesIO()
    report = convert(load(mapping), source, Sinks(out), base=languages.BASE, concepts=concepts)
    assert report.findings == []
    return Graph().parse(data=out.getvalue(), format="nt")


@pytest.mark.parametrize(
    ("kind", "ending"),
    [(kind, "yml") for kind in ("json", "xlsx", "xml")]
    + [(kind, "ttl") for kind in ("csv", "json", "xml")],
)
def test_every_source_gives_the_same_triples(
    kind: str, ending: str, expected: Graph, tmp_path: Path, concepts: Concepts
) -> None:
    """Native numbers and booleans of JSON and workbooks make no difference."""
    assert isomorphic(convert_events(tmp_path, kind, ending, concepts), expected)


def test_a_join_gives_the_same_triples_with_halls(
    expected: Graph, tmp_path: Path, concepts: Concepts
) -> None:
    """Only the IRI of the hall differs, and the halls are added."""
    joined = convert_events(tmp_path, "join", "ttl", concepts)
    halls = set(joined.subjects(predicate=None, object=URIRef(languages.PLACE)))
    assert len(halls) == len(list(events.venues(ROWS)))
    assert set(joined.objects(predicate=LOCATION)) <= halls
    assert len(list(joined.triples((None, LOCATION, None)))) == ROWS
    described = {triple for triple in joined if triple[0] not in halls and triple[1] != LOCATION}
    assert described == {triple for triple in expected if triple[1] != LOCATION}


def test_a_row_gives_about_nineteen_triples(expected: Graph) -> None:
    """The benchmark's rows resemble those of partners."""
    assert 18 <= len(expected) / ROWS <= 20
    assert len(next(events.events(1))) == 26
