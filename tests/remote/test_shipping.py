"""A generation comes whole to another store, or not at all, whatever breaks meanwhile."""

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
from parvis.store.generation.change_over import ChangeOver, is_changing
from parvis.store.generation.generation import build, current, numbers
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
    content,
    our_site,
    shipped,
)
from tests.remote.engines import virtuoso
from tests.remote.test_contract import told

FEW = {graph: lines for graph, lines in LINES.items() if graph != MANY}
NAMES = "SELECT ?name { ?s schema:name ?name }"


class Breaking(Endpoint):
    """An endpoint that notes which graphs are written, and breaks where it is told to."""

    def __init__(self, remote: RemoteStore, before: str = "", after: str = "") -> None:
        """Break before or after a call of this name, which is done in the second case."""
        super().__init__(remote, remote.secret())
        self.written: list[str] = []
        self._before, self._after = before, after

    def put(self, graph: str, pieces: Iterable[bytes]) -> None:
        """Write a graph."""
        self._break("put", self._before)
        self.written.append(graph)
        super().put(graph, iter(pieces))

    def update(self, text: str) -> None:
        """Change the store."""
        self._break("update", self._before)
        super().update(text)
        self._break("update", self._after)

    def _break(self, call: str, where: str) -> None:
        """Break here, as a cable would, or a kill."""
        if where == call:
            raise FetchError("{address} cannot be fetched: {reason}", address="x", reason="cut")
        if where == f"{call} killed":
            raise KeyboardInterrupt


@pytest.fixture
def folder(tmp_path: Path, server: RemoteStore) -> Iterator[Path]:
    """Give a folder from which a first generation has been published."""
    shipped(tmp_path / "data", content(tmp_path, FEW), server)
    yield tmp_path
    (tmp_path / "data" / "remote.json").unlink(missing_ok=True)


def publish(endpoint: Endpoint, folder: Path, name: str) -> None:
    """Publish a generation in which one open thing has another name, and nothing is hidden."""
    lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "{name}" .']}
    build(folder / "data", content(folder, lines), maker=RemotePublisher(endpoint, BASE, 100))


def names(remote: RemoteStore) -> list[bytes]:
    """Tell what the store calls things in the open graph."""
    with closing(Endpoint(remote, remote.secret())) as endpoint:
        return told(RemoteEngine(endpoint), NAMES, QueryDataset.of([OPEN, HIDDEN]))


def test_only_what_has_changed_is_sent(folder: Path, server: RemoteStore) -> None:
    """A second publication of the same sends what the canary says, and nothing else."""
    endpoint = Breaking(server)
    build(folder / "data", content(folder, FEW), maker=RemotePublisher(endpoint, BASE, 100))
    assert len(endpoint.written) == 1
    assert current(folder / "data").number == 2
    assert not is_changing(folder / "data")


def test_what_a_generation_lacks_is_gone(folder: Path, server: RemoteStore) -> None:
    """Its graphs are dropped in the same request."""
    publish(Breaking(server), folder, "second")
    assert len(names(server)) == 1
    assert b"second" in names(server)[0]


@pytest.mark.parametrize("where", ["put", "update"])
def test_a_publication_that_fails_leaves_what_was_there(
    folder: Path, server: RemoteStore, where: str
) -> None:
    """There and here; the next one succeeds."""
    before = names(server)
    with pytest.raises(FetchError, match="cut"):
        publish(Breaking(server, before=where), folder, "failed")
    assert names(server) == before
    assert numbers(folder / "data") == [1]
    assert not ChangeOver.read(folder / "data").between
    publish(Breaking(server), folder, "next")
    assert b"next" in names(server)[0]


def test_an_update_whose_answer_is_lost_counts_as_done(folder: Path, server: RemoteStore) -> None:
    """The store is asked what it holds."""
    publish(Breaking(server, after="update"), folder, "lost")
    assert current(folder / "data").number == 2
    assert b"lost" in names(server)[0]


@pytest.mark.parametrize(("where", "done"), [("before", False), ("after", True)])
def test_a_publication_that_is_killed_is_ended_by_the_next(
    folder: Path, server: RemoteStore, where: str, *, done: bool
) -> None:
    """Until then whoever serves knows that either generation may be there."""
    with pytest.raises(KeyboardInterrupt):
        publish(Breaking(server, **{where: "update killed"}), folder, "killed")
    under_way = ChangeOver.read(folder / "data")
    assert (under_way.former, under_way.new) == (1, 2)
    assert (b"killed" in b"".join(names(server))) == done
    publish(Breaking(server), folder, "next")
    assert b"next" in names(server)[0]
    assert not is_changing(folder / "data")
    assert numbers(folder / "data") == ([1, 2, 3] if done else [1, 3])


