"""A generation is published to an engine completely or not at all, despite failures."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from parvis.config import RemoteStore, Settings, knowledge
from parvis.errors import FetchError, StoreError
from parvis.fetch.endpoint import Endpoint
from parvis.pooling.publication.remote import repair_engines
from parvis.store.generation.generation import Generation, build, current, numbers
from parvis.store.generation.replica import FolderOrigin, pull
from parvis.store.generation.state_files import read_changing
from parvis.store.remote.check import check_parts, restore_part
from parvis.store.remote.engine import RemoteEngine
from parvis.store.remote.part import is_held, repository_of
from parvis.store.remote.proof import prove_confinement, prove_whole
from parvis.store.remote.publisher import RemoteStores, empty_idle
from parvis.store.remote.remote_process import open_engine
from parvis.store.remote.repository import Repository, skolemise
from tests.remote.conftest import (
    BASE,
    LINES,
    MANY,
    OPEN,
    OTHER,
    serve_our_site,
    ship,
    write_content,
)
from tests.remote.engines import repositories, virtuoso
from tests.remote.test_contract import run_query

FEW = {graph: lines for graph, lines in LINES.items() if graph != MANY}
NAMES = "SELECT ?name { ?s schema:name ?name }"


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])  # one of each way to send
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RemoteStore]:
    """Run an engine of another maker, with two repositories for what is open to all."""
    with repositories(request.param, tmp_path_factory.mktemp(request.param), {"open": 2}) as remote:
        yield remote


@pytest.fixture
def folder(tmp_path: Path, server: RemoteStore) -> Path:
    """Publish a first generation, and return its folder."""
    ship(tmp_path / "data", write_content(tmp_path, FEW), server)
    return tmp_path


def publish(remote: RemoteStore, folder: Path, name: str) -> Generation:
    """Publish a generation in which an open entity has another name, and no graph is hidden."""
    lines = {OPEN: [f'<{BASE}id/e1> <http://schema.org/name> "{name}" .']}
    return build(folder / "data", write_content(folder, lines), maker=RemoteStores(remote, BASE))


def list_names(remote: RemoteStore, folder: Path) -> list[bytes]:
    """List the names of entities in what readers are answered from."""
    engine = open_engine(remote, current(folder / "data").open_store)
    return run_query(engine, NAMES, None)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the graphs that are written."""
    graphs: list[str] = []
    write = Repository.write

    def record(self: Repository, files: Any, genid: str) -> None:  # noqa: ANN401 - as it is
        graphs.extend(sorted(files))
        write(self, files, genid)

    monkeypatch.setattr(Repository, "write", record)
    return graphs


def test_a_generation_is_published_beside_the_one_that_is_served(
    folder: Path, server: RemoteStore
) -> None:
    """Each publication writes to the repository that readers do not use."""
    first = current(folder / "data")
    second = publish(server, folder, "second")
    assert repository_of(first.open_store) != repository_of(second.open_store)
    assert list_names(server, folder) == [b'?name="second"']
    assert is_held(folder / "data", first.open_store)
    publish(server, folder, "third")
    assert not is_held(folder / "data", first.open_store)
    assert not read_changing(folder / "data")


def test_members_stay_with_the_embedded_store_where_no_engine_is_named(folder: Path) -> None:
    generation = current(folder / "data")
    assert generation.remote_parts().keys() == {"open"}
    assert generation.stores().keys() == {"members"}


def test_only_graphs_that_a_repository_lacks_are_sent(
    folder: Path, server: RemoteStore, written: list[str]
) -> None:
    """The second repository is empty at first; then nothing has changed."""
    for _ in range(2):
        ship(folder / "data", write_content(folder, FEW), server)
    assert len(written) == len([graph for graph in FEW if graph in {OPEN, OTHER}])


