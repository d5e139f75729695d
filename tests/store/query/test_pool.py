"""Query workers: confined, killable, and one reader's trouble is nobody else's."""

import gc
import json
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
    StoreError,
    WorkerDied,
)
from parvis.sandbox.scheduling import LAST, may_be_restored
from parvis.store.generation.generation import Generation, GenerationContent, build
from parvis.store.query.answer import WorkerAnswer
from parvis.store.query.pool import QueryPool, QueryReader
from parvis.store.query.request import QueryDataset, WorkerRequest

pytestmark = pytest.mark.once(long=True)

XSD = "http://www.w3.org/2001/XMLSchema#"
ALL = "SELECT ?o { ?s ?p ?o } ORDER BY ?o"
SLOW = "SELECT (COUNT(*) AS ?n) {" + "".join(f" ?a{n} ?b{n} ?c{n} ." for n in range(6)) + " }"
A_WHILE = (
    f"SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o VALUES ?x {{ {' '.join(map(str, range(25)))} }}"
    " FILTER(STRLEN(STR(?s)) > ?x) }"
)
LIMITS = Limits(seconds=20, workers=2)


def body(answer: WorkerAnswer) -> bytes:
    """Read an answer to its end."""
    return b"".join(answer.chunks)


def values(answer: WorkerAnswer) -> list[str]:
    """Give the values of ?o in a JSON answer."""
    rows = json.loads(body(answer))["results"]["bindings"]
    return [row["o"]["value"] for row in rows]


def test_bindings_booleans_and_graphs_come_in_their_format(
    pool: QueryPool, generation: Generation
) -> None:
    """The query's form decides which of the two formats is used."""
    store = generation.open_store
    answer = pool.ask(store, WorkerRequest(ALL, results="csv"))
    assert (answer.kind, answer.media_type, body(answer)) == (
        "bindings",
        "text/csv",
        b"o\r\nopen\r\nother\r\n",
    )
    answer = pool.ask(store, WorkerRequest("ASK { ?s ?p ?o }", results="csv"))
    assert (answer.kind, json.loads(body(answer))["boolean"]) == ("boolean", True)
    answer = pool.ask(store, WorkerRequest("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"))
    text = body(answer).decode()
    assert (answer.kind, answer.media_type) == ("graph", "text/turtle")
    assert "@prefix schema: <http://schema.org/> ." in text
    assert "schema:name" in text


@pytest.mark.parametrize("graph", ["ttl", "nt", "rdf", "jsonld"])
def test_an_empty_graph_is_an_answer(pool: QueryPool, generation: Generation, graph: str) -> None:
    """No triples are still a whole document."""
    answer = pool.ask(
        generation.open_store, WorkerRequest("CONSTRUCT WHERE { ?s <x:no> ?o }", graph=graph)
    )
    assert answer.kind == "graph"
    body(answer)


def test_published_prefixes_need_no_declaration(pool: QueryPool, generation: Generation) -> None:
    """Queries may use the prefixes that parvis publishes."""
    query = "SELECT ?o { ?s schema:name ?o } ORDER BY ?o"
    assert values(pool.ask(generation.open_store, WorkerRequest(query))) == ["open", "other"]


def test_a_reader_is_confined_in_the_members_store(pool: QueryPool, generation: Generation) -> None:
    """Nothing hidden shows through the default graph, FROM, or the protocol's parameters."""
    allowed = QueryDataset.of(["http://pool.example/graph/open"])
    hidden = "http://pool.example/graph/hidden"
    request = WorkerRequest(ALL, allowed=allowed, base="http://pool.example/graph/")

    def ask(request: WorkerRequest) -> list[str]:
        return values(pool.ask(generation.members_store, request))

    assert ask(request) == ["open"]
    assert ask(replace(request, query="SELECT ?o FROM <hidden> { ?s ?p ?o }")) == []
    assert ask(replace(request, query="SELECT ?o { GRAPH ?g { ?s ?p ?o } }")) == ["open"]
    assert ask(replace(request, asked=QueryDataset((hidden,), (hidden,)))) == []
    assert ask(replace(request, allowed=None)) == ["hidden", "open", "other"]


def test_a_bad_query_costs_no_worker(pool: QueryPool, generation: Generation) -> None:
    """Syntax, SERVICE and length are the asker's mistakes; the same worker goes on."""
    store = generation.open_store
    before = pids(pool, store)
    with pytest.raises(QueryError, match="line 1, column 9") as caught:
        pool.ask(store, WorkerRequest("SELECT *"))
    assert caught.value.fields["line"] == 1
    with pytest.raises(QueryError, match="SERVICE"):
        pool.ask(store, WorkerRequest("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"))
    with pytest.raises(QueryError, match="longer than 64000 bytes"):
        pool.ask(store, WorkerRequest("#" * 64_001))
    assert pids(pool, store) == before


