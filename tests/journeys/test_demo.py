"""The demo, as a newcomer runs it: a process, its addresses, and an answer across partners."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from parvis.catalog import Query, load_queries
from parvis.config import knowledge

PATIENCE = 60
QUICK = 1.0
"""Seconds that an example query may take, the best of three times."""
ASKED = load_queries(knowledge("catalog") / "demo")


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
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    assert all(int(row["people"]) > 0 for row in rows)
    assert all(re.match(r"\d{4}-\d\d-\d\d", row["start"]) for row in rows)


def test_the_printed_token_reads_more_than_nobody(demo: list[str]) -> None:
    """A newcomer sees what members see of one another."""
    (line,) = (line for line in demo if "parvis_" in line)
    address, token = line.split()[-3], line.split()[-1]
    query = urllib.parse.urlencode({"query": "SELECT ?g { GRAPH ?g {} }", "format": "csv"})
    asked = f"{address.removesuffix('login')}sparql?{query}"
    found = []
    for headers in ({}, {"Authorization": f"Bearer {token}"}):
        request = urllib.request.Request(asked, headers=headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            found.append(answer.read().decode().splitlines())
    assert len(found[1]) > len(found[0])


def test_young_parents_are_reached_through_the_parents_magazine(demo: list[str]) -> None:
    """The relay is named to everyone and comes first, with its reasons."""
    (home, *_) = (line.split()[0] for line in demo if line.startswith("  http://localhost:"))
    port = urllib.parse.urlsplit(home).port
    address = f"http://localhost:{port}/relays.json?public=jeunes-parents"
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        first, *_ = json.load(answer)["relays"]
    assert first["iri"].endswith("/id/partner/magazine-bottines")
    assert first["reasons"][0]["fr"] == "rejoint le public demandé : Jeunes parents"
    assert first["people"]["at_least"] == 24_500


@pytest.mark.parametrize("query", ASKED.values(), ids=list(ASKED))
def test_every_example_query_has_an_answer_soon(demo: list[str], query: Query) -> None:
    """Rows, a yes or triples, from the endpoint as anyone may ask it."""
    address = f"{demo[-1].split('curl ')[1].rpartition('/')[0]}/{query.slug}"
    times: list[float] = []
    while min(times, default=PATIENCE) > QUICK and len(times) < 3:
        began = time.monotonic()
        ending = "nt" if query.form == "CONSTRUCT" else "json"
        with urllib.request.urlopen(f"{address}.{ending}", timeout=PATIENCE) as answer:  # noqa: S310 - loopback
            body = answer.read()
        times.append(time.monotonic() - began)
    assert min(times) <= QUICK
    if query.form == "CONSTRUCT":
        assert body.count(b" .\n") > 1
    elif query.form == "ASK":
        assert json.loads(body)["boolean"] is True
    else:
        rows = [json.dumps(row) for row in json.loads(body)["results"]["bindings"]]
        assert rows
        assert len(set(rows)) == len(rows)
