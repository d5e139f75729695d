"""The tables of events count what everyone may read, once, and answer as the events themselves."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store

from parvis.catalog.queries import Query, load_queries
from parvis.config import Settings, knowledge
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.tables import (
    COUNTED,
    HOLDING,
    Content,
    Counts,
    count_open,
    count_restricted,
    find_conflicts,
    write_tables,
)
from parvis.pooling.publication.tables import (
    OPEN as OPEN_TO_ALL,
)
from parvis.pooling.serving.figures.offerings import BY_TABLES, QUERY, read_offerings
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.pooling.stewardship.retention import withdraw
from parvis.store.generation import generation as store
from parvis.store.record.programming import Programming, count_programming
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

DEMO = knowledge("catalog") / "demo"
BASE = "http://pool.test/"
QUESTIONS = [query for query in load_queries(DEMO).values() if query.by_tables]
OPEN = DatasetKey("theatre-b", "spectacles")
SCHEMA, PARVIS, OWL, SKOS, PROV, VOID, XSD = (
    PREFIXES[name] for name in ("schema", "parvis", "owl", "skos", "prov", "void", "xsd")
)
NUMBER = (
    f"SELECT (COALESCE(SUM(?number), 0) AS ?events) WHERE {{ ?table <{VOID}subset> ?group ."
    f" ?group <{SCHEMA}temporalCoverage> ?month ; <{VOID}entities> ?number }}"
)
EVENTS = f"SELECT (COUNT(DISTINCT ?e) AS ?events) WHERE {{ ?e a <{SCHEMA}Event> }}"


# Random pools: what a few graphs say of a few events, places and links.

C = f"{PREFIXES['parvis'].removesuffix('ns#')}concept/"
DISCIPLINES, AREAS, AUDIENCES = (
    [f"<{C}{name}/{code}>" for code in codes]
    for name, codes in (
        ("discipline", ("theatre", "dance")),
        ("area", ("06", "13")),
        ("audience", ("children-4-7", "families")),
    )
)
STATUSES = [f"<{SCHEMA}Event{name}>" for name in ("Scheduled", "Cancelled")]
EVENT_IRIS = [f"<{BASE}id/event/{number}>" for number in range(4)]
PLACES = [f"<{BASE}id/place/{number}>" for number in range(3)]
SHOWS = [f"<{BASE}id/show/{number}>" for number in range(2)]
GRAPHS = [f"{BASE}graph/a/x", f"{BASE}graph/a/y", f"{BASE}graph/b/z", "urn:x:loaded"]
STARTS = [f'"2026-1{month}-02"^^<{XSD}date>' for month in (1, 2)]
RELAY = f"<{BASE}id/relay>"


def draw_statement(
    subjects: Sequence[str], predicate: str, objects: Sequence[str]
) -> st.SearchStrategy[str]:
    return st.builds(
        lambda subject, term: f"{subject} <{predicate}> {term} .",
        st.sampled_from(subjects),
        st.sampled_from(objects),
    )


STATEMENTS = st.one_of(
    *(
        draw_statement(EVENT_IRIS, predicate, objects)
        for predicate, objects in (
            (f"{SCHEMA}eventStatus", STATUSES),
            (f"{SCHEMA}startDate", STARTS),
            (f"{SCHEMA}location", PLACES),
            (f"{PARVIS}discipline", DISCIPLINES),
            (f"{PARVIS}targetAudience", AUDIENCES),
        )
    ),
    draw_statement(PLACES, f"{PARVIS}territory", AREAS),
)


@st.composite
def draw_graphs(draw: st.DrawFn) -> dict[str, set[str]]:
    """Draw graphs with whole events, and with single statements on the same ones."""
    graphs: dict[str, set[str]] = {graph: set() for graph in GRAPHS}
    for event in EVENT_IRIS:
        lines = graphs[draw(st.sampled_from(GRAPHS))]
        for predicate, objects in (
            (f"{SCHEMA}eventStatus", STATUSES),
            (f"{SCHEMA}startDate", STARTS),
            (f"{SCHEMA}location", PLACES),
            (f"{PARVIS}discipline", DISCIPLINES),
            (f"{PARVIS}targetAudience", AUDIENCES),
        ):
            chosen = draw(st.lists(st.sampled_from(objects), min_size=1, max_size=2))
            lines |= {f"{event} <{predicate}> {term} ." for term in chosen}
    for place in PLACES:
        graphs[draw(st.sampled_from(GRAPHS))].add(
            f"{place} <{PARVIS}territory> {draw(st.sampled_from(AREAS))} ."
        )
    for graph in draw(st.lists(st.sampled_from(GRAPHS), max_size=3)):
        graphs[graph].add(draw(STATEMENTS))
    return graphs


LINKS = st.lists(
    draw_statement(SHOWS, f"{OWL}sameAs", [*EVENT_IRIS, *PLACES]), max_size=4, unique=True
)


def count_here(paths: Sequence[Path]) -> dict[str, Any]:
    """Count as the process of its own does."""
    counted = count_programming(paths)
    document: dict[str, Any] = json.loads(json.dumps(counted.to_json()))
    assert Programming.from_json(document) == counted
    return document


def write_around() -> set[str]:
    """Write what the pool says of concepts, datasets, figures and intermediaries."""
    figure, project = f"<{BASE}figure>", f"<{BASE}reach>"
    lines = {
        f'{concept} <{SKOS}prefLabel> "{concept[-9:-1]}"@fr .'
        for concept in (*DISCIPLINES, *AREAS, *AUDIENCES, f"<{C}channel/web>")
    }
    for number, graph in enumerate(GRAPHS[:-1]):
        # Two versions of a dataset, of one partner.
        for version in (f"<{BASE}v{number}>", f"<{BASE}w{number}>"):
            submission = f"{version[:-1]}-submission>"
            lines |= {
                f"{version} <{PROV}specializationOf> <{graph}> .",
                f"{version} <{PROV}wasGeneratedBy> {submission} .",
                f"{submission} <{PROV}wasAssociatedWith> <{BASE}id/partner/a> .",
            }
    dimensions = {
        "contributor": f"<{C}partner/pool>",
        "discipline": DISCIPLINES[0],
        "residenceArea": AREAS[0],
        "refPeriod": f"<{C}period/2026>",
        "attendance": f'"12"^^<{XSD}integer>',
        "contributors": '"5+"',
        "confStatus": f"<{C}confidentiality/free>",
        "eventArea": f"<{C}area/total>",
        "organizationSize": f"<{C}organization-size/total>",
        "public": f"<{C}public/total>",
        "language": f"<{C}language/total>",
        "channel": f"<{C}channel/total>",
        "ageGroup": f"<{C}age/total>",
    }
    lines |= {f"{figure} <{PARVIS}{name}> {term} ." for name, term in dimensions.items()}
    lines |= {
        f"{figure} <http://purl.org/linked-data/cube#measureType> <{PARVIS}attendance> .",
        f'<{PARVIS}attendance> <{PARVIS}countsPersons> "true"^^<{XSD}boolean> .',
        f'<{C}period/2026> <{SKOS}notation> "2026" .',
        f"{RELAY} <{PARVIS}reaches> {project} .",
        f'{RELAY} <{SCHEMA}name> "relais"@fr .',
        f"{project} <{PARVIS}targetAudience> {AUDIENCES[1]} .",
        f"{project} <{PARVIS}residenceArea> {AREAS[0]} .",
        f"{project} <{PARVIS}channel> <{C}channel/web> .",
        f'{project} <{PARVIS}reachSize> "9"^^<{XSD}integer> .',
    }
    return lines


def load(engine: Store, graph: str, lines: set[str]) -> None:
    text = "\n".join(sorted(lines)).encode()
    engine.load(text, RdfFormat.N_TRIPLES, to_graph=NamedNode(graph))


def rows(engine: Store, text: str) -> list[str]:
    answer = engine.query(text, use_default_graph_as_union=True)
    assert isinstance(answer, QuerySolutions)
    return sorted(map(str, answer))


def bindings(engine: Store, text: str) -> list[dict[str, str]]:
    answer = engine.query(text, use_default_graph_as_union=True)
    assert isinstance(answer, QuerySolutions)
    names = [variable.value for variable in answer.variables]
    return [
        {name: term.value for name in names if (term := row[name]) is not None} for row in answer
    ]


def narrow(query: str) -> str:
    """Return a query with one of the areas chosen."""
    return query.replace("VALUES ?where { UNDEF }", f"VALUES ?where {{ {AREAS[0]} }}")


@examples(max_examples=20)
@given(draw_graphs(), LINKS, st.sets(st.sampled_from(GRAPHS[:-1]), max_size=2), st.randoms())
def test_a_question_has_the_same_answer_by_the_tables(
    graphs: dict[str, set[str]], links: list[str], closed: set[str], random: Random
) -> None:
    """Whatever a few graphs say of events, alone or together, and however these are linked.

    Some graphs are closed to most: who reads some of these has their own groups too.
    """
    is_open = {*GRAPHS} - closed
    with TemporaryDirectory() as folder:
        contents = []
        for number, (graph, lines) in enumerate(graphs.items()):
            path = Path(folder) / f"{number}.nt"
            path.write_text("".join(f"{line}\n" for line in sorted(lines)))
            contents.append(Content(graph, str(number), path, graph.startswith("urn:")))
        counts = Counts(count_here, {}, frozenset())
        table = count_open([c for c in contents if c.graph in is_open], counts)
        if table is None:
            # What a dataset and a loaded graph say of one event is counted in no table.
            return
        conflicts = find_conflicts(contents, is_open, counts)
        apart = [graph for graph in closed if OPEN_TO_ALL not in conflicts[graph]]
        readable = {graph for graph in apart if random.random() < 0.8}
        readable = {graph for graph in readable if conflicts[graph].isdisjoint(readable)}
        tables = [*write_tables(table.groups, BASE)]
        for content in contents:
            if content.graph in readable:
                own = count_restricted(content, table, counts)
                assert own is not None
                tables += write_tables(own, BASE, content.graph)
    engine = Store()
    for graph in is_open | readable:
        load(engine, graph, graphs[graph])
    load(engine, f"{BASE}graph/parvis/catalog", write_around())
    load(engine, f"{BASE}graph/parvis/links", set(links))
    tables.append(
        f"<{BASE}void#events> <http://purl.org/dc/terms/isPartOf> <{BASE}catalog> .\n".encode()
    )
    load(engine, f"{BASE}graph/parvis/statistics", {line.decode() for line in tables})
    for question in QUESTIONS:
        for text, by_tables in (
            (question.text, question.by_tables),
            (narrow(question.text), narrow(question.by_tables)),
        ):
            assert rows(engine, by_tables) == rows(engine, text), question.slug
    offerings = [{*read_offerings(bindings(engine, text))} for text in (QUERY, BY_TABLES)]
    assert offerings[0] == offerings[1]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda query: query.slug)
def test_a_text_for_the_tables_has_the_columns_of_its_question(question: Query) -> None:
    """In their order, and no variable for another."""
    engine = Store()
    columns = [engine.query(text) for text in (question.text, question.by_tables)]
    names = [str(a.variables) for a in columns if isinstance(a, QuerySolutions)]
    assert len(names) == len(columns)
    assert len(set(names)) == 1


# Published pools.


def ask_number(service: PoolService, query: str, reader: Reader = ANONYMOUS) -> int:
    answer = service.ask(reader, QueryRequest(query, results_format="csv"))
    return int(b"".join(answer.chunks).decode().splitlines()[1])


def test_the_tables_count_what_a_reader_may_read_and_nothing_else(published: Pool) -> None:
    """Who reads more has the groups of that too, in graphs that nobody else reads."""
    with closing(PoolService(published.settings)) as service:
        assert ask_number(service, NUMBER) == ask_number(service, EVENTS) > 0
        owner = Reader(service.iris.partner("theatre-b"))
        assert ask_number(service, EVENTS, owner) > ask_number(service, EVENTS)
        assert ask_number(service, NUMBER, owner) == ask_number(service, EVENTS, owner)
        assert service.tables_hold(ANONYMOUS)
        # Two of its datasets say something of the same.
        assert not service.tables_hold(owner)
    withdraw(published, "theatre-b/reserve", {"fr": "essai", "en": "trial"})
    with closing(PoolService(published.settings)) as service:
        assert service.tables_hold(owner)
        assert ask_number(service, NUMBER, owner) == ask_number(service, EVENTS, owner)


def test_a_graph_that_is_closed_or_withdrawn_leaves_nothing_in_the_tables(
    published: Pool,
) -> None:
    """Neither in those that are read, nor in what the next publication starts from."""
    digest = published.record.versions()[published.iris.graph(OPEN)].digest
    site = store.current(published.settings.data).site
    assert digest in (site / COUNTED).read_text()
    withdraw(published, str(OPEN), {"fr": "essai", "en": "trial"})
    with closing(PoolService(published.settings)) as service:
        assert ask_number(service, NUMBER) == ask_number(service, EVENTS)
        assert service.tables_hold(ANONYMOUS)
    site = store.current(published.settings.data).site
    assert digest not in (site / COUNTED).read_text()
    assert published.iris.graph(OPEN) not in (site / HOLDING).read_text()


def test_an_unchanged_content_is_counted_once(
    published: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And another publication has the same tables."""
    before = store.current(published.settings.data).site
    files = [(before / name).read_bytes() for name in (COUNTED, HOLDING)]

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("parvis.store.record.statistics.StatisticsCounter.count_events", refuse)
    publish(published)
    after = store.current(published.settings.data).site
    assert [(after / name).read_bytes() for name in (COUNTED, HOLDING)] == files


def test_without_a_content_that_exceeds_the_limits_no_table_is_published(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Questions are then asked of the events."""
    monkeypatch.setattr(
        "parvis.store.record.statistics.StatisticsCounter.count_events", lambda *_: None
    )
    with Pool.open(settings) as pool:
        submit(pool, OPEN)
        publish(pool)
    with closing(PoolService(settings)) as service:
        assert ask_number(service, NUMBER) == 0
        assert not service.tables_hold(ANONYMOUS)
