"""Short queries share a worker, and every query gets its answer."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest

from parvis.config import Limits, Share
from parvis.errors import AnswerTooLarge, LimitError, QueryError
from parvis.sandbox.lane import Lane
from parvis.store.generation.generation import Generation
from parvis.store.query.answer import WorkerAnswer
from parvis.store.query.lanes import BARRED, SHAPES, Lanes
from parvis.store.query.pool import QueryPool, QueryReader, WorkerProgram
from parvis.store.query.request import QueryDataset, WorkerRequest

OPEN = "http://pool.example/graph/open"
HIDDEN = "http://pool.example/graph/hidden"
THING = "<http://pool.example/id/thing>"
NAME = "SELECT ?name {{ <http://x/{n}> <http://schema.org/name> ?name }}"
PAIRS = "SELECT (COUNT(*) AS ?n) {{ ?a {p} ?b . ?c {p} ?d FILTER(?b != ?d) }}"
NONE, ALL = PAIRS.format(p="<urn:x:none>"), PAIRS.format(p="<http://schema.org/name>")
LIMITS = Limits(seconds=20, workers=2)


def run_query(pool: QueryPool, store: Path, query: str, **options: object) -> bytes:
    """Return the whole answer to a query."""
    return b"".join(pool.ask(store, WorkerRequest(query, **options)).chunks)  # type: ignore[arg-type] # fields


def look_up_name(pool: QueryPool, store: Path, number: int) -> str:
    rows = json.loads(run_query(pool, store, NAME.format(n=number)))["results"]["bindings"]
    return str(rows[0]["name"]["value"])


def ask_lane(pool: QueryPool, store: Path, query: str, **options: object) -> WorkerAnswer:
    """Repeat a query until its shape is assigned to a lane, and return the lane's first answer.

    On a busy machine a new worker may be so slow that the shape is barred from lanes for a
    while.
    """
    end = time.monotonic() + BARRED[1]
    while time.monotonic() < end:
        answer = pool.ask(store, WorkerRequest(query, **options))  # type: ignore[arg-type] # fields
        if answer.quick:
            return answer
        time.sleep(0.01)
    raise AssertionError


def open_lane(pool: QueryPool, store: Path, query: str, **options: object) -> Lane:
    """Return the lane that answers a query."""
    ask_lane(pool, store, query, **options)
    return pool._lanes._open[store]  # noqa: SLF001


def test_short_queries_of_many_threads_are_answered_by_one_process(
    pool: QueryPool, large_generation: Generation
) -> None:
    """Each gets its own answer, though others ask at the same time."""
    store = large_generation.open_store
    pid = open_lane(pool, store, NAME.format(n=0)).pid
    numbers = range(3_000)
    with ThreadPoolExecutor(16) as threads:
        names = list(threads.map(lambda number: look_up_name(pool, store, number), numbers))
    assert names == [f"Spectacle {number}" for number in numbers]
    assert open_lane(pool, store, NAME.format(n=0)).pid == pid


@pytest.mark.parametrize("results", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize(
    "query",
    [
        NAME.format(n=3),
        "SELECT ?s { ?s a <urn:x:none> }",
        "ASK { <http://x/3> ?p ?o }",
        "CONSTRUCT WHERE { <http://x/3> ?p ?o }",
        "DESCRIBE <http://x/3>",
    ],
)
def test_a_lane_gives_the_same_answer_as_a_worker(
    pool: QueryPool, large_generation: Generation, query: str, results: str
) -> None:
    """To the byte, in each format."""
    expected = pool.ask(large_generation.open_store, WorkerRequest(query, results=results))
    assert not expected.quick
    answer = ask_lane(pool, large_generation.open_store, query, results=results)
    assert (answer.kind, answer.media_type) == (expected.kind, expected.media_type)
    assert b"".join(answer.chunks) == b"".join(expected.chunks)


def test_every_reader_of_a_lane_is_confined(pool: QueryPool, generation: Generation) -> None:
    """Each question comes with its own graphs, even if its text is the same."""
    query = f"SELECT ?o {{ {THING} ?p ?o }}"
    open_dataset, hidden_dataset = (QueryDataset((graph,), (graph,)) for graph in (OPEN, HIDDEN))
    quick = {b"open": 0, b"hidden": 0}
    end = time.monotonic() + BARRED[1]
    while min(quick.values()) < 50 and time.monotonic() < end:
        # An answer that a busy machine makes slow is right too, and bars the shape for a while.
        open_lane(pool, generation.members_store, query, allowed=open_dataset)
        for allowed, expected in ((open_dataset, b"open"), (hidden_dataset, b"hidden")):
            request = WorkerRequest(query, allowed=allowed, results="csv")
            answer = pool.ask(generation.members_store, request)
            quick[expected] += answer.quick
            assert b"".join(answer.chunks) == b"o\r\n" + expected + b"\r\n"
    assert min(quick.values()) >= 50


def test_an_error_in_a_short_query_is_reported_with_its_position(
    pool: QueryPool, large_generation: Generation
) -> None:
    """The lane stays open."""
    first = open_lane(pool, large_generation.open_store, "SELECT ?o { ?s <http://x/1> ?o }")
    with pytest.raises(QueryError, match="line 1"):
        run_query(pool, large_generation.open_store, "SELECT ?o { ?s <http://x/ 1> ?o }")
    with pytest.raises(QueryError, match="line 1"):
        run_query(pool, large_generation.open_store, "SELECT ?o { ?s <1 2> ?o }")
    assert open_lane(pool, large_generation.open_store, "SELECT ?o { ?s <http://x/1> ?o }") is first


def test_a_slow_query_in_the_shape_of_a_short_one_does_not_delay_others(
    pool: QueryPool, large_generation: Generation
) -> None:
    """It ends at its own limit, and its shape is barred from lanes."""
    store = large_generation.open_store
    open_lane(pool, store, NAME.format(n=0))
    first = open_lane(pool, store, NONE)
    with ThreadPoolExecutor(8) as threads:
        heavy = threads.submit(run_query, pool, store, ALL, seconds=1.5)
        time.sleep(0.01)
        begun = time.monotonic()
        names = list(threads.map(lambda number: look_up_name(pool, store, number), range(7)))
        assert time.monotonic() - begun < 1
        assert names == [f"Spectacle {number}" for number in range(7)]
        with pytest.raises(LimitError):
            heavy.result()
    assert first.is_closed
    assert not pool.ask(store, WorkerRequest(NONE)).quick
    second = open_lane(pool, store, NAME.format(n=0))
    with pytest.raises(LimitError):
        run_query(pool, store, ALL, seconds=0.5)
    assert not second.is_closed


def test_killing_a_lane_loses_no_answer(pool: QueryPool, large_generation: Generation) -> None:
    """Waiting queries go to another worker, and a new lane is opened."""
    store = large_generation.open_store
    first = open_lane(pool, store, NAME.format(n=0))
    with ThreadPoolExecutor(8) as threads:
        names = threads.map(lambda number: look_up_name(pool, store, number), range(4_000))
        time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
        assert list(names) == [f"Spectacle {number}" for number in range(4_000)]
    assert open_lane(pool, store, NAME.format(n=0)).pid != first.pid


def test_limits_apply_in_a_lane(large_generation: Generation) -> None:
    """Rows and bytes, as in any worker."""
    share = Share(rows=10, bytes=2_000, seconds=20, parallel=4, query_seconds=0, window=60)
    reader, small = QueryReader("reader", share), replace(share, bytes=200)
    store = large_generation.open_store
    with QueryPool(LIMITS) as pool:
        query = "SELECT ?s {{ ?s ?p ?o }} LIMIT {n}"
        open_lane(pool, store, query.format(n=3))
        with pytest.raises(AnswerTooLarge, match="10 rows"):
            pool.ask(store, WorkerRequest(query.format(n=11)), reader)
        with pytest.raises(AnswerTooLarge, match="200 bytes"):
            pool.ask(store, WorkerRequest(query.format(n=10)), replace(reader, share=small))
        assert b"".join(pool.ask(store, WorkerRequest(query.format(n=10)), reader).chunks)


def test_the_lane_of_a_deleted_generation_ends_at_the_next_query(
    pool: QueryPool, generation: Generation, large_generation: Generation
) -> None:
    """Its open files would keep erased data on the disk."""
    query = f"SELECT ?o {{ {THING} ?p ?o }}"
    first = open_lane(pool, generation.open_store, query)
    rmtree(generation.folder)
    run_query(pool, large_generation.open_store, query)
    assert first.is_closed
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)


def test_of_two_lanes_that_open_for_a_store_one_stays(large_generation: Generation) -> None:
    """Opening may take longer than the pause after which another thread begins."""
    with QueryPool(LIMITS) as pool:
        first = open_lane(pool, large_generation.open_store, NAME.format(n=0))
        files = len(list(Path("/proc/self/fd").iterdir()))
        pool._lanes._open_lane(large_generation.open_store)  # noqa: SLF001
        assert pool._lanes._open == {large_generation.open_store: first}  # noqa: SLF001
        assert not first.is_closed
        assert len(list(Path("/proc/self/fd").iterdir())) == files


def test_closing_the_pool_ends_its_lanes(large_generation: Generation) -> None:
    with QueryPool(LIMITS) as pool:
        closed_lane = open_lane(pool, large_generation.open_store, NAME.format(n=0))
    assert closed_lane.is_closed
    with pytest.raises(ProcessLookupError):
        os.kill(closed_lane.pid, 0)


def test_queries_to_a_remote_store_never_go_to_a_lane(large_generation: Generation) -> None:
    """The time of a worker that only waits says nothing about the query."""
    with QueryPool(LIMITS, WorkerProgram("parvis.store.query.query_process", works=False)) as pool:
        for number in range(200):
            assert not pool.ask(
                large_generation.open_store, WorkerRequest(NAME.format(n=number))
            ).quick
        assert not pool._lanes._open  # noqa: SLF001


def test_the_number_of_remembered_query_shapes_is_bounded() -> None:
    """Readers who send ever new shapes fill no memory."""
    lanes = Lanes("parvis.store.query.query_process", b"{}")
    for number in range(3 * SHAPES):
        name = "".join(chr(97 + int(digit)) for digit in str(number))
        lanes.learn(f"SELECT ?{name} {{}}", 0.001)
        lanes.learn(f"ASK {{ ?{name} ?p ?o }}", 1.0)
    assert len(lanes._quick) <= SHAPES  # noqa: SLF001
    assert len(lanes._barred) <= SHAPES  # noqa: SLF001