FAILURES: dict[str, type[BaseException]] = {"an error": FetchError, "a kill": KeyboardInterrupt}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("step", ["delete", "write", "digests"])
def test_a_failed_publication_leaves_the_former_state_and_the_next_completes_it(
    folder: Path,
    server: RemoteStore,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    failure: type[BaseException],
) -> None:
    """Whatever was reached, before or after the engine has done it."""
    if server.engine != "oxigraph" and (step, failure) != ("write", KeyboardInterrupt):
        pytest.skip("the other combinations differ in nothing that an engine sees")
    publish(server, folder, "former")
    for call_first in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(
                Repository, step, fail(getattr(Repository, step), failure, call_first=call_first)
            )
            with pytest.raises(failure):
                publish(server, folder, f"failed {call_first}")
        assert list_names(server, folder) == [b'?name="former"']
    publish(server, folder, "next")
    assert list_names(server, folder) == [b'?name="next"']
    assert not read_changing(folder / "data")


def fail(
    call: Callable[..., object], failure: type[BaseException], *, call_first: bool
) -> Callable[..., object]:
    """Return a call that fails, before it does anything or after it has done all."""

    def run(*arguments: object, **options: object) -> object:
        if call_first:
            call(*arguments, **options)
        raise failure("cut")

    return run


