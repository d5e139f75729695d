"""Only the store of the settings is contacted, with its credentials, and again while it is busy."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from parvis.config import RemoteStore
from parvis.errors import AddressError, FetchError, UsageError
from parvis.fetch.endpoint import Endpoint

EMPTY = b'{"head": {"vars": []}, "results": {"bindings": []}}'


class Store(ThreadingHTTPServer):
    """A store that answers as prepared and records its requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.responses: list[tuple[int, dict[str, str]]] = []
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []

    def settings(self, scheme: str = "http") -> RemoteStore:
        """Return the settings that lead to this server."""
        return RemoteStore(open=(f"{scheme}://127.0.0.1:{self.server_port}",), tries=3)


class _Handler(BaseHTTPRequestHandler):
    server: Store

    def do_POST(self) -> None:
        """Record the request, then send the next prepared answer, else 200."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        status, headers = self.server.responses.pop(0) if self.server.responses else (200, {})
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(EMPTY)))
        self.end_headers()
        self.wfile.write(EMPTY)

    do_PUT = do_DELETE = do_POST  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


@pytest.fixture
def store() -> Iterator[Store]:
    """Run a store on loopback."""
    with Store() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def run_query(settings: RemoteStore, secret: str = "") -> bytes:
    """Run one query; return its results."""
    with closing(Endpoint(settings, settings.open[0], secret=secret)) as endpoint:
        return endpoint.query("ASK {}", (["g:a"], ["g:b"]), "*/*").read()


def open_endpoint(store: Store) -> Endpoint:
    settings = store.settings()
    return Endpoint(settings, settings.open[0])


def test_a_query_over_all_names_no_graph(store: Store) -> None:
    """It has the parameter by which the engine reads all."""
    with closing(open_endpoint(store)) as endpoint:
        endpoint.query("ASK {}", None, "*/*").close()
    assert store.requests[0][1] == "/query?union-default-graph="
    assert store.requests[0][3] == b"query=ASK+%7B%7D"


def test_a_query_says_how_long_the_engine_may_work(store: Store) -> None:
    settings = replace(store.settings(), engine="rdf4j")
    with closing(Endpoint(settings, settings.open[0])) as endpoint:
        endpoint.query("ASK {}", None, "*/*", 9.6).close()
    assert store.requests[0][1] == "/?timeout=10"


def test_a_query_is_sent_with_both_graph_lists_of_its_dataset(store: Store) -> None:
    """They are sent in the form, which has no length limit."""
    assert run_query(store.settings()) == EMPTY
    _, path, _, body = store.requests[0]
    assert path == "/query"
    form = {"query": ["ASK {}"], "default-graph-uri": ["g:a"], "named-graph-uri": ["g:b"]}
    assert parse_qs(body.decode()) == form


@pytest.mark.parametrize(
    ("authentication", "header"), [("basic", "Basic bWU6cHc="), ("bearer", "Bearer pw")]
)
def test_a_password_or_token_is_sent(store: Store, authentication: str, header: str) -> None:
    """It is sent in the header only."""
    run_query(replace(store.settings(), user="me", authentication=authentication), "pw")
    assert store.requests[0][2]["Authorization"] == header


def test_a_busy_store_is_tried_again_a_few_times(store: Store) -> None:
    """As often as the settings allow, with a pause."""
    store.responses = [(503, {}), (502, {})]
    assert run_query(store.settings()) == EMPTY
    assert len(store.requests) == 3
    store.responses = [(503, {})] * 3
    with pytest.raises(FetchError, match="answered 503"):
        run_query(store.settings())


def test_an_update_is_sent_only_once(store: Store) -> None:
    """A repeated update might undo what another client did in between."""
    store.responses = [(503, {})]
    with closing(open_endpoint(store)) as endpoint, pytest.raises(FetchError):
        endpoint.clear()
    assert len(store.requests) == 1


def test_a_graph_is_replaced_by_the_first_piece_and_extended_by_the_others(store: Store) -> None:
    """A piece refused by a busy store is sent again."""
    store.responses = [(200, {}), (503, {})]
    with closing(open_endpoint(store)) as endpoint:
        endpoint.put("http://x/é", iter([b"1", b"2"]))
    assert [(request[0], request[3]) for request in store.requests] == [
        ("PUT", b"1"),
        *[("POST", b"2")] * 2,
    ]
    assert {request[1] for request in store.requests} == {"/store?graph=http%3A%2F%2Fx%2F%C3%A9"}


@pytest.mark.parametrize("header", ["X-SPARQL-MaxRows", "X-SQL-State"])
def test_a_truncated_result_is_an_error(store: Store, header: str) -> None:
    """Virtuoso reports it in a header, next to a status of 200."""
    store.responses = [(200, {header: "10000"})]
    with pytest.raises(FetchError, match=header):
        run_query(store.settings())


def test_redirects_of_a_store_are_not_followed(store: Store) -> None:
    """Redirects are not followed, with or without the password."""
    store.responses = [(302, {"Location": f"http://127.0.0.1:{store.server_port}/elsewhere"})]
    with pytest.raises(FetchError, match="302"):
        run_query(store.settings())
    assert len(store.requests) == 1


def test_only_the_store_can_be_called(store: Store) -> None:
    """Neither another port of its machine nor a public address."""
    with closing(open_endpoint(store)) as endpoint:
        for url in (f"http://127.0.0.1:{store.server_port - 1}/", "http://9.9.9.9/"):
            with pytest.raises(AddressError, match="not the store"):
                endpoint._query_session.get(url)  # noqa: SLF001 - there is no other way to try


def test_an_unreachable_store_is_an_error(store: Store) -> None:
    """After all tries."""
    settings = replace(store.settings(), open=("http://127.0.0.1:1",), tries=2)
    with pytest.raises(FetchError, match="refused"):
        run_query(settings)


def test_the_certificate_is_checked_against_the_authority_of_the_settings(
    store: Store, tmp_path: Path
) -> None:
    """A private authority is trusted only where the settings name it."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=store"
    files = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run([openssl, *options.split(), *files], check=True, capture_output=True)  # noqa: S603
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    store.socket = context.wrap_socket(store.socket, server_side=True)
    with pytest.raises(FetchError, match="certificate"):
        run_query(replace(store.settings("https"), tries=1))
    assert run_query(replace(store.settings("https"), ca_file=str(certificate))) == EMPTY


@pytest.mark.parametrize(
    "values",
    [
        {"open": ("ftp://store.example/",)},
        {"open": ("http://store.example/",), "members": ("http://store.example",)},
        {"open": ("http://store.example/",), "authentication": "magic"},
        {"open": ("http://store.example/",), "tries": 0},
        {"open": ("http://store.example/",), "engine": "magic"},
    ],
)
def test_invalid_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="remote"):
        RemoteStore(**values)  # type: ignore[arg-type] # as a file would give them


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    with pytest.raises(UsageError, match="cannot be read"):
        RemoteStore(open=("http://store.example/",), password_file=str(file)).secret()
    file.write_text("secret\n")
    assert (
        RemoteStore(open=("http://store.example/",), password_file=str(file)).secret() == "secret"
    )
