"""Figures of earlier versions, which name one area, are read and served with two."""

import gzip
from collections.abc import Iterable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import RDF

from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.derived import FOLDER, INDEX
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.areas import add_areas, find_located_places, read_with_areas
from parvis.pooling.publics.reaches import read_cells
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import verify
from parvis.store.generation import generation as store
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, PARVIS

TOTAL, PLACES = f"{CONCEPT}area/total", f"{CONCEPT}place/total"
OPEN = DatasetKey("theatre-b", "spectacles")
HEAD = """@base <https://pool.example/> .
@prefix area: <https://w3id.org/parvis/concept/area/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix qb: <http://purl.org/linked-data/cube#> .
@prefix schema: <http://schema.org/> .
"""
MUSEUM = "<id/place/x/musee>"
WHOLE = "<https://w3id.org/parvis/concept/place/total>"
Former = tuple[str, str]
"""The place and the area of a figure, as Turtle writes them."""


def lines_of(turtle: str) -> list[bytes]:
    """Return sorted triples of a text in Turtle."""
    text = (
        Graph().parse(data=HEAD + turtle, format="turtle").serialize(format="nt", encoding="utf-8")
    )
    return sorted(f"{line}\n".encode() for line in text.decode().splitlines() if line)


def figures(*pairs: Former, more: str = "") -> list[bytes]:
    """Return figures of places that name an area each, in the former way."""
    texts = (
        f"<id/observation/x/{n}> a qb:Observation ; parvis:place {place} ; parvis:refArea {area} ."
        for n, (place, area) in enumerate(pairs)
    )
    return lines_of("\n".join((*texts, more)))


def areas_of(lines: Iterable[bytes]) -> list[tuple[str, str]]:
    """Return the two areas of each figure: of the event, of residence."""
    graph = Graph().parse(data=b"".join(lines), format="nt")
    return [
        (
            code(graph.value(figure, PARVIS.eventArea)),
            code(graph.value(figure, PARVIS.residenceArea)),
        )
        for figure in sorted(graph.subjects(PARVIS.place), key=str)
    ]


def code(iri: object) -> str:
    return str(iri).rpartition("/")[2]


def migrate(lines: list[bytes]) -> list[bytes]:
    return list(add_areas(lines, find_located_places(lines)))


@pytest.mark.parametrize(
    ("pairs", "more", "expected"),
    [
        # One place, one area: that is where it is, whatever figures of all areas are there too.
        ([(MUSEUM, "area:06"), (MUSEUM, "area:06")], "", [("06", "total")] * 2),
        ([(MUSEUM, "area:06"), (MUSEUM, "area:total")], "", [("06", "total"), ("total", "total")]),
        # Several areas: visitors come from them.
        ([(MUSEUM, "area:06"), (MUSEUM, "area:13")], "", [("total", "06"), ("total", "13")]),
        # All places, or a postal code: nobody's venue.
        ([(WHOLE, "area:06")], "", [("total", "06")]),
        ([(MUSEUM, "area:H2X")], "", [("total", "H2X")]),
        # The dataset says where the place is: within the area, or elsewhere.
        ([(MUSEUM, "area:06")], f"{MUSEUM} parvis:territory area:montreal .", [("06", "total")]),
        ([(MUSEUM, "area:qc")], f"{MUSEUM} parvis:territory area:06 .", [("qc", "total")]),
        ([(MUSEUM, "area:06")], f"{MUSEUM} parvis:territory area:03 .", [("total", "06")]),
        # One place does not speak for another.
        (
            [(MUSEUM, "area:06"), ("<id/place/x/2>", "area:06"), ("<id/place/x/2>", "area:13")],
            "",
            [("06", "total"), ("total", "06"), ("total", "13")],
        ),
    ],
)
def test_one_area_becomes_that_of_the_event_or_of_residence(
    pairs: list[Former], more: str, expected: list[tuple[str, str]]
) -> None:
    """By the rule that the guide tells."""
    assert areas_of(migrate(figures(*pairs, more=more))) == expected