def test_triples_that_do_not_arrive_are_missed(folder: Path, server: RemoteStore) -> None:
    """A store that takes a graph and keeps nothing of it is not believed."""

    class Forgetful(Breaking):
        def put(self, graph: str, pieces: Iterable[bytes]) -> None:
            """Take the pieces."""
            super().put(graph, (b"" for _ in pieces))

    with pytest.raises(StoreError, match="0 triples arrived"):
        publish(Forgetful(server), folder, "forgotten")


def test_a_store_that_hides_the_canary_may_be_served_from(
    folder: Path, server: RemoteStore
) -> None:
    """It was asked all that a reader could ask."""
    del folder
    with closing(Endpoint(server, server.secret())) as endpoint:
        prove(endpoint, BASE)
        assert RemoteContent.read(endpoint, BASE).sources.keys() == FEW.keys()


def test_a_store_that_takes_no_notice_of_a_dataset_is_not_served_from(tmp_path: Path) -> None:
    """It shows the canary to whoever does not ask for it."""
    shown = {canary_graph(BASE): [f'<{canary(BASE)}> <{IDENTIFIER.value}> "a digest" .']}
    with our_site(tmp_path, shown, heedless=True) as remote:
        endpoint = Endpoint(remote)
        with pytest.raises(StoreError, match="shows a hidden graph"):
            prove(endpoint, BASE)
    (tmp_path / "heeding").mkdir()
    with our_site(tmp_path / "heeding", shown) as remote:
        prove(Endpoint(remote), BASE)


def test_a_store_without_a_canary_proves_nothing(folder: Path, server: RemoteStore) -> None:
    """That of another pool is none of this one's."""
    del folder
    with (
        closing(Endpoint(server, server.secret())) as endpoint,
        pytest.raises(StoreError, match="publish"),
    ):
        prove(endpoint, "http://other.example/")


def test_a_store_that_would_cut_an_answer_is_not_believed(tmp_path: Path) -> None:
    """Virtuoso stops at its own limit of rows: that is an error, never an answer."""
    (tmp_path / "engine").mkdir()
    with virtuoso(tmp_path / "engine", rows=2) as remote:
        endpoint = Endpoint(remote, remote.secret())
        endpoint.put(OPEN, iter([b"<a:> <b:> 1, 2, 3 .\n"]))
        with pytest.raises(FetchError, match="MaxRows"):
            endpoint.query("SELECT * { ?s ?p ?o }", [OPEN], [OPEN], "application/json")
        with pytest.raises(FetchError, match="401"):
            Endpoint(replace(remote, user="nobody"), "x").update("CLEAR GRAPH <http://x/>")


def test_blank_nodes_are_named_where_n_triples_has_them_and_nowhere_else() -> None:
    """In a text they are text."""
    lines = b'_:a <p:> _:b1 .\n<s:> <p:> "_:x . _:y <z>"@fr .\n_:b1 <p:> "_:q" .\n'
    assert skolemise(lines, "g:") == (
        b'<g:a> <p:> <g:b1> .\n<s:> <p:> "_:x . _:y <z>"@fr .\n<g:b1> <p:> "_:q" .\n'
    )


class _Liar(BaseHTTPRequestHandler):
    """A store that answers every request alike."""

    answer: bytes = b""
    kind = "application/sparql-results+json"

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_PUT = do_DELETE = do_POST  # noqa: N815 - HTTP's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


def answers() -> Iterator[bytes]:
    """Give answers that are none, and some that say what they should not."""
    yield from (b"", b"<html>", b"[]", b'{"head": {}}', b"[" * 99_999, b'{"boolean": "x"}')
    yield b'{"head": {"vars": []}, "results": {"bindings": [{}]}}'
    for count in ("-1", "x", "9" * 5000, "1e99", "NaN"):
        term = f'{{"type": "literal", "value": "{count}"}}'
        yield (
            f'{{"head": {{"vars": ["n", "graph", "name"]}}, "results": {{"bindings": '
            f'[{{"n": {term}, "graph": {term}, "name": {term}}}]}}}}'
        ).encode()


@pytest.mark.parametrize("answer", list(answers()), ids=lambda answer: ascii(answer[:30]))
def test_a_store_that_lies_fails_the_publication_and_nothing_else(
    tmp_path: Path, answer: bytes
) -> None:
    """No traceback, no generation; what it says is no number and no name until it is read so."""
    handler = type("Handler", (_Liar,), {"answer": answer})
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
