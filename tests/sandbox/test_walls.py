"""Restrictions that a process sets on itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from parvis.sandbox.trial import probe_walls
from parvis.sandbox.worker import Worker
from tests.processes import ask, child

WALLED = """
import json, os, signal, socket
from pathlib import Path
from parvis.sandbox.child import Channel
from parvis.sandbox.walls import raise_walls
channel = Channel()
opening = json.loads(channel.receive())
folders = opening['writable']
walls = raise_walls(None if folders is None else [Path(folder) for folder in folders])
channel.send(json.dumps([walls.network, walls.files]).encode())
channel.end()
while (body := channel.receive()) is not None:
    try:
        result = repr(eval(json.loads(body)))
    except OSError as error:
        result = type(error).__name__
    channel.send(json.dumps(result).encode())
    channel.end()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


class Server(Protocol):
    """The used part of the server on loopback."""

    server_port: int


def run_restricted(writable: list[str] | None) -> Iterator[Worker]:
    """Run a process that restricts itself, then evaluates expressions."""
    with child(WALLED) as worker:
        network, files = ask(worker, {"writable": writable}, 10)
        assert network == "seccomp"
        assert files == ("" if writable is None else "landlock")
        yield worker


def test_restrictions_are_tried_in_a_process_before_they_are_reported() -> None:
    walls = probe_walls()
    assert (walls.network, walls.files) == ("seccomp", "landlock")


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
@pytest.mark.parametrize("socket_type", ["SOCK_STREAM", "SOCK_DGRAM"])
def test_no_kind_of_socket_can_be_opened(family: str, socket_type: str) -> None:
    """No TCP, no UDP (also used for names), and no local socket."""
    for worker in run_restricted(None):
        assert (
            ask(worker, f"socket.socket(socket.{family}, socket.{socket_type})", 10)
            == "PermissionError"
        )


def test_a_server_on_the_same_machine_is_unreachable(server: Server) -> None:
    """Loopback is a network too."""
    call = f"socket.create_connection(('127.0.0.1', {server.server_port}))"
    for worker in run_restricted(None):
        assert ask(worker, call, 10) == "PermissionError"


def test_no_program_can_be_started_and_no_process_signalled() -> None:
    """An attacker in the engine gets no shell and cannot end the server."""
    for worker in run_restricted(None):
        assert ask(worker, "os.execv('/bin/true', ['true'])", 10) == "PermissionError"
        assert ask(worker, "os.kill(os.getppid(), 0)", 10) == "PermissionError"
        assert ask(worker, "os.kill(os.getpid(), 0)", 10) == "None"


def test_files_are_writable_in_the_listed_folders_only(tmp_path: Path) -> None:
    """Reading is allowed everywhere; without a list, so is writing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out.txt").write_text("kept")
    inside, outside = tmp_path / "in" / "a.txt", tmp_path / "out.txt"
    for worker in run_restricted([str(tmp_path / "in"), "/dev/null"]):
        assert ask(worker, f"Path({str(inside)!r}).write_text('é')", 10) == "1"
        assert ask(worker, f"open({str(outside)!r}).read()", 10) == "'kept'"
        for attempt in ("write_text('x')", "unlink()", f"rename({str(tmp_path / 'moved.txt')!r})"):
            result = ask(worker, f"Path({str(outside)!r}).{attempt}", 10)
            assert result == "PermissionError", attempt
    for worker in run_restricted(None):
        assert ask(worker, f"Path({str(outside)!r}).write_text('x')", 10) == "1"