def test_a_worker_that_crashes_hurts_nobody_else(pool: QueryPool, many: Generation) -> None:
    """A crash of the engine is one reader's error, while another's answer goes on."""
    store = many.open_store
    other = pool.ask(store, WorkerRequest("SELECT ?o { ?s ?p ?o }"))
    ours = pids_at_work(pool)
    with ThreadPoolExecutor() as threads:
        crashed = threads.submit(pool.ask, store, WorkerRequest(SLOW))
        while not (busy := pids_at_work(pool) - ours):
            time.sleep(0.01)
        for pid in busy:
            os.kill(pid, signal.SIGSEGV)
        with pytest.raises(EngineFailed, match="SIGSEGV"):
            crashed.result()
    assert len(values(other)) == 20_000
    assert body(pool.ask(store, WorkerRequest("ASK {}")))


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER(" + "!" * 30_000 + "true) }",
        "ASK { ?s " + "/".join(["<x:p>"] * 5_000) + " ?o }",
        "ASK { FILTER(?a<" + "(" * 5_000 + "?b" + ")" * 5_000 + "#>\n) }",
    ],
)
def test_a_query_that_would_end_the_engine_is_refused(
    pool: QueryPool, generation: Generation, query: str
) -> None:
    """Its worker goes on."""
    before = pids(pool, generation.open_store)
    with pytest.raises(QueryError):
        pool.ask(generation.open_store, WorkerRequest(query))
    assert pids(pool, generation.open_store) == before


def test_values_that_do_not_compare_are_told_with_the_way_to_sort_them(
    pool: QueryPool, written: Callable[..., Path], tmp_path: Path
) -> None:
    """The engine ends itself over such an order; by datatype first, it sorts them."""
    chance = random.Random(1)  # noqa: S311 - values
    values = [f'"{chance.randrange(100_000)}"' for _ in range(300)]
    lines = (
        f"<http://x/{n}> <http://x/p> {value}{f'^^<{XSD}integer>' * (n % 2)} ."
        for n, value in enumerate(values)
    )
    mixed = build(
        tmp_path / "mixed", GenerationContent({"http://x/g": written("mixed", *lines)})
    ).open_store
    query = "SELECT ?x { ?s <http://x/p> ?x } ORDER BY "
    with pytest.raises(EngineFailed, match="SIGABRT"):
        pool.ask(mixed, WorkerRequest(query + "?x"))
    rows = body(pool.ask(mixed, WorkerRequest(query + "DATATYPE(?x) ?x", results="csv")))
    assert len(rows.split()) == 301


def test_a_worker_killed_from_outside_is_replaced(pool: QueryPool, generation: Generation) -> None:
    """An idle worker that died is not asked; one that dies at work is one reader's error."""
    store = generation.open_store
    (pid,) = pids(pool, store)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    assert values(pool.ask(store, WorkerRequest(ALL))) == ["open", "other"]
    assert pids(pool, store) != {pid}


