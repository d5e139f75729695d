"""A generation is published to a remote store completely or not at all, despite failures."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from parvis.config import RemoteStore
from parvis.errors import FetchError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.store.generation.generation import build, current, numbers
from parvis.store.generation.state_files import ChangeOver, is_changing
from parvis.store.query.request import QueryDataset
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.shipping import (
    IDENTIFIER,
    RemoteContent,
    RemotePublisher,
    canary,
    canary_graph,
    prove,
    skolemise,
)
from tests.remote.conftest import (
    BASE,
    HIDDEN,
    LINES,
    MANY,
    OPEN,
    serve_our_site,
    ship,
    write_content,
)
from tests.remote.engines import virtuoso
from tests.remote.test_contract import run_query

FEW = {graph: lines for graph, lines in LINES.items() if graph != MANY}
NAMES = "SELECT ?name { ?s schema:name ?name }"


class FailingEndpoint(Endpoint):
    """Record which graphs are written, and fail at a given call."""

    def __init__(self, remote: RemoteStore, before: str = "", after: str = "") -> None:
        """Fail before or after the call of this name; in the second case the call is done."""
        super().__init__(remote, remote.secret())
        self.written: list[str] = []
        self._before, self._after = before, after

    def put(self, graph: str, pieces: Iterable[bytes]) -> None:
        """Write a graph."""
        self._fail("put", self._before)
        self.written.append(graph)
        super().put(graph, iter(pieces))

    def update(self, text: str) -> None:
        """Change the store."""
        self._fail("update", self._before)
        super().update(text)
        self._fail("update", self._after)

    def _fail(self, call: str, where: str) -> None:
        """Fail as a lost connection or a kill would."""
        if where == call:
            raise FetchError("{address} cannot be fetched: {reason}", address="x", reason="cut")
        if where == f"{call} killed":
            raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path: Path, server: RemoteStore) -> Iterator[Path]:
    """Publish a first generation, and return its folder."""
    ship(tmp_path / "data", write_content(tmp_path, FEW), server)
    yield tmp_path
    (tmp_path / "data" / "remote.json").unlink(missing_ok=True)


def publish(endpoint: Endpoint, folder: Path, name: str) -> None:
    """Publish a generation in which an open entity has another name, and no graph is hidden."""
    lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "{name}" .']}
    build(folder / "data", write_content(folder, lines), maker=RemotePublisher(endpoint, BASE, 100))


def list_names(remote: RemoteStore) -> list[bytes]:
    """List the names of entities in the open graph of the store."""
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        return run_query(RemoteEngine(endpoint), NAMES, QueryDataset.of([OPEN, HIDDEN]))


def test_only_changed_graphs_are_sent(folder: Path, server: RemoteStore) -> None:
    """Publishing the same again sends the canary only."""
    endpoint = FailingEndpoint(server)
    build(folder / "data", write_content(folder, FEW), maker=RemotePublisher(endpoint, BASE, 100))
    assert len(endpoint.written) == 1
    assert current(folder / "data").number == 2
    assert not is_changing(folder / "data")


def test_graphs_missing_from_a_generation_are_dropped(folder: Path, server: RemoteStore) -> None:
    """In the same request."""
    publish(FailingEndpoint(server), folder, "second")
    assert len(list_names(server)) == 1
    assert b"second" in list_names(server)[0]


@pytest.mark.parametrize("where", ["put", "update"])
def test_a_failed_publication_leaves_the_former_state(
    folder: Path, server: RemoteStore, where: str
) -> None:
    """In the remote store and locally; the next one succeeds."""
    before = list_names(server)
    with pytest.raises(FetchError, match="cut"):
        publish(FailingEndpoint(server, before=where), folder, "failed")
    assert list_names(server) == before
    assert numbers(folder / "data") == [1]
    assert not ChangeOver.read(folder / "data").is_between
    publish(FailingEndpoint(server), folder, "next")
    assert b"next" in list_names(server)[0]


def test_an_update_whose_response_is_lost_counts_as_done(folder: Path, server: RemoteStore) -> None:
    """The store is asked which graphs it holds."""
    publish(FailingEndpoint(server, after="update"), folder, "lost")
    assert current(folder / "data").number == 2
    assert b"lost" in list_names(server)[0]


@pytest.mark.parametrize(("where", "done"), [("before", False), ("after", True)])
def test_a_killed_publication_is_completed_by_the_next(
    folder: Path, server: RemoteStore, where: str, *, done: bool
) -> None:
    """Until then, servers know that either generation may be there."""
    with pytest.raises(KeyboardInterrupt):
        publish(FailingEndpoint(server, **{where: "update killed"}), folder, "killed")
    under_way = ChangeOver.read(folder / "data")
    assert (under_way.former, under_way.new) == (1, 2)
    assert (b"killed" in b"".join(list_names(server))) == done
    publish(FailingEndpoint(server), folder, "next")
    assert b"next" in list_names(server)[0]
    assert not is_changing(folder / "data")
    assert numbers(folder / "data") == ([1, 2, 3] if done else [1, 3])


def test_missing_triples_are_detected(folder: Path, server: RemoteStore) -> None:
    """A store that accepts a graph but loses its triples is not trusted."""

    class Forgetful(FailingEndpoint):
        def put(self, graph: str, pieces: Iterable[bytes]) -> None:
            super().put(graph, (b"" for _ in pieces))

    with pytest.raises(StoreError, match="0 triples arrived"):
        publish(Forgetful(server), folder, "forgotten")


def test_a_store_that_hides_the_canary_is_accepted(folder: Path, server: RemoteStore) -> None:
    """It was asked all that a reader could ask."""
    del folder
    with closing(Endpoint(server, server.secret())) as endpoint:
        prove(endpoint, BASE)
        assert RemoteContent.read(endpoint, BASE).sources.keys() == FEW.keys()


def test_a_store_that_ignores_the_dataset_of_a_query_is_refused(tmp_path: Path) -> None:
    """It shows the canary in answers about other graphs."""
    canary_lines = {canary_graph(BASE): [f'<{canary(BASE)}> <{IDENTIFIER.value}> "a digest" .']}
    with serve_our_site(tmp_path, canary_lines, heedless=True) as remote:
        endpoint = Endpoint(remote)
        with pytest.raises(StoreError, match="shows a hidden graph"):
            prove(endpoint, BASE)
    (tmp_path / "heeding").mkdir()
    with serve_our_site(tmp_path / "heeding", canary_lines) as remote:
        prove(Endpoint(remote), BASE)


def test_a_store_without_this_pools_canary_is_refused(folder: Path, server: RemoteStore) -> None:
    """The canary of another pool does not count."""
    del folder
    with (
        closing(Endpoint(server, server.secret())) as endpoint,
        pytest.raises(StoreError, match="publish"),
    ):
        prove(endpoint, "http://other.example/")


def test_a_store_that_truncates_an_answer_is_not_trusted(tmp_path: Path) -> None:
    """Virtuoso stops at its own row limit: that is an error, never an answer."""
    (tmp_path / "engine").mkdir()
    with virtuoso(tmp_path / "engine", rows=2) as remote:
        endpoint = Endpoint(remote, remote.secret())
        endpoint.put(OPEN, iter([b"<a:> <b:> 1, 2, 3 .\n"]))
        with pytest.raises(FetchError, match="MaxRows"):
            endpoint.query("SELECT * { ?s ?p ?o }", [OPEN], [OPEN], "application/json")
        with pytest.raises(FetchError, match="401"):
            Endpoint(replace(remote, user="nobody"), "x").update("CLEAR GRAPH <http://x/>")


def test_blank_nodes_of_n_triples_are_skolemised_but_not_in_text() -> None:
    lines = b'_:a <p:> _:b1 .\n<s:> <p:> "_:x . _:y <z>"@fr .\n_:b1 <p:> "_:q" .\n'
    assert skolemise(lines, "g:") == (
        b'<g:a> <p:> <g:b1> .\n<s:> <p:> "_:x . _:y <z>"@fr .\n<g:b1> <p:> "_:q" .\n'
    )


class _LyingStore(BaseHTTPRequestHandler):
    """Answer every request with the same body."""

    answer: bytes = b""
    kind = "application/sparql-results+json"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_PUT = do_DELETE = do_POST  # noqa: N815 - HTTP's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


def list_invalid_answers() -> Iterator[bytes]:
    """List malformed answers, and well-formed ones of wrong content."""
    yield from (b"", b"<html>", b"[]", b'{"head": {}}', b"[" * 99_999, b'{"boolean": "x"}')
    yield b'{"head": {"vars": []}, "results": {"bindings": [{}]}}'
    for count in ("-1", "x", "9" * 5000, "1e99", "NaN"):
        term = f'{{"type": "literal", "value": "{count}"}}'
        yield (
            f'{{"head": {{"vars": ["n", "graph", "name"]}}, "results": {{"bindings": '
            f'[{{"n": {term}, "graph": {term}, "name": {term}}}]}}}}'
        ).encode()


@pytest.mark.parametrize(
    "answer", list(list_invalid_answers()), ids=lambda answer: ascii(answer[:30])
)
def test_an_invalid_answer_fails_the_publication_only(tmp_path: Path, answer: bytes) -> None:
    """No traceback and no generation; counts and names in answers are validated."""
    handler = type("Handler", (_LyingStore,), {"answer": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as lying:
        thread = threading.Thread(target=lying.serve_forever, args=(0.02,))
        thread.start()
        address = f"http://127.0.0.1:{lying.server_port}/"
        remote = RemoteStore(query=address, update=address, graphs=address, tries=1)
        with (
            closing(Endpoint(remote)) as endpoint,
            pytest.raises((FetchError, StoreError)),
        ):
            publish(endpoint, tmp_path, "x")
        lying.shutdown()
        thread.join()
    assert numbers(tmp_path / "data") == []
