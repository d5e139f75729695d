"""Look-ups share a worker, and only the time tells: whatever happens, all are answered."""

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


def ask(pool: QueryPool, store: Path, query: str, **how: object) -> bytes:
    """Give the whole answer to a query."""
    return b"".join(pool.ask(store, WorkerRequest(query, **how)).chunks)  # type: ignore[arg-type] # fields


def name(pool: QueryPool, store: Path, number: int) -> str:
    """Look a name up."""
    rows = json.loads(ask(pool, store, NAME.format(n=number)))["results"]["bindings"]
    return str(rows[0]["name"]["value"])


def lane(pool: QueryPool, store: Path, query: str, **how: object) -> Lane:
    """Ask a query until its like goes by a lane, which is there then.

    On a machine that is busy, a worker that has just begun may take so long for it that it is
    barred for a while.
    """
    end = time.monotonic() + BARRED[1]
    while time.monotonic() < end:
        if pool.ask(store, WorkerRequest(query, **how)).quick:  # type: ignore[arg-type] # fields
            return pool._lanes._open[store]  # noqa: SLF001
        time.sleep(0.01)
    raise AssertionError


def test_look_ups_of_many_threads_are_answered_by_one_process(
    pool: QueryPool, many: Generation
) -> None:
    """Each rightly, though others are asked at the same time."""
    store = many.open_store
    pid = lane(pool, store, NAME.format(n=0)).pid
    numbers = range(3_000)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda number: name(pool, store, number), numbers))
    assert found == [f"Spectacle {number}" for number in numbers]
    assert lane(pool, store, NAME.format(n=0)).pid == pid


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
def test_an_answer_is_the_same_by_a_lane(
    pool: QueryPool, many: Generation, query: str, results: str
) -> None:
    """To the byte, in each format."""
    wanted = pool.ask(many.open_store, WorkerRequest(query, results=results))
    assert not wanted.quick
    lane(pool, many.open_store, query, results=results)
    found = pool.ask(many.open_store, WorkerRequest(query, results=results))
    assert found.quick
    assert (found.kind, found.media_type) == (wanted.kind, wanted.media_type)
    assert b"".join(found.chunks) == b"".join(wanted.chunks)


def test_each_reader_of_a_lane_is_confined(pool: QueryPool, generation: Generation) -> None:
    """The graphs go with each question, however alike two of them are."""
    query = f"SELECT ?o {{ {THING} ?p ?o }}"
    opened, closed = (QueryDataset((one,), (one,)) for one in (OPEN, HIDDEN))
    lane(pool, generation.members_store, query, allowed=opened)
    for _ in range(50):
        for allowed, wanted in ((opened, b"open"), (closed, b"hidden")):
            request = WorkerRequest(query, allowed=allowed, results="csv")
            answer = pool.ask(generation.members_store, request)
            assert answer.quick
            assert b"".join(answer.chunks) == b"o\r\n" + wanted + b"\r\n"


def test_what_is_wrong_with_a_look_up_is_told(pool: QueryPool, many: Generation) -> None:
    """With its place; the lane stays."""
    first = lane(pool, many.open_store, "SELECT ?o { ?s <http://x/1> ?o }")
    with pytest.raises(QueryError, match="line 1"):
        ask(pool, many.open_store, "SELECT ?o { ?s <http://x/ 1> ?o }")
    with pytest.raises(QueryError, match="line 1"):
        ask(pool, many.open_store, "SELECT ?o { ?s <1 2> ?o }")
    assert lane(pool, many.open_store, "SELECT ?o { ?s <http://x/1> ?o }") is first


