"""Links as they are published: canonical names, who may learn of them, and what goes with what."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import OWL

from parvis.errors import ClosedGraph, UnknownThing
from parvis.governance import ANONYMOUS, Reader
from parvis.ledger import Judgement, JudgementDecision
from parvis.linking.judgements import canonical_key
from parvis.linking.links import EVERYONE, linkage
from parvis.pooling.intake.load import load
from parvis.pooling.linking.candidates import link
from parvis.pooling.linking.identities import accept
from parvis.pooling.linking.judgements import PairDecision, judge, undo
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService
from parvis.pooling.stewardship.generations import rollback
from parvis.rdf.files import to_graph
from parvis.vocab.namespaces import PARVIS, SCHEMA
from tests.linking.test_judgements import judgement
from tests.pooling.linked import GRAPH, HALLS, QID, iri, lines

A, B, C = map(iri, "abc")


@pytest.fixture
def halls(pool: Pool, tmp_path: Path) -> Pool:
    """Give a pool in which two open graphs and a members' one speak of one hall."""
    for graph, hall in HALLS.items():
        same = None if graph == "b" else QID.format(1)
        file = tmp_path / f"{graph}.nt"
        said = lines(graph, hall=hall, same=same)
        file.write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
        load(pool, file, GRAPH.format(graph), "members" if graph == "b" else "open")
    link(pool)
    return pool


@pytest.fixture
def host(halls: Pool) -> Iterator[PoolService]:
    """Serve the pool once everything is judged to be one."""
    judge(halls.settings.data, [PairDecision(A, B, JudgementDecision.POSITIVE)], "Camille")
    publish(halls)
    with closing(PoolService(halls.settings)) as opened:
        yield opened


def canonical(pool: Pool, thing: str) -> str:
    """Give the canonical IRI that is minted from a thing."""
    return f"{pool.iris.base}id/place/{canonical_key(thing)}"


def member(pool: Pool) -> Reader:
    """Give a member of the pool."""
    return Reader(pool.catalog.host.iri)


def link_graphs(host: PoolService, reader: Reader) -> set[str]:
    """Name the graphs of links that a reader may read."""
    return {name for name in host.graphs(reader) if "/parvis/links" in name}


def test_everyone_learns_what_everyone_may_read(halls: Pool, host: PoolService) -> None:
    """The canonical name tells of both open halls; a link to a member's graph is the members'."""
    name = canonical(halls, A)
    told = host.describe(ANONYMOUS, name)
    assert told.several
    said = set(told.graph.objects(URIRef(name), OWL.sameAs))
    assert said == {URIRef(A), URIRef(C)}
    assert {str(one) for one in told.graph.subjects(RDF.type, SCHEMA.Place)} == {A, C}
    assert host.describe(ANONYMOUS, A).canonical == name
    with pytest.raises(UnknownThing):
        host.describe(ANONYMOUS, B)
    both = host.describe(member(halls), name)
    assert set(both.graph.objects(URIRef(name), OWL.sameAs)) == {URIRef(A), URIRef(B), URIRef(C)}
    assert link_graphs(host, ANONYMOUS) == {halls.iris.links_graph}
    assert len(link_graphs(host, member(halls))) == 2


def test_each_statement_tells_who_says_it(halls: Pool, host: PoolService) -> None:
    """Provenance is merged, not lost: what is said of one is said by its own graph."""
    told = host.describe(ANONYMOUS, canonical(halls, A))
    (names,) = (group for group in told.groups if group.iri == str(SCHEMA.name))
    assert {value.label for value in names.values} == {HALLS["a"], HALLS["c"]}
    assert [len(value.datasets) for value in names.values] == [1, 1]
    (where,) = (group for group in told.groups if group.iri == str(RDF.type))
    assert [len(value.datasets) for value in where.values] == [2]
    (shows,) = (group for group in told.incoming if group.iri == str(SCHEMA.location))
    assert {value.iri for value in shows.values} == {
        iri("a", "event", "soiree"),
        iri("c", "event", "soiree"),
    }