def test_figures_of_this_version_are_left_as_they_are() -> None:
    """Even where the former area is there too, as in what was served and comes back."""
    turtle = f"""<id/observation/x/1> a qb:Observation ; parvis:place {MUSEUM} ;
      parvis:eventArea area:06 ; parvis:residenceArea area:13 ; parvis:refArea area:16 ."""
    assert migrate(lines_of(turtle)) == lines_of(turtle)


def test_where_one_of_the_two_is_told_the_other_is_the_total() -> None:
    turtle = f"""<id/observation/x/1> a qb:Observation ; parvis:place {MUSEUM} ;
      parvis:residenceArea area:13 ; parvis:refArea area:16 ."""
    assert areas_of(migrate(lines_of(turtle))) == [("total", "13")]


def test_an_area_that_is_reached_is_where_persons_live() -> None:
    """A relay has no event."""
    turtle = "<id/reach/x/1> a parvis:Reach ; parvis:refArea area:06 , area:13 ."
    graph = Graph().parse(data=b"".join(migrate(lines_of(turtle))), format="nt")
    (reach,) = graph.subjects(RDF.type, PARVIS.Reach)
    assert set(map(code, graph.objects(reach, PARVIS.residenceArea))) == {"06", "13"}
    assert (reach, PARVIS.eventArea, None) not in graph


places = st.sampled_from([MUSEUM, "<id/place/x/2>", WHOLE])
areas = st.sampled_from(
    ["area:total", "area:06", "area:13", "area:qc", "area:H2X", "area:montreal"]
)
territories = st.sampled_from(["", f"{MUSEUM} parvis:territory area:montreal ."])


@given(st.lists(st.tuples(places, areas), max_size=6), territories)
def test_each_figure_gets_both_areas_once_and_keeps_all_it_had(
    pairs: list[Former], more: str
) -> None:
    """Sorted as before, so that it can be served as it is; done again, it changes nothing."""
    lines = figures(*pairs, more=more)
    migrated = migrate(lines)
    assert migrated == sorted(set(migrated))
    assert set(lines) <= set(migrated)
    assert len(migrated) == len(lines) + 2 * len(pairs)
    assert migrate(migrated) == migrated
    graph = Graph().parse(data=b"".join(migrated), format="nt")
    for figure in graph.subjects(PARVIS.refArea):
        former = graph.value(figure, PARVIS.refArea)
        both = {graph.value(figure, step) for step in (PARVIS.eventArea, PARVIS.residenceArea)}
        # One of the two is the former area, and the other is the total.
        assert both == {former, URIRef(TOTAL)}


FIGURE = """<id/observation/x/{n}> a qb:Observation ; parvis:place {place} ;
  qb:dataSet <id/cube/x> ; parvis:refArea area:{area} ;
  parvis:contributor <https://w3id.org/parvis/concept/partner/pool> ;
  parvis:refPeriod <https://w3id.org/parvis/concept/period/2025> ;
  parvis:ageGroup <https://w3id.org/parvis/concept/age/total> ;
  parvis:public <https://w3id.org/parvis/concept/public/total> ;
  parvis:language <https://w3id.org/parvis/concept/language/total> ;
  parvis:discipline <https://w3id.org/parvis/concept/discipline/theatre> ;
  parvis:channel <https://w3id.org/parvis/concept/channel/total> ;
  parvis:confStatus <https://w3id.org/parvis/concept/confidentiality/free> ;
  qb:measureType parvis:visits ; parvis:visits {n} ."""
STORED = [(1, MUSEUM, "06"), (2, WHOLE, "06"), (3, WHOLE, "13")]
QUERY = """PREFIX parvis: <https://w3id.org/parvis/ns#>
SELECT ?visits ?event ?home ?former WHERE {
  ?o parvis:visits ?visits ; parvis:eventArea ?event ; parvis:residenceArea ?home ;
     parvis:refArea ?former }
ORDER BY ?visits"""


