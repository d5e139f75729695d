"""Query workers are confined and killable, and a failure affects its own reader only."""

import gc
import json
import math
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.config import Limits, Share
from parvis.errors import (
    AnswerTooLarge,
    EngineFailed,
    LimitError,
    QueryError,
    SheetError,
    StoreError,
    WorkerDied,
)
from parvis.sandbox.processes import LAST, may_be_restored
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.query import answer as answers
from parvis.store.query.answer import WorkerAnswer
from parvis.store.query.pool import QueryPool, QueryReader
from parvis.store.query.request import QueryDataset, WorkerRequest

XSD = "http://www.w3.org/2001/XMLSchema#"
ALL = "SELECT ?o { ?s ?p ?o } ORDER BY ?o"
SLOW = "SELECT (COUNT(*) AS ?n) {" + "".join(f" ?a{n} ?b{n} ?c{n} ." for n in range(6)) + " }"
A_WHILE = (
    f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o VALUES ?x {{ {' '.join(map(str, range(25)))} }}"
    " FILTER(STRLEN(STR(?s)) > ?x) }"
)
LIMITS = Limits(seconds=20, workers=2)


def read_body(answer: WorkerAnswer) -> bytes:
    """Read an answer to its end."""
    return b"".join(answer.chunks)


def read_values(answer: WorkerAnswer) -> list[str]:
    """Return the values of ?o in a JSON answer."""
    rows = json.loads(read_body(answer))["results"]["bindings"]
    return [row["o"]["value"] for row in rows]


def test_bindings_booleans_and_graphs_are_serialised_in_their_format(
    pool: QueryPool, generation: Generation
) -> None:
    """The form of the query decides between the two formats."""
    store = generation.open_store
    answer = pool.ask(store, WorkerRequest(ALL, results="csv"))
    assert (answer.kind, answer.media_type, read_body(answer)) == (
        "bindings",
        "text/csv",
        b"o\r\nopen\r\nother\r\n",
    )
    answer = pool.ask(store, WorkerRequest("ASK { ?s ?p ?o }", results="csv"))
    assert (answer.kind, json.loads(read_body(answer))["boolean"]) == ("boolean", True)
    answer = pool.ask(store, WorkerRequest("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"))
    text = read_body(answer).decode()
    assert (answer.kind, answer.media_type) == ("graph", "text/turtle")
    assert "@prefix schema: <http://schema.org/> ." in text
    assert "schema:name" in text


@pytest.mark.parametrize("graph_format", ["ttl", "nt", "rdf", "jsonld"])
def test_an_empty_graph_is_an_answer(
    pool: QueryPool, generation: Generation, graph_format: str
) -> None:
    """It is still a complete document."""
    answer = pool.ask(
        generation.open_store, WorkerRequest("CONSTRUCT WHERE { ?s <x:no> ?o }", graph=graph_format)
    )
    assert answer.kind == "graph"
    read_body(answer)


def test_published_prefixes_need_no_declaration(pool: QueryPool, generation: Generation) -> None:
    query = "SELECT ?o { ?s schema:name ?o } ORDER BY ?o"
    assert read_values(pool.ask(generation.open_store, WorkerRequest(query))) == ["open", "other"]


def test_a_reader_is_confined_in_the_members_store(pool: QueryPool, generation: Generation) -> None:
    """The default graph, FROM and the protocol's parameters reveal nothing hidden."""
    allowed = QueryDataset.of(["http://pool.example/graph/open"])
    hidden = "http://pool.example/graph/hidden"
    request = WorkerRequest(ALL, allowed=allowed, base="http://pool.example/graph/")

    def run_request(request: WorkerRequest) -> list[str]:
        return read_values(pool.ask(generation.members_store, request))

    assert run_request(request) == ["open"]
    assert run_request(replace(request, query="SELECT ?o FROM <hidden> { ?s ?p ?o }")) == []
    assert run_request(replace(request, query="SELECT ?o { GRAPH ?g { ?s ?p ?o } }")) == ["open"]
    assert run_request(replace(request, asked=QueryDataset((hidden,), (hidden,)))) == []
    assert run_request(replace(request, allowed=None)) == ["hidden", "open", "other"]


