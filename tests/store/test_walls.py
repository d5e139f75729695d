"""Should the parser miss a SERVICE, the restrictions keep the engine from any server."""

import sys
from pathlib import Path
from typing import Protocol

import pytest

from parvis.store.generation.generation import Generation
from parvis.store.query.pool import QueryPool
from parvis.store.query.request import WorkerRequest
from tests.processes import ask, child

ENGINE = """
import json
from pyoxigraph import QueryResultsFormat, Store
from parvis.sandbox.child import Channel
from parvis.sandbox.walls import raise_walls
channel = Channel()
while (body := channel.receive()) is not None:
    request = json.loads(body)
    if request['walled']:
        raise_walls(writable=())
    try:
        store = Store.read_only(request['store'])
        result = repr(store.query(request['query']).serialize(format=QueryResultsFormat.JSON))
    except (OSError, RuntimeError) as error:
        result = 'refused: ' + str(error)
    channel.send(json.dumps(result).encode())
    channel.end()
"""


class Server(Protocol):
    """The used part of the server on loopback."""

    server_port: int
    calls: int


def write_disguised_queries(address: str) -> list[str]:
    """Write queries that the engine runs as calls to another endpoint."""
    return [
        f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ service silent <{address}> {{ ?s ?p ?o }} }}",
        f"ASK {{ FILTER EXISTS {{ SERVICE <{address}> {{ ?s ?p ?o }} }} }}",
        f"PREFIX a: <{address}> SELECT * {{ SERVICE a: {{ ?s ?p ?o }} }}",
        f"BASE <{address}> SELECT * {{ {{ SELECT * {{ SERVICE<>{{ ?s ?p ?o }} }} }} }}",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_a_restricted_engine_calls_no_server(server: Server, generation: Generation) -> None:
    """The same queries, sent to the engine directly, reach the server without restrictions only."""
    queries = write_disguised_queries(f"http://127.0.0.1:{server.server_port}/sparql")
    opening = {"store": str(generation.open_store)}
    for walled in (False, True):
        for query in queries:
            before = server.calls
            with child(ENGINE) as worker:
                ask(worker, opening | {"query": query, "walled": walled}, 20)
            assert (server.calls > before) is not walled, query


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_a_query_worker_is_restricted(pool: QueryPool, generation: Generation) -> None:
    """The process is filtered, and may start no program with more rights."""
    b"".join(pool.ask(generation.open_store, WorkerRequest("ASK {}")).chunks)
    for _, worker in pool._idle:  # noqa: SLF001
        status = Path(f"/proc/{worker.pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status
        assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text().strip() == "1000"
