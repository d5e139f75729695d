"""The demo, as a newcomer runs it: a process, its addresses, and an answer across partners."""

import csv
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE = 60


@pytest.fixture(scope="module")
def demo() -> Iterator[list[str]]:
    """Run the demo on a free port; give what it printed, and stop it as Ctrl-C does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("parvis")),
        "demo",
        "--port",
        str(port),
        "--lang",
        "en",
    ]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    too_late = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
    too_late.start()
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("try:"):
            break
    too_late.cancel()
    yield lines
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()


def test_the_demo_says_where_it_is_and_that_it_is_invented(demo: list[str]) -> None:
    """Four addresses, one command, and a warning that nothing is real."""
    assert "invented" in demo[0]
    assert len([line for line in demo if line.startswith("  http://localhost:")]) == 4


def test_the_printed_command_answers_across_partners(demo: list[str]) -> None:
    """Events of several partners meet the pooled publics of their discipline and area."""
    address = demo[-1].split("curl ")[1]
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    assert len({row["partner"] for row in rows}) >= 3
    assert all(int(row["people"]) > 0 for row in rows)
    assert all(re.match(r"\d{4}-\d\d-\d\d", row["start"]) for row in rows)


def test_a_ready_question_searches_in_words(demo: list[str]) -> None:
    """The pattern of the search answers within a query, each row with its dataset."""
    address = demo[-1].split("curl ")[1].replace("offres-et-publics", "evenements-par-mots")
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
        rows = list(csv.DictReader(io.StringIO(answer.read().decode())))
    assert any("Conte" in row["name"] for row in rows)
    assert all(float(row["score"]) > 0 and "/graph/" in row["graph"] for row in rows)