@pytest.mark.usefixtures("host")
def test_what_was_judged_is_told_without_its_author(halls: Pool) -> None:
    """The decision, its score and its day; never who decided."""
    published = next((halls.settings.data / "generations").glob("*"))
    text = b"".join(file.read_bytes() for file in published.rglob("*") if file.is_file())
    assert b"Camille" not in text
    graph = to_graph_of(halls)
    assert len(set(graph.subjects(RDF.type, PARVIS.Match))) == 1
    assert set(graph.predicates()) >= {PARVIS.decision, PARVIS.matchScore, OWL.sameAs}


def to_graph_of(pool: Pool) -> Graph:
    """Give the links that everyone may know of, as they are written."""
    opened = {GRAPH.format("a"), GRAPH.format("c")}
    links = LinkGraphs.of(pool, opened, opened | {GRAPH.format("b")})
    (written,) = links.common().values()
    file = pool.settings.data / "written.nt"
    file.write_bytes(b"".join(written))
    return to_graph(file)


def test_what_is_rejected_is_told_too(halls: Pool) -> None:
    """So that others need not ask again; and what was linked before is not any more."""
    (one,) = judge(halls.settings.data, [PairDecision(A, C, JudgementDecision.NEGATIVE)], "Camille")
    graph = to_graph_of(halls)
    assert (URIRef(A), OWL.differentFrom, URIRef(C)) in graph
    assert not set(graph.subjects(OWL.sameAs))
    undo(halls.settings.data, one.number, "Camille")
    assert set(to_graph_of(halls).subjects(OWL.sameAs)) == {URIRef(canonical(halls, A))}


def test_what_a_thing_is_elsewhere_is_told_to_who_may_read_the_thing(
    halls: Pool, host: PoolService
) -> None:
    """The entity is no member of the thing, and closes nothing that was open."""
    accept(halls, [PairDecision(A, QID.format(1), JudgementDecision.POSITIVE)], "Camille")
    accept(halls, [PairDecision(B, QID.format(2), JudgementDecision.POSITIVE)], "Camille")
    publish(halls)
    told = host.describe(ANONYMOUS, A)
    assert (URIRef(A), OWL.sameAs, URIRef(QID.format(1))) in told.graph
    assert (told.several, told.canonical) == (False, canonical(halls, A))
    assert link_graphs(host, ANONYMOUS) == {halls.iris.links_graph}
    hers = host.describe(member(halls), B)
    assert (URIRef(B), OWL.sameAs, URIRef(QID.format(2))) in hers.graph
    with pytest.raises(UnknownThing):
        host.describe(ANONYMOUS, B)


def test_what_is_gone_is_linked_to_nothing(halls: Pool, host: PoolService) -> None:
    """A graph that leaves takes its links with it; no generation brings them back."""
    publish(halls)
    rollback(halls, 1)
    assert host.describe(ANONYMOUS, A).canonical == canonical(halls, A)
    halls.record.remove(GRAPH.format("c"))
    publish(halls)
    with pytest.raises(UnknownThing):
        host.describe(ANONYMOUS, canonical(halls, A))
    assert host.describe(ANONYMOUS, A).canonical is None
    with pytest.raises(ClosedGraph):
        rollback(halls, 1)


def test_a_name_says_nothing_of_what_not_everyone_may_read() -> None:
    """It is minted from what everyone may read, whatever was linked first."""
    graphs = {"a": "hidden", "b": "open", "c": "open"}
    entries = [_numbered(1, "a", "b"), _numbered(2, "b", "c")]
    with_hidden = linkage(entries, graphs, {"open"})
    without = linkage(entries[1:], {"b": "open", "c": "open"}, {"open"})
    assert with_hidden.same[EVERYONE] == without.same[EVERYONE]
    (name,) = {name for name, _ in without.same[EVERYONE]}
    assert with_hidden.same[frozenset({"hidden", "open"})] == {(name, "a")}


def _numbered(number: int, one: str, other: str) -> Judgement:
    return replace(judgement((one, other), JudgementDecision.POSITIVE, ruled=False), number=number)