def test_an_invalid_query_costs_no_worker(pool: QueryPool, generation: Generation) -> None:
    """After an error of syntax, SERVICE or length the same worker continues."""
    store = generation.open_store
    before = list_idle_workers(pool, store)
    with pytest.raises(QueryError, match="line 1, column 9") as caught:
        pool.ask(store, WorkerRequest("SELECT *"))
    assert caught.value.fields["line"] == 1
    with pytest.raises(QueryError, match="SERVICE"):
        pool.ask(store, WorkerRequest("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"))
    with pytest.raises(QueryError, match="longer than 64000 bytes"):
        pool.ask(store, WorkerRequest("#" * 64_001))
    assert list_idle_workers(pool, store) == before


def test_a_crashed_worker_affects_its_own_reader_only(
    pool: QueryPool, large_generation: Generation
) -> None:
    """Another reader's answer continues."""
    store = large_generation.open_store
    answer = pool.ask(store, WorkerRequest("SELECT ?o { ?s ?p ?o }"))
    busy_before = list_busy_workers(pool)
    with ThreadPoolExecutor() as threads:
        crashed = threads.submit(pool.ask, store, WorkerRequest(SLOW))
        while not (busy := list_busy_workers(pool) - busy_before):
            time.sleep(0.01)
        for pid in busy:
            os.kill(pid, signal.SIGSEGV)
        with pytest.raises(EngineFailed, match="too heavy"):
            crashed.result()
    assert len(read_values(answer)) == 20_000
    assert read_body(pool.ask(store, WorkerRequest("ASK {}")))


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(" + "!" * 30_000 + "true) }",
        "ASK { ?s " + "/".join(["<x:p>"] * 5_000) + " ?o }",
        "ASK { FILTER(?a<" + "(" * 5_000 + "?b" + ")" * 5_000 + "#>\n) }",
    ],
)
def test_a_query_that_would_crash_the_engine_is_refused(
    pool: QueryPool, generation: Generation, query: str
) -> None:
    """Its worker continues."""
    before = list_idle_workers(pool, generation.open_store)
    with pytest.raises(QueryError):
        pool.ask(generation.open_store, WorkerRequest(query))
    assert list_idle_workers(pool, generation.open_store) == before


def test_values_that_cannot_be_ordered_crash_the_engine_and_sort_by_datatype_first(
    pool: QueryPool, write_lines: Callable[..., Path], tmp_path: Path
) -> None:
    """The error suggests the order that works."""
    generator = random.Random(1)  # noqa: S311 - values
    values = [f'"{generator.randrange(100_000)}"' for _ in range(300)]
    lines = (
        f"<http://x/{number}> <http://x/p> {value}{f'^^<{XSD}integer>' * (number % 2)} ."
        for number, value in enumerate(values)
    )
    mixed = build(
        tmp_path / "mixed", GenerationContent({"http://x/g": write_lines("mixed", *lines)})
    ).open_store
    query = "SELECT ?x { ?s <http://x/p> ?x } ORDER BY "
    with pytest.raises(EngineFailed, match="too heavy: it was stopped after 1 of the") as failure:
        pool.ask(mixed, WorkerRequest(query + "?x"))
    assert "SIG" not in str(failure.value)
    assert "DATATYPE(?x) ?x" in str(failure.value)
    rows = read_body(pool.ask(mixed, WorkerRequest(query + "DATATYPE(?x) ?x", results="csv")))
    assert len(rows.split()) == 301


def test_a_worker_killed_from_outside_is_replaced(pool: QueryPool, generation: Generation) -> None:
    """An idle worker that died gets no query; a busy one that dies is an error of its reader."""
    store = generation.open_store
    (pid,) = list_idle_workers(pool, store)
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end
    assert read_values(pool.ask(store, WorkerRequest(ALL))) == ["open", "other"]
    assert list_idle_workers(pool, store) != {pid}


