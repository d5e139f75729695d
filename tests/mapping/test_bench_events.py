"""What the benchmark measures is sound: the same events, the same triples from every source."""

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
from parvis.mapping.load import load

ROWS = 100
LOCATION = URIRef(languages.LOCATION)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, concepts: Concepts) -> Graph:
    """Give the triples of the CSV by the YARRRML mapping."""
    return converted(tmp_path_factory.mktemp("csv"), "csv", "yml", concepts)


def converted(folder: Path, kind: str, ending: str, concepts: Concepts) -> Graph:
    """Write events as a kind of source, and convert them without a finding."""
    source = events.write(folder, kind, ROWS)
    mapping = folder / f"mapping.{ending}"
    text = languages.yarrrml(kind) if ending == "yml" else languages.rml(kind, legacy=False)
    mapping.write_text(text, encoding="utf-8")
    out = io.StringIO()
    found = convert(load(mapping), source, Sinks(out), base=languages.BASE, concepts=concepts)
    assert found.findings == []
    return Graph().parse(data=out.getvalue(), format="nt")


@pytest.mark.parametrize(
    ("kind", "ending"),
    [(kind, "yml") for kind in ("json", "xlsx", "xml")]
    + [(kind, "ttl") for kind in ("csv", "json", "xml")],
)
def test_every_source_says_the_same(
    kind: str, ending: str, expected: Graph, tmp_path: Path, concepts: Concepts
) -> None:
    """Numbers and booleans that are JSON's or the workbook's own change nothing."""
    assert isomorphic(converted(tmp_path, kind, ending, concepts), expected)


def test_a_join_says_the_same_of_events_and_finds_their_halls(
    expected: Graph, tmp_path: Path, concepts: Concepts
) -> None:
    """Only the address of the hall is another, and the halls themselves come with it."""
    joined = converted(tmp_path, "join", "ttl", concepts)
    halls = set(joined.subjects(predicate=None, object=URIRef(languages.PLACE)))
    assert len(halls) == len(list(events.venues(ROWS)))
    assert set(joined.objects(predicate=LOCATION)) <= halls
    assert len(list(joined.triples((None, LOCATION, None)))) == ROWS
    described = {triple for triple in joined if triple[0] not in halls and triple[1] != LOCATION}
    assert described == {triple for triple in expected if triple[1] != LOCATION}


def test_a_row_gives_about_nineteen_triples(expected: Graph) -> None:
    """The figures of the benchmark speak of rows such as partners have."""
    assert 18 <= len(expected) / ROWS <= 20
    assert len(next(events.events(1))) == 26
