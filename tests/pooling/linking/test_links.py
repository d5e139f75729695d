"""Published links: canonical names, who may read them, and the merged description of an entity."""

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
from tests.pooling.linked import GRAPH, HALLS, QID, iri, write_hall, write_twice

A, B, C = map(iri, "abc")


@pytest.fixture
def halls(pool: Pool, tmp_path: Path) -> Pool:
    """Open a pool in which two open graphs and a members' graph describe the same hall."""
    for graph, hall in HALLS.items():
        identifier = None if graph == "b" else QID.format(1)
        file = tmp_path / f"{graph}.nt"
        triples = write_hall(graph, hall=hall, identifier=identifier)
        file.write_text("".join(f"{line}\n" for line in triples), encoding="utf-8")
        load(pool, file, GRAPH.format(graph), "members" if graph == "b" else "open")
    link(pool)
    return pool


@pytest.fixture
def service(halls: Pool) -> Iterator[PoolService]:
    """Serve the pool once all halls are judged the same."""
    judge(halls.settings.data, [PairDecision(A, B, JudgementDecision.POSITIVE)], "Camille")
    publish(halls)
    with closing(PoolService(halls.settings)) as opened:
        yield opened


def build_canonical_iri(pool: Pool, entity: str) -> str:
    """Return the canonical IRI that is minted from an entity."""
    return f"{pool.iris.base}id/place/{canonical_key(entity)}"


def build_member(pool: Pool) -> Reader:
    """Return a reader who is a member of the pool."""
    return Reader(pool.catalog.third_party.iri)


def list_link_graphs(service: PoolService, reader: Reader) -> set[str]:
    """Return the graphs of links that a reader may read."""
    return {name for name in service.graphs(reader) if "/parvis/links" in name}


def test_what_a_closed_dataset_lists_twice_is_told_to_its_readers_only(
    pool: Pool, tmp_path: Path
) -> None:
    """Neither the link nor the canonical address is everyone's; both rows stay."""
    file = tmp_path / "b.nt"
    triples = write_twice("b", hall="Théâtre de la Lanterne")
    file.write_text("".join(f"{line}\n" for line in triples), encoding="utf-8")
    load(pool, file, GRAPH.format("b"), "members")
    link(pool)
    copy = iri("b", key="copie")
    judge(pool.settings.data, [PairDecision(B, copy, JudgementDecision.POSITIVE)], "Camille")
    publish(pool)
    name = build_canonical_iri(pool, min(B, copy))
    with closing(PoolService(pool.settings)) as opened:
        assert not list_link_graphs(opened, ANONYMOUS)
        with pytest.raises((ClosedGraph, UnknownThing)):
            opened.describe(ANONYMOUS, name)
        linked = opened.describe(build_member(pool), name).graph.objects(URIRef(name), OWL.sameAs)
        assert set(linked) == {URIRef(B), URIRef(copy)}


def test_everyone_reads_links_between_open_graphs(halls: Pool, service: PoolService) -> None:
    """Both open halls have the canonical name; a link to a members' graph is for members."""
    name = build_canonical_iri(halls, A)
    description = service.describe(ANONYMOUS, name)
    assert description.several
    linked = set(description.graph.objects(URIRef(name), OWL.sameAs))
    assert linked == {URIRef(A), URIRef(C)}
    assert {str(subject) for subject in description.graph.subjects(RDF.type, SCHEMA.Place)} == {
        A,
        C,
    }
    assert service.describe(ANONYMOUS, A).canonical == name
    with pytest.raises(UnknownThing):
        service.describe(ANONYMOUS, B)
    member_description = service.describe(build_member(halls), name)
    assert set(member_description.graph.objects(URIRef(name), OWL.sameAs)) == {
        URIRef(A),
        URIRef(B),
        URIRef(C),
    }
    assert list_link_graphs(service, ANONYMOUS) == {halls.iris.links_graph}
    assert len(list_link_graphs(service, build_member(halls))) == 2


def test_each_statement_has_its_datasets(halls: Pool, service: PoolService) -> None:
    """Merging keeps the provenance of each statement."""
    description = service.describe(ANONYMOUS, build_canonical_iri(halls, A))
    (names,) = (group for group in description.groups if group.iri == str(SCHEMA.name))
    assert {value.label for value in names.values} == {HALLS["a"], HALLS["c"]}
    assert [len(value.datasets) for value in names.values] == [1, 1]
    (types,) = (group for group in description.groups if group.iri == str(RDF.type))
    assert [len(value.datasets) for value in types.values] == [2]
    (shows,) = (group for group in description.incoming if group.iri == str(SCHEMA.location))
    assert {value.iri for value in shows.values} == {
        iri("a", "event", "soiree"),
        iri("c", "event", "soiree"),
    }