def test_the_death_of_a_worker_truncates_the_answer_with_an_error(
    pool: QueryPool, large_generation: Generation
) -> None:
    """A truncated answer never ends like a complete one."""
    answer = pool.ask(large_generation.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
    next(answer.chunks)
    for pid in list_busy_workers(pool):
        os.kill(pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(WorkerDied, match="SIGKILL"):
            read_body(answer)


def test_a_slow_query_is_ended_at_its_time_limit(
    pool: QueryPool, large_generation: Generation
) -> None:
    """The error names the limit, and the worker is ended."""
    begun = time.monotonic()
    with pytest.raises(LimitError, match=r"more than 0\.5 s"):
        pool.ask(large_generation.open_store, WorkerRequest(SLOW, seconds=0.5))
    assert time.monotonic() - begun < 1.5
    assert not list_busy_workers(pool)
    assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}")))


def test_a_too_large_answer_fails_with_the_limit(large_generation: Generation) -> None:
    """Truncation is never silent."""
    with QueryPool(replace(LIMITS, answer_bytes=200_000)) as pool:
        answer = pool.ask(large_generation.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
        with pytest.raises(LimitError, match="larger than 200000 bytes"):
            read_body(answer)
        assert not list_busy_workers(pool)


def test_a_large_answer_is_complete(pool: QueryPool, large_generation: Generation) -> None:
    """Its frames arrive in order."""
    answer = pool.ask(large_generation.open_store, WorkerRequest("SELECT ?o { ?s ?p ?o }"))
    assert len(set(read_values(answer))) == 20_000


def test_readers_beyond_the_queue_are_refused_at_once(large_generation: Generation) -> None:
    """The error says when to try again."""
    limits = replace(LIMITS, workers=1, long=0, queue=0)
    with QueryPool(limits) as pool, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(SLOW, seconds=1))
        wait_until_busy(pool)
        with pytest.raises(LimitError, match="try again") as caught:
            pool.ask(large_generation.open_store, WorkerRequest(ALL))
        assert caught.value.fields["retry"] == 2
        with pytest.raises(LimitError, match="more than 1 s"):
            slow.result()
        assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}")))