def test_a_heavy_query_in_the_shape_of_a_look_up_costs_the_others_nothing(
    pool: QueryPool, many: Generation
) -> None:
    """It ends at its own limit; they are answered meanwhile, and it comes to no lane again."""
    store = many.open_store
    lane(pool, store, NAME.format(n=0))
    first = lane(pool, store, NONE)
    with ThreadPoolExecutor(8) as threads:
        heavy = threads.submit(ask, pool, store, ALL, seconds=1.5)
        time.sleep(0.01)
        begun = time.monotonic()
        found = list(threads.map(lambda number: name(pool, store, number), range(7)))
        assert time.monotonic() - begun < 1
        assert found == [f"Spectacle {number}" for number in range(7)]
        with pytest.raises(LimitError):
            heavy.result()
    assert first.closed
    assert not pool.ask(store, WorkerRequest(NONE)).quick
    second = lane(pool, store, NAME.format(n=0))
    with pytest.raises(LimitError):
        ask(pool, store, ALL, seconds=0.5)
    assert not second.closed


def test_a_lane_that_is_killed_costs_no_answer(pool: QueryPool, many: Generation) -> None:
    """Those who wait ask a worker of their own, and then there is another lane."""
    store = many.open_store
    first = lane(pool, store, NAME.format(n=0))
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(lambda number: name(pool, store, number), range(4_000))
        time.sleep(0.05)
        os.kill(first.pid, signal.SIGKILL)
        assert list(found) == [f"Spectacle {number}" for number in range(4_000)]
    assert lane(pool, store, NAME.format(n=0)).pid != first.pid


def test_limits_hold_in_a_lane(many: Generation) -> None:
    """Rows and bytes: who wants more is told so, as by a worker."""
    share = Share(rows=10, bytes=2_000, seconds=20, parallel=4, query_seconds=0, window=60)
    asker, small = QueryReader("reader", share), replace(share, bytes=200)
    store = many.open_store
    with QueryPool(LIMITS) as pool:
        query = "SELECT ?s {{ ?s ?p ?o }} LIMIT {n}"
        lane(pool, store, query.format(n=3))
        with pytest.raises(AnswerTooLarge, match="10 rows"):
            pool.ask(store, WorkerRequest(query.format(n=11)), asker)
        with pytest.raises(AnswerTooLarge, match="200 bytes"):
            pool.ask(store, WorkerRequest(query.format(n=10)), replace(asker, share=small))
        assert b"".join(pool.ask(store, WorkerRequest(query.format(n=10)), asker).chunks)


def test_the_lane_of_a_deleted_generation_ends(
    pool: QueryPool, generation: Generation, many: Generation
) -> None:
    """As soon as another is asked: it would keep what was erased on the disk."""
    query = f"SELECT ?o {{ {THING} ?p ?o }}"
    first = lane(pool, generation.open_store, query)
    rmtree(generation.folder)
    ask(pool, many.open_store, query)
    assert first.closed
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)


def test_the_lanes_end_with_their_pool(many: Generation) -> None:
    """And nothing is left of them."""
    with QueryPool(LIMITS) as pool:
        found = lane(pool, many.open_store, NAME.format(n=0))
    assert found.closed
    with pytest.raises(ProcessLookupError):
        os.kill(found.pid, 0)


def test_who_asks_another_store_learns_no_look_ups(many: Generation) -> None:
    """The time of a worker that only waits tells nothing."""
    with QueryPool(LIMITS, WorkerProgram("parvis.store.query.worker", works=False)) as pool:
        for number in range(200):
            assert not pool.ask(many.open_store, WorkerRequest(NAME.format(n=number))).quick
        assert not pool._lanes._open  # noqa: SLF001


def test_no_more_shapes_are_remembered_than_may_be() -> None:
    """Whoever asks a new one each time fills no memory."""
    lanes = Lanes("parvis.store.query.worker", b"{}")
    for number in range(3 * SHAPES):
        name = "".join(chr(97 + int(digit)) for digit in str(number))
        lanes.learn(f"SELECT ?{name} {{}}", 0.001)
        lanes.learn(f"ASK {{ ?{name} ?p ?o }}", 1.0)
    assert len(lanes._quick) <= SHAPES  # noqa: SLF001
    assert len(lanes._barred) <= SHAPES  # noqa: SLF001