@pytest.mark.usefixtures("service")
def test_judgements_are_published_without_their_author(halls: Pool) -> None:
    """The decision, its score and its day."""
    published = next((halls.settings.data / "generations").glob("*"))
    text = b"".join(file.read_bytes() for file in published.rglob("*") if file.is_file())
    assert b"Camille" not in text
    graph = read_links(halls)
    assert len(set(graph.subjects(RDF.type, PARVIS.Match))) == 1
    assert set(graph.predicates()) >= {PARVIS.decision, PARVIS.matchScore, OWL.sameAs}


def read_links(pool: Pool) -> Graph:
    """Read the links that everyone may read, as they are written."""
    open_graphs = {GRAPH.format("a"), GRAPH.format("c")}
    links = LinkGraphs.of(pool, open_graphs, open_graphs | {GRAPH.format("b")})
    (lines,) = links.graphs(public=True).values()
    file = pool.settings.data / "written.nt"
    file.write_bytes(b"".join(lines))
    return to_graph(file)


def test_rejected_links_are_published_too(halls: Pool) -> None:
    """So that nobody needs to ask again; the former link is removed."""
    (entry,) = judge(
        halls.settings.data, [PairDecision(A, C, JudgementDecision.NEGATIVE)], "Camille"
    )
    graph = read_links(halls)
    assert (URIRef(A), OWL.differentFrom, URIRef(C)) in graph
    assert not set(graph.subjects(OWL.sameAs))
    undo(halls.settings.data, entry.number, "Camille")
    assert set(read_links(halls).subjects(OWL.sameAs)) == {URIRef(build_canonical_iri(halls, A))}


def test_identities_are_published_to_readers_of_the_entity(
    halls: Pool, service: PoolService
) -> None:
    """The other source's entity closes nothing that was open."""
    accept(halls, [PairDecision(A, QID.format(1), JudgementDecision.POSITIVE)], "Camille")
    accept(halls, [PairDecision(B, QID.format(2), JudgementDecision.POSITIVE)], "Camille")
    publish(halls)
    description = service.describe(ANONYMOUS, A)
    assert (URIRef(A), OWL.sameAs, URIRef(QID.format(1))) in description.graph
    assert (description.several, description.canonical) == (False, build_canonical_iri(halls, A))
    assert list_link_graphs(service, ANONYMOUS) == {halls.iris.links_graph}
    member_description = service.describe(build_member(halls), B)
    assert (URIRef(B), OWL.sameAs, URIRef(QID.format(2))) in member_description.graph
    with pytest.raises(UnknownThing):
        service.describe(ANONYMOUS, B)


def test_a_deleted_graph_takes_its_links_along(halls: Pool, service: PoolService) -> None:
    """No generation brings them back."""
    publish(halls)
    rollback(halls, 1)
    assert service.describe(ANONYMOUS, A).canonical == build_canonical_iri(halls, A)
    halls.record.remove(GRAPH.format("c"))
    publish(halls)
    with pytest.raises(UnknownThing):
        service.describe(ANONYMOUS, build_canonical_iri(halls, A))
    assert service.describe(ANONYMOUS, A).canonical is None
    with pytest.raises(ClosedGraph):
        rollback(halls, 1)


def test_a_canonical_name_reveals_nothing_of_closed_graphs() -> None:
    """It is minted from open graphs, whatever was linked first."""
    graphs = {"a": "hidden", "b": "open", "c": "open"}
    entries = [_build_judgement(1, "a", "b"), _build_judgement(2, "b", "c")]
    with_hidden = linkage(entries, graphs, {"open"})
    without = linkage(entries[1:], {"b": "open", "c": "open"}, {"open"})
    assert with_hidden.same_as[EVERYONE] == without.same_as[EVERYONE]
    (name,) = {name for name, _ in without.same_as[EVERYONE]}
    assert with_hidden.same_as[frozenset({"hidden", "open"})] == {(name, "a")}


def _build_judgement(number: int, first: str, second: str) -> Judgement:
    return replace(
        judgement((first, second), JudgementDecision.POSITIVE, ruled=False), number=number
    )