def test_long_queries_make_room_for_short_ones(
    large_generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long query leaves its place to others; closing the pool ends it."""
    monkeypatch.setattr(answers, "STARVED", math.inf)  # on busy cores it would regain its priority
    with QueryPool(replace(LIMITS, workers=1, long=1)) as pool, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(SLOW))
        wait_until_busy(pool)
        (pid,) = list_busy_workers(pool)
        begun = time.monotonic()
        assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}")))
        while os.getpriority(os.PRIO_PROCESS, pid) != 19:
            time.sleep(0.02)
        assert time.monotonic() - begun < 10
        pool.close()
        with pytest.raises(WorkerDied):
            slow.result()


@pytest.mark.parametrize("results", ["csv", "json"])
def test_a_worker_ends_an_answer_at_the_bytes_that_suffice(
    pool: QueryPool, large_generation: Generation, results: str
) -> None:
    """A page shows the beginning only; the next query need not wait for a new worker."""
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    pids = set()
    for _ in range(3):
        beginning = pool.ask(
            large_generation.open_store, WorkerRequest(query, results=results, enough=200_000)
        )
        assert len(read_body(beginning)) == 200_000
        pids |= {worker.pid for _, worker in pool._idle}  # noqa: SLF001
    assert len(pids) == 1
    assert read_values(
        pool.ask(large_generation.open_store, WorkerRequest(ALL, enough=10**9))
    ) == read_values(pool.ask(large_generation.open_store, WorkerRequest(ALL)))


def test_a_value_longer_than_what_is_enough_is_cut(pool: QueryPool, generation: Generation) -> None:
    """The process that serves never has more of it."""
    query = """SELECT ?long { BIND("xxxxxxxxxxxxxxxxxxxx" AS ?short)
    BIND(REPLACE(?short, "x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy") AS ?long) }"""
    request = WorkerRequest(query, results="tsv", enough=100)
    assert len(read_body(pool.ask(generation.open_store, request))) == 100


def test_a_slow_reader_gets_the_complete_answer_without_occupying_a_worker(
    large_generation: Generation,
) -> None:
    """An answer that was computed in time waits for its reader."""
    with QueryPool(replace(LIMITS, workers=1, long=0)) as pool:
        answer = pool.ask(
            large_generation.open_store, WorkerRequest("SELECT * { ?s ?p ?o }", seconds=3)
        )
        first = next(answer.chunks)
        time.sleep(3.1)
        assert not list_busy_workers(pool)
        assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}")))
        assert len(json.loads(first + read_body(answer))["results"]["bindings"]) == 20_000


@pytest.mark.parametrize("results", ["json", "xml", "csv", "tsv"])
def test_an_answer_with_too_many_rows_fails_with_the_limit(
    pool: QueryPool, large_generation: Generation, results: str
) -> None:
    """Before its first piece it is refused, later it is truncated with an error."""
    few, several = (
        QueryReader("x", Share(seconds=20, bytes=10**9, rows=rows)) for rows in (9, 9_000)
    )
    request = WorkerRequest("SELECT * { ?s ?p ?o } LIMIT 10", results=results)
    with pytest.raises(AnswerTooLarge, match="more than 9 rows"):
        pool.ask(large_generation.open_store, request, few)
    assert read_body(pool.ask(large_generation.open_store, request, several))
    answer = pool.ask(
        large_generation.open_store, replace(request, query="SELECT * { ?s ?p ?o }"), several
    )
    with pytest.raises(AnswerTooLarge, match="more than 9000 rows"):
        read_body(answer)


def test_a_graph_that_json_ld_cannot_hold_fails_with_the_reason(
    pool: QueryPool, large_generation: Generation
) -> None:
    """Before its first piece it is refused, later it is truncated with an error."""
    claim = "BIND(<<( <x:s> <x:p> <x:o> )>> AS ?o) BIND(<x:r> AS ?s) BIND(<x:q> AS ?p)"
    for pattern in (claim, f"{{ ?s ?p ?o }} UNION {{ {claim} }}"):
        query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
        store = large_generation.open_store
        with pytest.raises(SheetError, match="JSON-LD has no form"):
            read_body(pool.ask(store, WorkerRequest(query, graph="jsonld")))
        assert b"<<( <x:s>" in read_body(pool.ask(store, WorkerRequest(query, graph="nt")))


def test_the_seconds_of_a_worker_are_charged_to_the_reader(
    pool: QueryPool, large_generation: Generation
) -> None:
    """Also those of a query that fails."""
    charges: list[float] = []
    patient, hurried = (
        QueryReader("x", Share(seconds=seconds, bytes=10**9), charges.append)
        for seconds in (20, 0.5)
    )
    assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}"), patient))
    begin = time.monotonic()
    with pytest.raises(LimitError, match=r"more than 0\.5 s"):
        pool.ask(large_generation.open_store, WorkerRequest(SLOW), hurried)
    assert charges[0] > 0
    assert 0.5 <= charges[1] <= time.monotonic() - begin


def test_an_unread_answer_frees_its_worker(large_generation: Generation) -> None:
    """A reader who disconnects occupies no worker."""
    with QueryPool(replace(LIMITS, workers=1, long=0, queue=1)) as pool:
        pool.ask(large_generation.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
        gc.collect()
        assert read_body(pool.ask(large_generation.open_store, WorkerRequest("ASK {}")))


def test_unread_answers_are_closed_whenever_they_are_collected(
    pool: QueryPool, generation: Generation
) -> None:
    """A garbage collection while a lock is held must not wait for that lock."""
    reader = QueryReader("x", Share(seconds=10, bytes=10_000, parallel=1))
    answer = pool.ask(generation.open_store, WorkerRequest(ALL), reader)
    with pool._lock, pool._turns._lock:  # noqa: SLF001
        del answer
        gc.collect()
    assert read_body(pool.ask(generation.open_store, WorkerRequest("ASK {}"), reader))


def test_a_small_answer_frees_its_worker_before_it_is_read(
    pool: QueryPool, generation: Generation
) -> None:
    answer = pool.ask(generation.open_store, WorkerRequest(ALL))
    assert not list_busy_workers(pool)
    assert read_values(answer) == ["open", "other"]


def test_many_readers_share_few_workers(generation: Generation) -> None:
    with QueryPool(LIMITS) as pool, ThreadPoolExecutor(30) as readers:
        answers = readers.map(
            lambda _: read_values(pool.ask(generation.open_store, WorkerRequest(ALL))), range(200)
        )
        assert list(answers) == [["open", "other"]] * 200
        assert len(list_idle_workers(pool, generation.open_store)) <= 2 * LIMITS.workers


def test_workers_of_an_earlier_generation_are_reused_while_there_is_room(
    pool: QueryPool, generation: Generation, tmp_path: Path
) -> None:
    """Alternating between generations starts no worker; a third store replaces the oldest."""
    newer = build(tmp_path / "data", GenerationContent({}))
    stores = (generation.open_store, newer.open_store)
    first, second = (list_idle_workers(pool, store) for store in stores)
    assert [list_idle_workers(pool, store) for store in (*stores, *stores)] == [
        first,
        second,
        first,
        second,
    ]
    assert read_values(pool.ask(newer.open_store, WorkerRequest(ALL))) == []
    list_idle_workers(pool, newer.members_store)
    assert not first & list_idle_workers(pool, generation.open_store)


def test_workers_of_a_deleted_generation_are_ended(
    pool: QueryPool, generation: Generation, tmp_path: Path
) -> None:
    """By the first query of the new one, so that no file of the old one stays open."""
    old = list_idle_workers(pool, generation.open_store)
    newer = build(tmp_path / "data", GenerationContent({}), keep=1)
    assert read_values(pool.ask(newer.open_store, WorkerRequest(ALL))) == []
    for pid in old:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_closing_a_pool_ends_all_its_workers(
    generation: Generation, large_generation: Generation
) -> None:
    """The idle and the busy."""
    pool = QueryPool(LIMITS)
    idle = list_idle_workers(pool, generation.open_store)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(SLOW))
        wait_until_busy(pool)
        busy = list_busy_workers(pool)
        pool.close()
        with pytest.raises(WorkerDied):
            slow.result()
    for pid in idle | busy:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(StoreError, match="closed"):
        pool.ask(large_generation.open_store, WorkerRequest(ALL))


def test_a_query_loses_priority_by_computing_time_and_not_by_waiting(
    pool: QueryPool, large_generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a short query that waited would starve."""
    monkeypatch.setattr(answers, "STARVED", math.inf)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(SLOW))
        wait_until_busy(pool)
        (pid,) = list_busy_workers(pool)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.3)
        assert os.getpriority(os.PRIO_PROCESS, pid) == own
        os.kill(pid, signal.SIGCONT)
        while os.getpriority(os.PRIO_PROCESS, pid) == own:
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerDied):
            slow.result()