def test_graphs_of_an_interrupted_publication_are_known_as_parvis_own(
    tmp_path: Path, server: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever their names: the next publication deletes those that it does not have."""
    for address in server.open:
        with closing(Repository(server, address)) as repository:
            repository.delete([*repository.counts(hidden=True)])
    foreign = {"http://other.example/loaded": ["<x:a> <x:b> <x:c> ."], **FEW}
    with monkeypatch.context() as patch:
        patch.setattr(Repository, "digests", fail(Repository.digests, FetchError, call_first=True))
        with pytest.raises(FetchError):
            ship(tmp_path / "data", write_content(tmp_path, foreign), server)
    publish(server, tmp_path, "next")
    assert list_names(server, tmp_path) == [b'?name="next"']


def test_lost_triples_are_sent_again_or_reported(
    folder: Path, server: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that accepts a graph but loses its triples is not trusted."""
    write, calls = Repository.write, []

    def lose_once(self: Repository, graphs: Any, genid: str) -> None:  # noqa: ANN401 - as it is
        calls.append(1)
        if len(calls) > 1:
            write(self, graphs, genid)

    with monkeypatch.context() as patch:
        patch.setattr(Repository, "write", lose_once)
        publish(server, folder, "second")
    assert list_names(server, folder) == [b'?name="second"']
    with monkeypatch.context() as patch:
        patch.setattr(Repository, "write", lambda *_: None)
        with pytest.raises(StoreError, match="0 triples arrived of 1"):
            publish(server, folder, "third")


@pytest.mark.parametrize("digests", [False, True])
def test_what_an_engine_lost_is_found_and_sent_again(
    folder: Path, server: RemoteStore, *, digests: bool
) -> None:
    """A whole graph by its count, a single text by the digest; and what nobody published."""
    data, generation = folder / "data", current(folder / "data")
    address = repository_of(generation.open_store)
    with closing(Endpoint(server, address, secret=server.secret())) as endpoint:
        if digests:
            body = "".join(f"{line}\n" for line in FEW[OTHER]).replace("42", "43")
            endpoint.put(OTHER, [body.encode()])
        else:
            endpoint.delete(OTHER)
        endpoint.put(f"{BASE}graph/a/added", [b"<x:a> <x:b> <x:c> .\n"])
    (check,) = check_parts(data, generation, server, digests=digests)
    # Virtuoso hides what was not granted.
    added = () if server.engine == "virtuoso" else (f"{BASE}graph/a/added",)
    assert (check.graphs, check.added) == ((OTHER,), added)
    settings = Settings(data, knowledge("catalog"), BASE, remote=server)
    restore_part(data, generation.parts["open"], settings, check)
    (check,) = check_parts(data, generation, server, digests=True)
    assert check.is_sound


def test_a_comparison_beside_readers_rests_as_long_as_it_asks(
    folder: Path, server: RemoteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publication and ``parvis verify`` do not."""
    generation, rests = publish(server, folder, "second"), list[float]()
    monkeypatch.setattr("parvis.store.remote.repository.time.sleep", rests.append)
    for gently in (False, True):
        assert not rests
        compare = partial(check_parts, folder / "data", generation, server, digests=True)
        assert all(check.is_sound for check in compare(gently=gently))
    assert min(rests) > 0


def test_a_copy_that_is_behind_does_not_overwrite_what_was_published(
    folder: Path, server: RemoteStore, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It has not published what it serves, and waits for the next pull."""
    copy = tmp_path_factory.mktemp("copy")
    pull(copy, FolderOrigin(folder / "data"))
    settings = Settings(copy, knowledge("catalog"), BASE, remote=server)
    assert repair_engines(settings, digests=True) == []
    for name in ("second", "third"):
        publish(server, folder, name)
    with pytest.raises(StoreError, match="parvis pull"):
        repair_engines(settings, digests=False)
    assert list_names(server, folder) == [b'?name="third"']
    pull(copy, FolderOrigin(folder / "data"))
    assert repair_engines(settings, digests=True) == []


def test_after_an_erasure_idle_repositories_are_empty(folder: Path, server: RemoteStore) -> None:
    publish(server, folder, "second")
    served = repository_of(current(folder / "data").open_store)
    empty_idle(folder / "data", server, BASE, {served})
    assert not read_changing(folder / "data")
    for address in server.open:
        with closing(Repository(server, address)) as repository:
            assert bool(repository.counts()) == (address == served)


def test_graphs_of_others_are_not_deleted(tmp_path: Path, server: RemoteStore) -> None:
    """A repository that is not empty, and holds what parvis has not sent, is refused."""
    for address in server.open:
        with closing(Endpoint(server, address, secret=server.secret())) as endpoint:
            endpoint.put("http://other.example/graph", [b"<x:a> <x:b> <x:c> .\n"])
    with pytest.raises(StoreError, match=r"other\.example"):
        publish(server, tmp_path, "x")
    for address in server.open:
        with closing(Endpoint(server, address, secret=server.secret())) as endpoint:
            endpoint.delete("http://other.example/graph")


def test_a_single_repository_is_changed_in_place(tmp_path: Path, server: RemoteStore) -> None:
    """Until it is whole, it is marked as changing."""
    single = RemoteStore(
        server.engine, server.open[:1], user=server.user, password_file=server.password_file
    )
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
    for name in ("first", "second"):
        publish(single, tmp_path, name)
        assert list_names(single, tmp_path) == [f'?name="{name}"'.encode()]


def test_a_store_that_ignores_the_dataset_of_a_query_is_refused(tmp_path: Path) -> None:
    """It shows a graph in answers about other graphs."""
    with serve_our_site(tmp_path, FEW, heedless=True) as remote:
        heedless = RemoteEngine(Endpoint(remote, remote.members[0]), tuple(FEW))
        with pytest.raises(StoreError, match="shows a hidden graph"):
            prove_confinement(heedless)
    (tmp_path / "heeding").mkdir()
    with serve_our_site(tmp_path / "heeding", FEW) as remote:
        heeding = RemoteEngine(Endpoint(remote, remote.members[0]), tuple(FEW))
        prove_confinement(heeding)
        prove_whole(heeding, "")


def test_a_store_without_what_was_published_is_refused(folder: Path, server: RemoteStore) -> None:
    publish(server, folder, "second")
    address = next(
        a for a in server.open if a != repository_of(current(folder / "data").open_store)
    )
    with closing(Repository(server, address)) as repository:
        repository.delete([*repository.counts()])
        engine = RemoteEngine(repository.endpoint, [OPEN])
        for prove in (prove_confinement, lambda engine: prove_whole(engine, "")):
            with pytest.raises(StoreError, match="publish"):
                prove(engine)


def test_an_engine_without_a_union_of_its_graphs_names_the_settings(
    folder: Path, server: RemoteStore
) -> None:
    if server.engine != "oxigraph":
        pytest.skip("only there is it a parameter")
    endpoint = Endpoint(server, repository_of(current(folder / "data").open_store))
    endpoint.profile = replace(endpoint.profile, whole={})
    with pytest.raises(StoreError, match="--union-default-graph"):
        prove_whole(RemoteEngine(endpoint, [OPEN, OTHER]), server.profile.settings["whole"])


def test_the_reason_of_an_engine_is_reported(server: RemoteStore) -> None:
    """Of a change also, whose answer is otherwise not read."""
    with closing(Endpoint(server, server.open[0], secret=server.secret())) as endpoint:
        with pytest.raises(FetchError, match=r"400: .*(expected|syntax|compiler|Encountered)"):
            endpoint.query("SELECT nonsense", None, "application/json")
        if server.engine != "virtuoso":  # it leaves out what it cannot read
            with pytest.raises(FetchError, match=r"nonsense|Parser"):
                endpoint.put(OPEN, [b"<x:a> <x:b> nonsense .\n"])


def test_a_store_that_truncates_an_answer_is_not_trusted(tmp_path: Path) -> None:
    """Virtuoso stops at its own row limit: that is an error, never an answer."""
    (tmp_path / "password").write_text("dba\n")
    (tmp_path / "engine").mkdir()
    with virtuoso(tmp_path / "engine", rows=2) as running:
        remote = RemoteStore(
            "virtuoso", (running.address,), user="dba", password_file=str(tmp_path / "password")
        )
        endpoint = Endpoint(remote, running.address, secret=remote.secret())
        endpoint.put(OPEN, [b"<a:> <b:> 1, 2, 3 .\n"])
        with pytest.raises(FetchError, match="MaxRows"):
            endpoint.query("SELECT * { ?s ?p ?o }", ([OPEN], [OPEN]), "application/json")
        with pytest.raises(FetchError, match="401"):
            Endpoint(remote, running.address, secret="x").delete(OPEN)  # noqa: S106 - a wrong one


def test_blank_nodes_of_n_triples_are_skolemised_but_not_in_text() -> None:
    lines = b'_:a <p:> _:b1 .\n<s:> <p:> "_:x . _:y <z>"@fr .\n_:b1 <p:> "_:q" .\n'
    assert skolemise(lines, "g:") == (
        b'<g:a> <p:> <g:b1> .\n<s:> <p:> "_:x . _:y <z>"@fr .\n<g:b1> <p:> "_:q" .\n'
    )


def test_blank_nodes_within_statements_about_statements_are_skolemised_too() -> None:
    lines = b'_:a <p:> <<( _:a <p:> <<( <s:> <p:> _:b )>> )>> .\n<s:> <p:> "a <<( _:x"@fr .\n'
    assert skolemise(lines, "g:") == (
        b'<g:a> <p:> <<( <g:a> <p:> <<( <s:> <p:> <g:b> )>> )>> .\n<s:> <p:> "a <<( _:x"@fr .\n'
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
        graph = f'{{"type": "uri", "value": "{OPEN}"}}'
        yield (
            f'{{"head": {{"vars": ["g", "n", "d"]}}, "results": {{"bindings": '
            f'[{{"n": {term}, "g": {graph}, "d": {term}}}]}}}}'
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
        remote = RemoteStore(open=(f"http://127.0.0.1:{lying.server_port}",), tries=1)
        with pytest.raises((FetchError, StoreError)):
            publish(remote, tmp_path, "x")
        lying.shutdown()
        thread.join()
    assert numbers(tmp_path / "data") == []
