"""Walls that a process raises around itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from parvis.sandbox.trial import probe_walls
from parvis.sandbox.worker import Worker

WALLED = """
import json, os, signal, socket
from pathlib import Path
from parvis.sandbox.child import Channel
from parvis.sandbox.walls import raise_walls
channel = Channel()
opening = json.loads(channel.receive())
folders = opening['writable']
walls = raise_walls(None if folders is None else [Path(one) for one in folders])
channel.send(json.dumps([walls.network, walls.files]).encode())
channel.end()
while (body := channel.receive()) is not None:
    try:
        told = repr(eval(json.loads(body)))
    except OSError as error:
        told = type(error).__name__
    channel.send(json.dumps(told).encode())
    channel.end()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


class Server(Protocol):
    """What is used of the server on loopback."""

    server_port: int


def walled(writable: list[str] | None) -> Iterator[Worker]:
    """Run a process that raises its walls, then does as it is told."""
    with Worker("timeit", "-n1", "-r1", WALLED) as worker:
        network, files = worker.ask({"writable": writable}, 10)
        assert network == "seccomp"
        assert files == ("" if writable is None else "landlock")
        yield worker


def test_the_walls_of_this_machine_are_tried_before_they_are_believed() -> None:
    """What is told at start was run at by a process of its own."""
    walls = probe_walls()
    assert (walls.network, walls.files) == ("seccomp", "landlock")


@pytest.mark.parametrize("kind", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
@pytest.mark.parametrize("way", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_kind_of_socket_can_be_made(kind: str, way: str) -> None:
    """Neither TCP nor UDP, by which a name would be asked for, nor a socket of the machine."""
    for worker in walled(None):
        assert worker.ask(f"socket.socket(socket.{kind}, socket.{way})", 10) == "PermissionError"


def test_a_server_on_this_very_machine_cannot_be_reached(server: Server) -> None:
    """Loopback is a network too."""
    call = f"socket.create_connection(('127.0.0.1', {server.server_port}))"
    for worker in walled(None):
        assert worker.ask(call, 10) == "PermissionError"


def test_no_program_can_be_started_and_no_one_be_signalled() -> None:
    """What breaks out of an engine finds no shell, and cannot end who serves."""
    for worker in walled(None):
        assert worker.ask("os.execv('/bin/true', ['true'])", 10) == "PermissionError"
        assert worker.ask("os.kill(os.getppid(), 0)", 10) == "PermissionError"
        assert worker.ask("os.kill(os.getpid(), 0)", 10) == "None"


def test_files_are_written_only_where_it_was_said(tmp_path: Path) -> None:
    """Reading goes on everywhere; without a word, so does writing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out.txt").write_text("kept")
    inside, outside = tmp_path / "in" / "a.txt", tmp_path / "out.txt"
    for worker in walled([str(tmp_path / "in"), "/dev/null"]):
        assert worker.ask(f"Path({str(inside)!r}).write_text('é')", 10) == "1"
        assert worker.ask(f"open({str(outside)!r}).read()", 10) == "'kept'"
        for attempt in ("write_text('x')", "unlink()", "rename('/tmp/x')"):
            told = worker.ask(f"Path({str(outside)!r}).{attempt}", 10)
            assert told == "PermissionError", attempt
    for worker in walled(None):
        assert worker.ask(f"Path({str(outside)!r}).write_text('x')", 10) == "1"