@pytest.mark.skipif(not may_be_restored(), reason="no priority can be restored here")
def test_a_worker_that_lost_priority_regains_it_for_the_next_query(
    pool: QueryPool, large_generation: Generation
) -> None:
    (pid,) = before = list_idle_workers(pool, large_generation.open_store)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(A_WHILE))
        while os.getpriority(os.PRIO_PROCESS, pid) != LAST:
            assert not answer.done()
        assert read_body(answer.result())
    assert list_idle_workers(pool, large_generation.open_store) == before
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(not may_be_restored(), reason="no priority can be restored here")
def test_a_query_that_gets_no_processor_regains_its_priority(
    pool: QueryPool, large_generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be refused beside other programs that keep all cores busy."""
    monkeypatch.setattr(answers, "STARVED", 1.5)
    monkeypatch.setattr(answers, "WAITING", 1)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(pool.ask, large_generation.open_store, WorkerRequest(SLOW))
        wait_until_busy(pool)
        (pid,) = list_busy_workers(pool)
        os.kill(pid, signal.SIGSTOP)
        for priority in (LAST, os.getpriority(os.PRIO_PROCESS, 0)):
            while os.getpriority(os.PRIO_PROCESS, pid) != priority:
                assert not slow.done()
                time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerDied):
            slow.result()


def list_idle_workers(pool: QueryPool, store: Path) -> set[int]:
    """Run a query on a store, and return the processes waiting for its next query."""
    read_body(pool.ask(store, WorkerRequest("ASK {}")))
    return {worker.pid for idle_store, worker in pool._idle if idle_store == store}  # noqa: SLF001


def wait_until_busy(pool: QueryPool) -> None:
    """Wait until a process is answering."""
    while not list_busy_workers(pool):
        time.sleep(0.01)


def list_busy_workers(pool: QueryPool) -> set[int]:
    """Return the processes that are answering."""
    return {worker.pid for worker in pool._busy}  # noqa: SLF001