def test_death_in_the_middle_of_an_answer_looks_cut(pool: QueryPool, many: Generation) -> None:
    """A cut answer never ends like a whole one."""
    answer = pool.ask(many.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
    next(answer.chunks)
    for pid in pids_at_work(pool):
        os.kill(pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(WorkerDied, match="SIGKILL"):
            body(answer)


def test_a_slow_query_is_ended_at_its_limit(pool: QueryPool, many: Generation) -> None:
    """The error names the limit, and the worker is gone."""
    begun = time.monotonic()
    with pytest.raises(LimitError, match=r"more than 0\.5 seconds"):
        pool.ask(many.open_store, WorkerRequest(SLOW, seconds=0.5))
    assert time.monotonic() - begun < 1.5
    assert not pids_at_work(pool)
    assert body(pool.ask(many.open_store, WorkerRequest("ASK {}")))


def test_an_answer_that_is_too_large_fails_and_names_the_limit(many: Generation) -> None:
    """Truncation is never silent."""
    with QueryPool(replace(LIMITS, answer_bytes=200_000)) as pool:
        answer = pool.ask(many.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
        with pytest.raises(LimitError, match="larger than 200000 bytes"):
            body(answer)
        assert not pids_at_work(pool)


def test_a_large_answer_arrives_whole(pool: QueryPool, many: Generation) -> None:
    """Frames are put together again in order."""
    answer = pool.ask(many.open_store, WorkerRequest("SELECT ?o { ?s ?p ?o }"))
    assert len(set(values(answer))) == 20_000


def test_readers_beyond_the_queue_are_turned_away(many: Generation) -> None:
    """A full queue answers at once, and says when to come again."""
    limits = replace(LIMITS, workers=1, long=0, queue=0)
    with QueryPool(limits) as pool, ThreadPoolExecutor(1) as other:
        slow = other.submit(pool.ask, many.open_store, WorkerRequest(SLOW, seconds=1))
        await_work(pool)
        with pytest.raises(LimitError, match="try again") as caught:
            pool.ask(many.open_store, WorkerRequest(ALL))
        assert caught.value.fields["retry"] == 2
        with pytest.raises(LimitError, match="more than 1 seconds"):
            slow.result()
        assert body(pool.ask(many.open_store, WorkerRequest("ASK {}")))


def test_long_queries_step_aside_and_short_ones_are_answered(many: Generation) -> None:
    """A place that a long query leaves is for others; its process is then of no more use."""
    with QueryPool(replace(LIMITS, workers=1, long=1)) as pool, ThreadPoolExecutor(1) as other:
        slow = other.submit(pool.ask, many.open_store, WorkerRequest(SLOW))
        await_work(pool)
        (pid,) = pids_at_work(pool)
        begun = time.monotonic()
        assert body(pool.ask(many.open_store, WorkerRequest("ASK {}")))
        while os.getpriority(os.PRIO_PROCESS, pid) != 19:
            time.sleep(0.02)
        assert time.monotonic() - begun < 10
        pool.close()
        with pytest.raises(WorkerDied):
            slow.result()


@pytest.mark.parametrize("results", ["csv", "json"])
def test_an_answer_of_which_the_beginning_is_enough_ends_there_and_keeps_its_worker(
    pool: QueryPool, many: Generation, results: str
) -> None:
    """A page shows the beginning; the next query need not wait for a new worker."""
    query = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
    pids = set()
    for _ in range(3):
        cut = pool.ask(many.open_store, WorkerRequest(query, results=results, enough=200_000))
        assert 200_000 <= len(body(cut)) < 300_000
        pids |= {worker.pid for _, worker in pool._idle}  # noqa: SLF001
    assert len(pids) == 1
    assert values(pool.ask(many.open_store, WorkerRequest(ALL, enough=10**9))) == values(
        pool.ask(many.open_store, WorkerRequest(ALL))
    )


def test_a_slow_reader_has_the_whole_answer_and_holds_no_worker(many: Generation) -> None:
    """What was answered in time is there however long its reader takes."""
    with QueryPool(replace(LIMITS, workers=1, long=0)) as pool:
        answer = pool.ask(many.open_store, WorkerRequest("SELECT * { ?s ?p ?o }", seconds=1))
        first = next(answer.chunks)
        time.sleep(1.1)
        assert not pids_at_work(pool)
        assert body(pool.ask(many.open_store, WorkerRequest("ASK {}")))
        assert len(json.loads(first + body(answer))["results"]["bindings"]) == 20_000


@pytest.mark.parametrize("results", ["json", "xml", "csv", "tsv"])
def test_too_many_rows_fail_and_name_the_limit(
    pool: QueryPool, many: Generation, results: str
) -> None:
    """Before the first piece they are refused, afterwards the answer is cut."""
    few, several = (
        QueryReader("x", Share(seconds=20, bytes=10**9, rows=rows)) for rows in (9, 9_000)
    )
    request = WorkerRequest("SELECT * { ?s ?p ?o } LIMIT 10", results=results)
    with pytest.raises(AnswerTooLarge, match="more than 9 rows"):
        pool.ask(many.open_store, request, few)
    assert body(pool.ask(many.open_store, request, several))
    answer = pool.ask(many.open_store, replace(request, query="SELECT * { ?s ?p ?o }"), several)
    with pytest.raises(AnswerTooLarge, match="more than 9000 rows"):
        body(answer)


def test_the_seconds_of_a_worker_are_told_to_who_charges_them(
    pool: QueryPool, many: Generation
) -> None:
    """Also of a query that fails."""
    told: list[float] = []
    asker = QueryReader("x", Share(seconds=0.5, bytes=10**9), told.append)
    assert body(pool.ask(many.open_store, WorkerRequest("ASK {}"), asker))
    with pytest.raises(LimitError, match=r"more than 0\.5 seconds"):
        pool.ask(many.open_store, WorkerRequest(SLOW), asker)
    assert told[0] < 0.5 <= told[1] < 1


def test_an_answer_that_nobody_reads_frees_its_turn(many: Generation) -> None:
    """A reader who hangs up, or forgets, holds no worker."""
    with QueryPool(replace(LIMITS, workers=1, long=0, queue=1)) as pool:
        pool.ask(many.open_store, WorkerRequest("SELECT * { ?s ?p ?o }"))
        gc.collect()
        assert body(pool.ask(many.open_store, WorkerRequest("ASK {}")))


def test_answers_left_unread_are_closed_whenever_they_are_collected(
    pool: QueryPool, generation: Generation
) -> None:
    """A collector that runs where a lock is held waits for none."""
    asker = QueryReader("x", Share(seconds=10, bytes=10_000, parallel=1))
    answer = pool.ask(generation.open_store, WorkerRequest(ALL), asker)
    with pool._lock, pool._turns._lock:  # noqa: SLF001
        del answer
        gc.collect()
    assert body(pool.ask(generation.open_store, WorkerRequest("ASK {}"), asker))


def test_a_small_answer_frees_its_worker_before_it_is_read(
    pool: QueryPool, generation: Generation
) -> None:
    """A slow reader of a small answer is no burden."""
    answer = pool.ask(generation.open_store, WorkerRequest(ALL))
    assert not pids_at_work(pool)
    assert values(answer) == ["open", "other"]


def test_many_readers_share_few_workers(generation: Generation) -> None:
    """Thirty threads are all answered by as many workers as may be."""
    with QueryPool(LIMITS) as pool, ThreadPoolExecutor(30) as readers:
        answers = readers.map(
            lambda _: values(pool.ask(generation.open_store, WorkerRequest(ALL))), range(200)
        )
        assert list(answers) == [["open", "other"]] * 200
        assert len(pids(pool, generation.open_store)) <= 2 * LIMITS.workers


def test_workers_of_an_earlier_generation_wait_while_it_is_kept_and_there_is_room(
    pool: QueryPool, generation: Generation, tmp_path: Path
) -> None:
    """Asking now one, now another starts none anew; the oldest give way to a third store's."""
    newer = build(tmp_path / "data", GenerationContent({}))
    stores = (generation.open_store, newer.open_store)
    first, second = (pids(pool, store) for store in stores)
    assert [pids(pool, store) for store in (*stores, *stores)] == [first, second, first, second]
    assert values(pool.ask(newer.open_store, WorkerRequest(ALL))) == []
    pids(pool, newer.members_store)
    assert not first & pids(pool, generation.open_store)


def test_workers_of_a_deleted_generation_are_retired(
    pool: QueryPool, generation: Generation, tmp_path: Path
) -> None:
    """The first query of a new generation ends what served the old one, which lets go of it."""
    old = pids(pool, generation.open_store)
    newer = build(tmp_path / "data", GenerationContent({}), keep=1)
    assert values(pool.ask(newer.open_store, WorkerRequest(ALL))) == []
    for pid in old:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_closed_pool_leaves_no_process(generation: Generation, many: Generation) -> None:
    """Closing ends idle workers, and those at work."""
    pool = QueryPool(LIMITS)
    idle = pids(pool, generation.open_store)
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(pool.ask, many.open_store, WorkerRequest(SLOW))
        await_work(pool)
        busy = pids_at_work(pool)
        pool.close()
        with pytest.raises(WorkerDied):
            slow.result()
    for pid in idle | busy:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    with pytest.raises(StoreError, match="closed"):
        pool.ask(many.open_store, WorkerRequest(ALL))


def test_a_query_stands_back_for_its_work_and_not_for_its_waiting(
    pool: QueryPool, many: Generation
) -> None:
    """On a busy machine a small one that waited would starve behind everybody."""
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(pool.ask, many.open_store, WorkerRequest(SLOW))
        await_work(pool)
        (pid,) = pids_at_work(pool)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.3)
        assert os.getpriority(os.PRIO_PROCESS, pid) == 0
        os.kill(pid, signal.SIGCONT)
        while not os.getpriority(os.PRIO_PROCESS, pid):
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerDied):
            slow.result()


@pytest.mark.skipif(not may_be_restored(), reason="no priority can be restored here")
def test_a_worker_that_stood_back_for_a_while_answers_the_next_query(
    pool: QueryPool, many: Generation
) -> None:
    """With the priority that it had."""
    (pid,) = before = pids(pool, many.open_store)
    with ThreadPoolExecutor(1) as other:
        answer = other.submit(pool.ask, many.open_store, WorkerRequest(A_WHILE))
        while os.getpriority(os.PRIO_PROCESS, pid) != LAST:
            assert not answer.done()
        assert body(answer.result())
    assert pids(pool, many.open_store) == before
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)


def pids(pool: QueryPool, store: Path) -> set[int]:
    """Ask a store once, and give the processes that wait for its next query."""
    body(pool.ask(store, WorkerRequest("ASK {}")))
    return {worker.pid for known, worker in pool._idle if known == store}  # noqa: SLF001


def await_work(pool: QueryPool) -> None:
    """Wait until a process is answering."""
    while not pids_at_work(pool):
        time.sleep(0.01)


def pids_at_work(pool: QueryPool) -> set[int]:
    """Give the processes that are answering."""
    return {worker.pid for worker in pool._busy}  # noqa: SLF001
