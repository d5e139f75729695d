"""What is served of an entity names its wider classes, and nothing else of it changes."""

import gzip
import json
from collections import Counter
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SH, VOID

from parvis.catalog.ontology import submission_shapes
from parvis.governance import ANONYMOUS
from parvis.pooling.pool import Pool
from parvis.pooling.publication.classes import add_wider_classes, wider_classes
from parvis.pooling.publication.derived import FOLDER, INDEX, file_ending
from parvis.pooling.publication.publish import publish
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.generations import verify
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.generation import generation as store
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, SCHEMA

OPEN = DatasetKey("theatre-b", "spectacles")
PREFIXES = "PREFIX schema: <http://schema.org/> PREFIX void: <http://rdfs.org/ns/void#> "
EVENTS = PREFIXES + "SELECT (COUNT(DISTINCT ?e) AS ?n) WHERE { ?e a schema:Event }"
ALL_EVENTS = PREFIXES + (
    "SELECT (COUNT(DISTINCT ?e) AS ?n) WHERE { ?e a ?kind ; schema:startDate ?start ."
    ' FILTER (STRENDS(STR(?kind), "Event")) }'
)
VOID_EVENTS = PREFIXES + (
    "SELECT (SUM(?entities) AS ?n) WHERE {"
    " ?part void:class schema:Event ; void:entities ?entities }"
)


def ask_number(pool: Pool, query: str) -> int:
    """Return the number that an anonymous reader's query gives."""
    with closing(PoolService(pool.settings)) as service:
        answer = service.ask(ANONYMOUS, QueryRequest(query, results_format="csv"))
        return int(b"".join(answer.chunks).decode().splitlines()[1])


def test_every_kind_of_event_that_a_shape_accepts_is_an_event() -> None:
    """And every other kind has the class that its shape is of; a series is no event."""
    shapes = submission_shapes()
    event_shape = URIRef("https://w3id.org/parvis/shapes#Event")
    kinds = set(shapes.objects(event_shape, SH.targetClass)) - {SCHEMA.Event}
    assert len(kinds) > 10
    assert kinds == {kind for kind, wide in subclasses() if wide == SCHEMA.Event}
    assert (PARVIS.Production, SCHEMA.CreativeWork) in subclasses()
    assert not {SCHEMA.Festival, SCHEMA.EventSeries} & {kind for kind, _ in subclasses()}


def subclasses() -> set[tuple[URIRef, URIRef]]:
    """Return each class with each of its wider ones, as they are added."""
    return {
        (URIRef(kind[1:-1].decode()), URIRef(wide[1:-1].decode()))
        for kind, all_wider in wider_classes().items()
        for wide in all_wider
    }


def test_a_query_for_events_finds_those_of_all_kinds(filled: Pool) -> None:
    """As the statistics say, and the download files hold."""
    publish(filled)
    number = ask_number(filled, EVENTS)
    assert number == ask_number(filled, ALL_EVENTS) > 0
    assert number == ask_number(filled, VOID_EVENTS)
    generation = store.current(filled.settings.data)
    verify(filled.settings)
    dumps = [gzip.decompress(path.read_bytes()) for path in generation.dumps.rglob("*.nq.gz")]
    assert sum(dump.count(b"ns#type> <http://schema.org/Event> ") for dump in dumps) >= number


def test_the_record_stays_as_it_was_sent(filled: Pool) -> None:
    """What is added is one triple a level; an entity that says its wider class gets nothing."""
    before = {graph: v.digest for graph, v in filled.record.versions().items()}
    publish(filled)
    assert before == {graph: v.digest for graph, v in filled.record.versions().items()}
    version = filled.record.versions()[filled.iris.graph(OPEN)]
    lines = list(filled.record.read_lines(version))
    graph = Graph().parse(data=b"".join(lines), format="nt")
    narrow = sum(
        (entity, RDF.type, wide) not in graph
        for kind, wide in subclasses()
        for entity in graph.subjects(RDF.type, kind)
    )
    generation = store.current(filled.settings.data)
    quads = generation.manifest.open.graphs[filled.iris.graph(OPEN)]
    assert quads == version.triples + narrow
    assert narrow > 0


