"""The least that a look-up costs behind a WSGI server: no check, no limit, no record, no cache.

Run ``python bare_server.py STORE PORT [process]``: the engine in the serving process, or with
``process`` in one of its own, asked as parvis asks it. Not for readers: any query reads all.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote_plus

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from pyoxigraph import QueryResultsFormat, Store

from parvis.sandbox.lane import Lane
from parvis.store.query.request import WorkerRequest
from parvis.vocab.namespaces import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from pyoxigraph import QuerySolutions

MODULE = "parvis.store.query.query_process"
MEMORY, SECONDS, ROWS = 4_000_000_000, 10.0, 10_000


def evaluate_here(folder: str) -> "Callable[[str], bytes]":
    """Return what evaluates a SELECT query in this process."""
    store = Store.read_only(folder)

    def evaluate(query: str) -> bytes:
        results = cast("QuerySolutions", store.query(query, use_default_graph_as_union=True))
        return results.serialize(format=QueryResultsFormat.JSON) or b""

    return evaluate


def evaluate_in_process(folder: str) -> "Callable[[str], bytes]":
    """Return what has a process evaluate a query."""
    lane = Lane(MODULE, folder)
    opening = json.dumps({"memory": MEMORY, "prefixes": PREFIXES}).encode()
    lane.begin(opening, WorkerRequest("ASK {}").to_frame(SECONDS, 0), SECONDS)

    def evaluate(query: str) -> bytes:
        answer = lane.ask(WorkerRequest(query).to_frame(SECONDS, ROWS))
        if answer is None:
            raise TimeoutError(query)
        return answer[0][1]

    return evaluate


def app() -> "WSGIApplication":
    """Create the application, in granian's worker, which has the command line of its parent."""
    folder, _, *process = sys.argv[1:]
    evaluate = evaluate_in_process(folder) if process else evaluate_here(folder)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        body = evaluate(unquote_plus(environ["QUERY_STRING"].removeprefix("query=")))
        headers = [("Content-Type", "application/sparql-results+json")]
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return answer


if __name__ == "__main__":
    Granian(
        f"{Path(__file__).stem}:app",
        factory=True,
        interface=Interfaces.WSGI,
        port=int(sys.argv[2]),
        workers=1,
        blocking_threads=64,
        http=HTTPModes.http1,
        log_level=LogLevels.error,
    ).serve()