@pytest.fixture
def upgraded(filled: Pool, tmp_path: Path) -> Pool:
    """Open a pool whose record holds a content of an earlier version, which everyone may read."""
    content = tmp_path / "former.nt"
    turtle = "\n".join(FIGURE.format(n=n, place=place, area=area) for n, place, area in STORED)
    content.write_bytes(b"".join(lines_of(turtle)))
    graph = filled.iris.graph(OPEN)
    filled.record.put(graph, content, filled.record.versions()[graph].about)
    return filled


def ask(pool: Pool, query: str) -> list[list[str]]:
    """Return the rows of an anonymous reader's answer."""
    with closing(PoolService(pool.settings)) as service:
        answer = service.ask(ANONYMOUS, QueryRequest(query, results_format="csv"))
        rows = b"".join(answer.chunks).decode().splitlines()[1:]
    return [list(map(code, row.split(","))) for row in rows]


def test_what_is_served_has_both_areas_and_the_record_is_untouched(upgraded: Pool) -> None:
    """Queries of this version find the figures, those for the earlier one still do."""
    version = upgraded.record.versions()[upgraded.iris.graph(OPEN)]
    stored = list(upgraded.record.read_lines(version))
    publish(upgraded)
    expected = [["1", "06", "total", "06"], ["2", "total", "06", "06"], ["3", "total", "13", "13"]]
    assert ask(upgraded, QUERY) == expected
    assert list(upgraded.record.read_lines(version)) == stored
    assert upgraded.record.versions()[upgraded.iris.graph(OPEN)] == version
    generation = store.current(upgraded.settings.data)
    verify(upgraded.settings)
    assert version.digest in generation.digests()
    dump = generation.dumps / f"{OPEN}.nq.gz"
    assert gzip.decompress(dump.read_bytes()).count(b"eventArea") == len(STORED)


def _find_derived(pool: Pool) -> Path:
    """Return the file that is served of the content of an earlier version."""
    digest = pool.record.versions()[pool.iris.graph(OPEN)].digest
    (path,) = (store.current(pool.settings.data).site / FOLDER).glob(f"{digest}.*")
    return path


def test_a_file_with_both_areas_is_made_once(
    upgraded: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next publication links that of the served generation, and reads no content again."""
    publish(upgraded)
    first = _find_derived(upgraded)
    refused = partial(pytest.fail, "a content was read again")
    monkeypatch.setattr("parvis.pooling.publication.derived.derived_file", refused)
    publish(upgraded)
    second = _find_derived(upgraded)
    assert first.stat().st_ino == second.stat().st_ino
    assert ask(upgraded, QUERY)[0] == ["1", "06", "total", "06"]


def test_a_generation_of_an_earlier_version_is_not_taken_over(upgraded: Pool) -> None:
    """It served the content as it was sent, and its statistics and files were made of that."""
    publish(upgraded)
    served = store.current(upgraded.settings.data)
    version = upgraded.record.versions()[upgraded.iris.graph(OPEN)]
    # What an earlier version leaves: no index of areas.
    (served.site / INDEX).unlink()
    for file in (served.site / FOLDER).iterdir():
        file.unlink()
    publish(upgraded)
    generation = store.current(upgraded.settings.data)
    assert (generation.site / INDEX).is_file()
    assert f'"{version.digest}": true' in (generation.site / INDEX).read_text()
    assert ask(upgraded, QUERY)[0] == ["1", "06", "total", "06"]


def test_what_is_pooled_is_read_by_the_same_rule(upgraded: Pool) -> None:
    """Reaches and releases see the areas that are served."""
    graph = upgraded.iris.graph(OPEN)
    version = upgraded.record.versions()[graph]
    cells = list(read_cells(read_with_areas(upgraded.record, version), graph))
    areas = [tuple(map(code, cell.stratum[2:4])) for cell in cells]
    assert areas == [("06", "total"), ("total", "06"), ("total", "13")]
