"""Slow clients from one address delay nobody else, over real connections to a real server."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse

import pytest

from parvis.config import Settings
from parvis.web.http.connections import MOST
from tests.serving import served

PATIENCE = 60
ATTACKER, OTHER, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Addresses of this machine, each a visitor."""
FORM = "application/x-www-form-urlencoded"
GRACE = 3.0


@pytest.fixture(scope="module")
def port(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the pool on all addresses of the machine, and return the port."""
    catalog = tmp_path_factory.mktemp("slow") / "catalog"
    catalog.mkdir()
    for part in settings.catalog.iterdir():
        if part.name != "parvis.toml":
            (catalog / part.name).symlink_to(part)
    text = (settings.catalog / "parvis.toml").read_text()
    (catalog / "parvis.toml").write_text(f"{text}\n[limits]\nbody_seconds = {GRACE}\n")
    with served(replace(settings, catalog=catalog), host="::") as address:
        yield int(address.rstrip("/").rpartition(":")[2])


def connect(port: int, visitor: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(visitor, 0))


def begin_request(
    port: int, visitor: str, path: str = "/sparql", length: int = 1_000
) -> socket.socket:
    """Send the headers of a request, and the first byte of its body."""
    connection = connect(port, visitor)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {length}"
    connection.sendall(f"{head}\r\n\r\nq".encode())
    return connection


def read_status(connection: socket.socket) -> int:
    """Read the status of the response; 0 if there is none."""
    try:
        line = connection.recv(4_096).split(b" ")
    except ConnectionError:
        return 0
    return int(line[1]) if len(line) > 1 else 0


def get(port: int, visitor: str, path: str = "/health") -> tuple[int, bytes]:
    """Send a request as a visitor."""
    connection = HTTPConnection("127.0.0.1", port, PATIENCE, source_address=(visitor, 0))
    try:
        connection.request("GET", path)
        response: HTTPResponse = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture(autouse=True)
def _calm(port: int) -> None:
    """Wait until the process begins requests: on a busy machine it may be behind (503)."""
    end = time.monotonic() + PATIENCE
    while get(port, OTHER, "/robots.txt")[0] != 200 and time.monotonic() < end:
        time.sleep(0.5)


def test_slow_bodies_of_one_visitor_leave_room_for_others_and_time_out(port: int) -> None:
    """Of six hundred, most are refused unread, the others get 408 when they are overdue.

    Where the process is slow to answer, connections above the limit are closed without an answer.
    """
    for _ in range(3):  # a process that is behind reads none (503)
        with ExitStack() as slow:
            bodies = [slow.enter_context(begin_request(port, ATTACKER)) for _ in range(600)]
            assert [get(port, OTHER)[0] for _ in range(5)] == [200] * 5
            statuses = [read_status(body) for body in bodies]
        assert set(statuses) <= {429, 503, 408, 0}
        assert statuses.count(0) <= len(statuses) - MOST
        if 408 in statuses:
            break
    assert 0 < statuses.count(408) <= 512 // 8
    assert get(port, ATTACKER)[0] == 200


def test_a_body_that_trickles_times_out(port: int) -> None:
    with begin_request(port, ATTACKER, length=100_000) as body:
        timed_out = threading.Event()

        def trickle() -> None:
            while not timed_out.wait(0.2):
                body.sendall(b"q")

        sender = threading.Thread(target=trickle)
        sender.start()
        assert read_status(body) == 408
        timed_out.set()
        sender.join()


def test_a_body_that_keeps_pace_is_read_to_its_end(port: int) -> None:
    """However long it takes, next to an overdue body of the same visitor."""
    query = b"query=ASK%7B%7D" + b"%20" * 60_000
    pieces = [query[start : start + len(query) // 40] for start in range(0, len(query), 4_500)]
    with begin_request(port, ATTACKER) as overdue, connect(port, ATTACKER) as steady:
        head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
        steady.sendall(f"{head}Content-Length: {sum(map(len, pieces))}\r\n\r\n".encode())
        for piece in pieces:
            steady.sendall(piece)
            time.sleep(1.2 * GRACE / len(pieces))
        assert read_status(steady) == 200
        assert read_status(overdue) == 408


def test_many_connections_of_one_visitor_leave_room_for_others(port: int) -> None:
    """Headers that never end, and connections that send nothing."""
    with ExitStack() as connections:
        for number in range(1_500):
            connection = connections.enter_context(connect(port, ATTACKER))
            connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: " if number % 2 else b"")
        assert get(port, OTHER)[0] == 200
        time.sleep(3)
        assert get(port, ATTACKER)[0] == 200


def test_unfinished_uploads_of_one_visitor_block_no_other_check(port: int) -> None:
    """One is read, the others wait or are refused; each fails as too slow."""
    head = (
        "--x\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\n",
        "\r\n--x--\r\n",
    )
    text = "Nom,Date\nÉté,2026-01-01\n"

    def send(visitor: str, size: int) -> socket.socket:
        connection = connect(port, visitor)
        body = f"{head[0]}{text}"
        length = len(f"{body}{head[1]}".encode()) + size
        connection.sendall(
            "POST /check.json HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x"
            f"\r\nContent-Length: {length}\r\n\r\n{body}".encode()
        )
        if not size:
            connection.sendall(head[1].encode())
        return connection

    with ExitStack() as uploads:
        files = [uploads.enter_context(send(ATTACKER, 40_000_000)) for _ in range(20)]
        other = uploads.enter_context(send(THIRD, 0))
        assert read_status(other) == 200
        statuses = [read_status(file) for file in files]
    assert set(statuses) <= {408, 429}


def test_a_refusal_explains_itself_in_both_languages(port: int) -> None:
    """As a problem document (RFC 9457)."""
    with ExitStack() as slow:
        for _ in range(64):
            slow.enter_context(begin_request(port, ATTACKER))
        time.sleep(0.5)
        status, body = get(port, ATTACKER)
    assert status == 429
    assert set(json.loads(body)["details"]) == {"fr", "en"}
