"""What 200 parallel calls of assistants cost other readers.

Run ``python tests/bench/mcp_load.py [--calls 200] [--readers 1]``: the demonstration on loopback;
another reader asks for short queries and pages, alone, then while as many clients as calls, from
so many other addresses, call tools at once, again and again, and wait as refusals say, then alone
again. The clients are a process of their own, so that they do not delay the reader's clock. Prints
the 95th percentile alone and beside them, its ratio (wanted: 2 at most) and that of the medians,
and what the calls were answered.
"""

import argparse
import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlsplit

from table import tell

from parvis.sandbox.processes import LONG, give_slice

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.serving import demonstration

OTHERS = (
    "/sparql?query=" + quote("SELECT ?s { ?s a schema:Event } LIMIT 5"),
    "/en/queries/grandes-salles",
    "/search?q=jazz",
    "/catalog",
)
"""What the other reader asks for."""
CALLS: tuple[tuple[str, dict[str, str]], ...] = (
    ("search", {"query": "théâtre"}),
    ("schema", {}),
    ("figures", {"area": "each"}),
    ("relays", {"public": "parents"}),
    ("example_queries", {"words": "publics par région"}),
    ("query", {"query": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n)"}),
)
ROUNDS = 60
"""How often the other reader asks for each."""
PATIENCE = 60
PAUSE = 3
"""Seconds after which the last calls are over."""
P95 = 18
"""The place of the 95th percentile among the twentieths."""


def measure(port: int) -> list[float]:
    """Return the seconds of each answer to the other reader, in order."""
    times = []
    for address in itertools.chain.from_iterable([OTHERS] * ROUNDS):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        begun = time.perf_counter()
        connection.request("GET", address)
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - begun)
        assert response.status == http.client.OK, (response.status, address)
        connection.close()
        time.sleep(0.01)
    return times


def call_tools(port: int, number: int, stop: threading.Event, outcomes: Counter[str]) -> None:
    """Call tools until told to stop, and wait as long as a refusal says."""
    # Real assistants compute elsewhere: these take the processor for longer, but delay nobody's
    # waking up by a slice of theirs.
    give_slice(threading.get_native_id(), LONG)
    source = (f"127.0.1.{number % 250 + 2}", 0)
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=PATIENCE, source_address=source
    )
    for tool, arguments in itertools.cycle(CALLS[number % len(CALLS) :] + CALLS):
        if stop.is_set():
            break
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        body = json.dumps({**message, "params": {"name": tool, "arguments": arguments}})
        try:
            connection.request("POST", "/mcp", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except OSError:
            outcomes["no answer"] += 1
            connection.close()
            continue
        if response.status == http.client.OK:
            outcomes["error of the tool" if b'"isError":true' in text else "answered"] += 1
        else:
            outcomes[str(response.status)] += 1
            stop.wait(float(response.headers.get("Retry-After", 1)))
    connection.close()


def call_until_told(port: int, calls: int, readers: int) -> None:
    """Call tools from so many clients until the standard input ends; print what they got."""
    stop, outcomes = threading.Event(), Counter[str]()
    threads = [
        threading.Thread(target=call_tools, args=(port, number % readers, stop, outcomes))
        for number in range(calls)
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    tell(str(dict(outcomes)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--readers", type=int, default=1, help="addresses that the calls come from")
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.port:
        call_until_told(options.port, options.calls, options.readers)
        return
    with demonstration() as demo:
        port = urlsplit(demo.address).port or 80
        measure(port)  # what is computed once is computed now
        idle = measure(port)
        callers = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, __file__, "--port", str(port), *sys.argv[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            time.sleep(2)
            busy = measure(port)
        finally:
            outcomes, _ = callers.communicate()
        time.sleep(PAUSE)
        idle += measure(port)
    report(idle, busy)
    tell(outcomes.strip())


def report(idle: list[float], busy: list[float]) -> None:
    """Print the percentiles of each address, of all, and their ratio."""
    kinds = [
        (address, idle[at :: len(OTHERS)], busy[at :: len(OTHERS)])
        for at, address in enumerate(OTHERS)
    ]
    for address, alone, beside in (*kinds, ("all", idle, busy)):
        before, after = (quantiles(times, n=20)[P95] for times in (alone, beside))
        line = f"{before * 1000:7.1f} ms {after * 1000:7.1f} ms  {after / before:5.2f}"
        middle = median(beside) / median(alone)
        tell(f"{address[:40]:40} {line}  (median {middle:5.2f})")


if __name__ == "__main__":
    main()