def test_what_is_withdrawn_leaves_no_class_behind(filled: Pool) -> None:
    """The classes that were added go with the graph, its statistics and its files."""
    publish(filled)
    number = ask_number(filled, EVENTS)
    graph = filled.iris.graph(OPEN)
    digest = filled.record.versions()[graph].digest
    withdraw(filled, str(OPEN), {"fr": "essai", "en": "trial"})
    publish(filled)
    assert ask_number(filled, EVENTS) < number
    generation = store.current(filled.settings.data)
    assert graph not in generation.manifest.members.graphs
    assert digest not in json.loads((generation.site / INDEX).read_bytes())["contents"]
    assert not list((generation.site / FOLDER).glob(f"{digest}*"))


def test_other_rules_make_every_file_again(filled: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an ontology with one more kind would; statistics are counted again too."""
    publish(filled)
    first = {path.name for path in (store.current(filled.settings.data).site / FOLDER).iterdir()}
    file_ending.cache_clear()
    monkeypatch.setattr("parvis.pooling.publication.derived.RULES", 2)
    publish(filled)
    file_ending.cache_clear()
    served = store.current(filled.settings.data)
    second = {path.name for path in (served.site / FOLDER).iterdir()}
    assert not first & second
    assert {name.partition(".")[0] for name in first} == {n.partition(".")[0] for n in second}
    assert second <= {*served.manifest.members.sources.values()}


subjects = st.sampled_from(["<http://x/1>", "<http://x/2>", "_:b"])
classes = st.sampled_from(
    [f"<{SCHEMA[name]}>" for name in ("Event", "TheaterEvent", "DanceEvent", "Place")]
)
types = st.builds(lambda s, kind: f"{s} <{RDF.type}> {kind} .\n".encode(), subjects, classes)
texts = st.builds(
    lambda s, n, kind: f'{s} <http://x/p{n}> "{n} <{RDF.type}> {kind[1:-1]}" .\n'.encode(),
    subjects,
    st.integers(0, 3),
    classes,
)


@given(st.sets(st.one_of(types, texts)))
def test_only_classes_are_added_and_the_order_stays(lines: set[bytes]) -> None:
    """Done again, it changes nothing; a text that looks like a class is a text."""
    served = list(add_wider_classes(sorted(lines)))
    assert served == sorted(set(served))
    assert lines <= set(served)
    assert list(add_wider_classes(served)) == served
    event = f" <{RDF.type}> <{SCHEMA.Event}> .\n".encode()
    added = Counter(line.endswith(event) for line in set(served) - lines)
    assert not added[False]
    narrow = {
        line.partition(b" ")[0]
        for line in lines
        if line.endswith((b"TheaterEvent> .\n", b"DanceEvent> .\n"))
    }
    assert {line.partition(b" ")[0] for line in set(served) - lines} <= narrow
    assert all(subject + event in served for subject in narrow)


def test_the_statistics_of_a_dataset_name_the_wider_class(filled: Pool) -> None:
    """In VoID, with as many entities as are served."""
    publish(filled)
    generation = store.current(filled.settings.data)
    graph = Graph().parse(generation.site / "void" / f"{OPEN}.nt", format="nt")
    assert SCHEMA.Event in set(graph.objects(None, VOID["class"]))


@given(st.sets(st.one_of(types, texts)), st.sets(st.integers(0, 20)))
def test_blocks_of_lines_are_served_as_their_lines(lines: set[bytes], cuts: set[int]) -> None:
    """Wherever a file is cut into blocks, the classes of one entity stay together."""
    ordered, ends = sorted(lines), sorted({*cuts, len(lines)})
    blocks = [b"".join(ordered[start:end]) for start, end in pairwise([0, *ends])]
    served = b"".join(add_wider_classes(ordered))
    assert b"".join(add_wider_classes(filter(None, blocks))) == served
