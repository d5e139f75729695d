"""A SPARQL service of another site, on loopback: it answers from a store, or badly."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs

import pyoxigraph as ox

JSON = "application/sparql-results+json"


class Service(ThreadingHTTPServer):
    """A service that keeps all that it receives; `answer` replaces its answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = ox.Store()
        self.received: list[str] = []
        self.heads: list[str] = []
        self.answer: Callable[[BaseHTTPRequestHandler, str], None] = self.evaluate
        self.address = f"http://127.0.0.1:{self.server_port}/sparql"

    def evaluate(self, to: BaseHTTPRequestHandler, query: str) -> None:
        """Answer as a service should."""
        results = cast("ox.QuerySolutions", self.store.query(query))
        self.send(to, results.serialize(format=ox.QueryResultsFormat.JSON) or b"")

    def send(
        self, to: BaseHTTPRequestHandler, body: bytes, kind: str = JSON, status: int = 200
    ) -> None:
        to.send_response(status)
        to.send_header("Content-Type", kind)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def answers(self, body: bytes, kind: str = JSON, status: int = 200) -> None:
        """Answer every query by one body."""
        self.answer = lambda to, _query: self.send(to, body, kind, status)

    def redirects(self, address: str) -> None:
        def answer(to: BaseHTTPRequestHandler, _query: str) -> None:
            to.send_response(307)
            to.send_header("Location", address)
            to.send_header("Content-Length", "0")
            to.end_headers()

        self.answer = answer

    def drips(self, seconds: float) -> None:
        """Send a byte now and then."""

        def answer(to: BaseHTTPRequestHandler, _query: str) -> None:
            to.send_response(200)
            to.send_header("Content-Type", JSON)
            to.send_header("Content-Length", "100000")
            to.end_headers()
            for _ in range(int(seconds / 0.05)):
                to.wfile.write(b" ")
                time.sleep(0.05)

        self.answer = answer

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing of clients that leave."""


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heads.append(f"{self.requestline}\n{self.headers}")
        query = parse_qs(body)["query"][0]
        self.server.received.append(query)
        self.server.answer(self, query)

    def do_GET(self) -> None:
        self.server.heads.append(f"{self.requestline}\n{self.headers}")
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Print nothing."""


@contextmanager
def serving_service() -> Iterator[Service]:
    """Run a service."""
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.02,))
        thread.start()
        yield service
        service.shutdown()
        thread.join()
