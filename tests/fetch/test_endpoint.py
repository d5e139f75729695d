"""The one store of the settings is spoken to, with its password, again while it is busy."""

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
    """A store that answers what it is told to, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on a port of the machine's choice."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []

    def remote(self, scheme: str = "http") -> RemoteStore:
        """Give the settings that lead here."""
        place = f"{scheme}://127.0.0.1:{self.server_port}"
        return RemoteStore(f"{place}/query", f"{place}/update", f"{place}/graphs", tries=3)


class _Handler(BaseHTTPRequestHandler):
    """Answers as its server says, else well."""

    server: Store

    def do_POST(self) -> None:
        """Keep what was sent, then answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, dict(self.headers), body))
        status, headers = self.server.answers.pop(0) if self.server.answers else (200, {})
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
    """Run a store on loopback, where nothing else may be called."""
    with Store() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def asked(settings: RemoteStore, secret: str = "") -> bytes:
    """Ask one query; give the answer."""
    with closing(Endpoint(settings, secret)) as endpoint:
        return endpoint.query("ASK {}", ["g:a"], ["g:b"], "*/*").read()


def test_both_lists_of_the_dataset_go_with_a_query(store: Store) -> None:
    """They are in the form, where no length is too great."""
    assert asked(store.remote()) == EMPTY
    _, path, _, body = store.got[0]
    assert path == "/query"
    told = {"query": ["ASK {}"], "default-graph-uri": ["g:a"], "named-graph-uri": ["g:b"]}
    assert parse_qs(body.decode()) == told


@pytest.mark.parametrize(
    ("authentication", "header"), [("basic", "Basic bWU6cHc="), ("bearer", "Bearer pw")]
)
def test_a_password_or_a_token_goes_along(store: Store, authentication: str, header: str) -> None:
    """It is in the header alone."""
    asked(replace(store.remote(), user="me", authentication=authentication), "pw")
    assert store.got[0][2]["Authorization"] == header


def test_a_busy_store_is_asked_again_and_then_believed(store: Store) -> None:
    """As often as the settings say, with a pause."""
    store.answers = [(503, {}), (502, {})]
    assert asked(store.remote()) == EMPTY
    assert len(store.got) == 3
    store.answers = [(503, {})] * 3
    with pytest.raises(FetchError, match="answered 503"):
        asked(store.remote())


def test_an_update_is_sent_once(store: Store) -> None:
    """Whoever sent it twice might undo what another did in between."""
    store.answers = [(503, {})]
    with closing(Endpoint(store.remote())) as endpoint, pytest.raises(FetchError):
        endpoint.update("CLEAR ALL")
    assert len(store.got) == 1


def test_a_graph_is_replaced_by_its_first_piece_and_gets_the_others(store: Store) -> None:
    """A piece that meets a busy store is sent again."""
    store.answers = [(200, {}), (503, {})]
    with closing(Endpoint(store.remote())) as endpoint:
        endpoint.put("http://x/é", iter([b"1", b"2"]))
    assert [(one[0], one[3]) for one in store.got] == [("PUT", b"1"), *[("POST", b"2")] * 2]
    assert {one[1] for one in store.got} == {"/graphs?graph=http%3A%2F%2Fx%2F%C3%A9"}


@pytest.mark.parametrize("header", ["X-SPARQL-MaxRows", "X-SQL-State"])
def test_an_answer_that_was_cut_short_is_none(store: Store, header: str) -> None:
    """Virtuoso says so in a header, beside a status that sounds well."""
    store.answers = [(200, {header: "10000"})]
    with pytest.raises(FetchError, match=header):
        asked(store.remote())


def test_a_store_leads_nowhere_else(store: Store) -> None:
    """Its redirects are not followed, with the password or without."""
    store.answers = [(302, {"Location": f"http://127.0.0.1:{store.server_port}/elsewhere"})]
    with pytest.raises(FetchError, match="302"):
        asked(store.remote())
    assert len(store.got) == 1


def test_nothing_but_the_store_may_be_called(store: Store) -> None:
    """Not another port of its machine, nor a public one."""
    with closing(Endpoint(store.remote())) as endpoint:
        for other in (f"http://127.0.0.1:{store.server_port - 1}/", "http://9.9.9.9/"):
            with pytest.raises(AddressError, match="not the store"):
                endpoint._asking.get(other)  # noqa: SLF001 - there is no other way to try


def test_a_store_that_is_not_there_is_told(store: Store) -> None:
    """After all tries."""
    settings = replace(store.remote(), query="http://127.0.0.1:1/", tries=2)
    with pytest.raises(FetchError, match="refused"):
        asked(settings)


def test_tls_is_checked_against_the_authority_of_the_settings(store: Store, tmp_path: Path) -> None:
    """A certificate of one's own authority is good where it is named, and nowhere else."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=store"
    names = [
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run([openssl, *words.split(), *names], check=True, capture_output=True)  # noqa: S603
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    store.socket = context.wrap_socket(store.socket, server_side=True)
    with pytest.raises(FetchError, match="certificate"):
        asked(replace(store.remote("https"), tries=1))
    assert asked(replace(store.remote("https"), ca_file=str(certificate))) == EMPTY


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": "ftp://store.example/"},
        {"update": "http://store.example/update"},
        {"query": "http://store.example/", "authentication": "magic"},
        {"query": "http://store.example/", "tries": 0},
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, str]) -> None:
    """Before anything is called."""
    with pytest.raises(UsageError, match="remote"):
        RemoteStore(**wrong)  # type: ignore[arg-type] # as a file would give them


def test_a_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    """A file that is not there is told."""
    file = tmp_path / "password"
    with pytest.raises(UsageError, match="cannot be read"):
        RemoteStore("http://store.example/", password_file=str(file)).secret()
    file.write_text("secret\n")
    assert RemoteStore("http://store.example/", password_file=str(file)).secret() == "secret"
