"""Slow clients from one address keep nobody else waiting: real connections to a real server."""

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
from tests.serving import served

PATIENCE = 60
ATTACKER, OTHER, THIRD = "127.0.0.2", "127.0.0.3", "127.0.0.4"
"""Addresses of this machine: as many visitors."""
FORM = "application/x-www-form-urlencoded"
GRACE = 3.0


@pytest.fixture(scope="module")
def port(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the pool on all addresses of the machine, of which each is a visitor."""
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
    """Open a connection as a visitor."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(visitor, 0))


def begin(port: int, visitor: str, path: str = "/sparql", length: int = 1_000) -> socket.socket:
    """Send the headers of a request, and the first byte of its body."""
    connection = connect(port, visitor)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {length}"
    connection.sendall(f"{head}\r\n\r\nq".encode())
    return connection


def status_of(connection: socket.socket) -> int:
    """Read the status of the answer that comes; 0 if none does."""
    try:
        line = connection.recv(4_096).split(b" ")
    except ConnectionError:
        return 0
    return int(line[1]) if len(line) > 1 else 0


def ask(port: int, visitor: str, path: str = "/health") -> tuple[int, bytes]:
    """Ask as a visitor."""
    connection = HTTPConnection("127.0.0.1", port, PATIENCE, source_address=(visitor, 0))
    try:
        connection.request("GET", path)
        response: HTTPResponse = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_slow_bodies_of_one_visitor_leave_places_to_others_and_come_to_an_end(port: int) -> None:
    """Six hundred: most are refused unread, the others told 408 when they are overdue."""
    with ExitStack() as slow:
        bodies = [slow.enter_context(begin(port, ATTACKER)) for _ in range(600)]
        assert [ask(port, OTHER)[0] for _ in range(5)] == [200] * 5
        statuses = [status_of(body) for body in bodies]
    assert set(statuses) <= {429, 408}
    assert 0 < statuses.count(408) <= 512 // 8
    assert ask(port, ATTACKER)[0] == 200


def test_a_body_that_trickles_is_too_slow_as_well(port: int) -> None:
    """A byte now and then is no pace."""
    with begin(port, ATTACKER, length=100_000) as body:
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.2):
                body.sendall(b"q")

        sender = threading.Thread(target=trickle)
        sender.start()
        assert status_of(body) == 408
        ended.set()
        sender.join()


def test_a_body_at_a_pace_is_read_to_its_end_however_long_it_takes(port: int) -> None:
    """Beyond the time without pace, beside an overdue body of the same visitor."""
    query = b"query=ASK%7B%7D" + b"%20" * 60_000
    pieces = [query[start : start + len(query) // 40] for start in range(0, len(query), 4_500)]
    with begin(port, ATTACKER) as overdue, connect(port, ATTACKER) as steady:
        head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
        steady.sendall(f"{head}Content-Length: {sum(map(len, pieces))}\r\n\r\n".encode())
        for piece in pieces:
            steady.sendall(piece)
            time.sleep(1.2 * GRACE / len(pieces))
        assert status_of(steady) == 200
        assert status_of(overdue) == 408


def test_many_connections_of_one_visitor_leave_room_for_others(port: int) -> None:
    """Headers that never end, and connections that send nothing."""
    with ExitStack() as many:
        for number in range(1_500):
            connection = many.enter_context(connect(port, ATTACKER))
            connection.sendall(b"GET / HTTP/1.1\r\nX-Slow: " if number % 2 else b"")
        assert ask(port, OTHER)[0] == 200
        time.sleep(3)
        assert ask(port, ATTACKER)[0] == 200


def test_files_of_one_visitor_that_never_end_keep_no_other_from_checking_one(port: int) -> None:
    """One is in hand, the others wait or are refused; each is told that it was too slow."""
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

    with ExitStack() as sent:
        files = [sent.enter_context(send(ATTACKER, 40_000_000)) for _ in range(20)]
        other = sent.enter_context(send(THIRD, 0))
        assert status_of(other) == 200
        statuses = [status_of(file) for file in files]
    assert set(statuses) <= {408, 429}


def test_a_refusal_is_told_in_both_languages(port: int) -> None:
    """As a problem (RFC 9457), with when to come again."""
    with ExitStack() as slow:
        for _ in range(64):
            slow.enter_context(begin(port, ATTACKER))
        time.sleep(0.5)
        status, body = ask(port, ATTACKER)
    assert status == 429
    assert set(json.loads(body)["details"]) == {"fr", "en"}
