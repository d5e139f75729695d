"""How an attack affects another reader, and how much memory it leaves occupied.

``python tests/bench/attack.py`` serves the demo pool and attacks all its routes; name attacks,
or parts of their names, to run only those. ``--at ADDRESS`` attacks a pool that is already served,
with ``proxies = 1`` in its settings so that each attacker can have its own address; its
memory is then not measured. Latencies of look-ups, repeated by one reader, are printed
in milliseconds: idle, then during each attack, the 95th percentile as a ratio to idle. Memory is
that of the process that serves, some seconds after the attack, as a ratio to before all attacks.
"""

import resource
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

from attack_routes import requests, routes, sending

from parvis.config import Settings, knowledge
from parvis.pooling.stewardship.demo.demo import build_demo

LOOK_UP = "SELECT ?s {{ ?s a schema:Event }} LIMIT {0}"
CROSS = "".join(f"?a{n} ?b{n} ?c{n} . " for n in range(6))
COUNT = f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}"
ORDER = f"SELECT * {{ {CROSS} }} ORDER BY ?b5 LIMIT 1"
LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 500000"
CRASH = (
    'SELECT (STRLEN(?t40) AS ?n) { BIND("xxxxxxxxxxxxxxxx" AS ?t0)'
    + "".join(f" BIND(CONCAT(?t{n}, ?t{n}) AS ?t{n + 1})" for n in range(40))
    + "}"
)
SECONDS = 8.0
LATER = 90
"""Seconds after which unused responses have left the cache, and memory is released."""


class Site:
    """A served pool."""

    def __init__(self, address: str) -> None:
        """Keep where it is."""
        parts = urlsplit(address)
        self.place = (parts.hostname or "localhost", parts.port or 80)

    def request(self, query: str, reader: str) -> bytes:
        """Write a request of a reader at an address."""
        body = urlencode({"query": query})
        return (
            f"POST /sparql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {reader}\r\nAccept: text/csv\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def ask(self, query: str, reader: str) -> int:
        """Run a query, read the whole response and return its status."""
        connection = HTTPConnection(*self.place, timeout=60)
        headers = {"X-Forwarded-For": reader, "Accept": "text/csv"}
        connection.request("GET", f"/sparql?{urlencode({'query': query})}", headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    def get(self, path: str) -> int:
        """Request a page like a browser and return its status."""
        connection = HTTPConnection(*self.place, timeout=60)
        connection.request("GET", path, headers={"Accept": "text/html"})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    @contextmanager
    def hanging(self, query: str, reader: str, size: int | None = None) -> Iterator[None]:
        """Send a request, or its first bytes, and read nothing."""
        with socket.create_connection(self.place, 60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(self.request(query, reader)[:size])
            yield


def latencies(site: Site, seconds: float) -> list[float]:
    """Run new look-ups one after another for some seconds."""
    milliseconds: list[float] = []
    start = time.perf_counter()
    while (now := time.perf_counter()) - start < seconds:
        status = site.ask(LOOK_UP.format(int(now * 1e6) % 10**9 + 1), "198.51.100.1")
        milliseconds.append(1000 * (time.perf_counter() - now) if status == 200 else float("inf"))
        time.sleep(0.01)
    return milliseconds


def repeating(
    site: Site, query: str, readers: int, connections: int = 1
) -> Callable[[ExitStack], None]:
    """Let readers repeat a query, each over several connections."""

    def attack(stack: ExitStack) -> None:
        over = threading.Event()
        pool = stack.enter_context(ThreadPoolExecutor(readers * connections))
        stack.callback(over.set)

        def go(reader: int) -> None:
            while not over.is_set():
                with suppress(OSError):
                    site.ask(query, f"203.0.113.{reader}")

        for number in range(readers * connections):
            pool.submit(go, number % readers)

    return attack


def holding(
    site: Site, query: str, readers: int, connections: int = 1, size: int | None = None
) -> Callable[[ExitStack], None]:
    """Let readers send a request, or its beginning, and read nothing."""

    def attack(stack: ExitStack) -> None:
        for number in range(readers * connections):
            stack.enter_context(site.hanging(query, f"203.0.113.{number % readers}", size))

    return attack


def attacks(site: Site) -> dict[str, Callable[[ExitStack], None]]:
    return {
        "one reader, two heavy counts": repeating(site, COUNT, 1, 2),
        "one reader, eight heavy orders": repeating(site, ORDER, 1, 8),
        "one reader, crash after crash": repeating(site, CRASH, 1),
        "one reader, large answers": repeating(site, LARGE, 1, 2),
        "one reader, 200 connections": holding(site, COUNT, 1, 200),
        "eight readers who read nothing": holding(site, LARGE, 8),
        "100 requests without end": holding(site, COUNT, 100, 1, 200),
    }


def format_line(name: str, latencies_: list[float], idle: float, suffix: str = "") -> str:
    """Format a line of the table."""
    latencies_ = latencies_ if len(latencies_) > 1 else latencies_ * 2
    p50, p95 = statistics.median(latencies_), statistics.quantiles(latencies_, n=20)[-1]
    refused = sum(value == float("inf") for value in latencies_)
    ratio = p95 / (idle or p95)
    return (
        f"{name:36} {len(latencies_):6} {refused:4} {p50:8.1f} {p95:8.1f} {ratio:6.2f} {suffix}\n"
    )


@contextmanager
def serve_demo() -> Iterator[tuple[str, int]]:
    """Serve the demo pool behind a trusted proxy; yield its address and its process."""
    with TemporaryDirectory() as folder, socket.socket() as probe:
        catalog, data = Path(folder, "catalog"), Path(folder, "data")
        shutil.copytree(knowledge("catalog") / "demo", catalog)
        settings = catalog / "parvis.toml"
        settings.write_text(f"proxies = 1\n{settings.read_text()}")
        for _ in build_demo(Settings.load(data=data, catalog=catalog)):
            pass
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        arguments = ["serve", "--port", str(port), "--data", str(data), "--catalog", str(catalog)]
        program = "from parvis.cli import main; main()"
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", program, *arguments], stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield f"http://127.0.0.1:{port}", process.pid
            finally:
                process.terminate()


def memory(server: int) -> float:
    """Return the megabytes of the serving process: the largest child."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    return max(pages) * resource.getpagesize() / 1e6


def wait_until_ready(site: Site) -> None:
    """Wait until a site answers."""
    for _ in range(600):
        with suppress(OSError):
            site.ask(LOOK_UP.format(1), "198.51.100.1")
            return
        time.sleep(0.1)
    raise SystemExit("the site does not answer")


def run(site: Site, names: Sequence[str], server: int | None) -> None:
    """Run the attacks and print the table."""
    wait_until_ready(site)
    for path, _ in routes():  # what a pool in service has read once
        site.get(path)
    time.sleep(5)
    latencies(site, 4)
    idle = latencies(site, SECONDS)
    before = memory(server) if server else 0.0
    at_rest = statistics.quantiles(idle, n=20)[-1]
    headings = ("asked", "no", "p50 ms", "p95 ms", "×")
    sys.stdout.write("{:36} {:>6} {:>4} {:>8} {:>8} {:>6}\n".format("", *headings))
    sys.stdout.write(format_line("idle", idle, at_rest, f"{before:.0f} MB"))
    counts: dict[str, dict[str, int]] = {}
    selected = attacks(site)
    for name in requests(routes()):
        selected[name] = sending(name, site.place, counts.setdefault(name, {}))
    for name, attack in selected.items():
        if names and not any(part in name for part in names):
            continue
        with ExitStack() as stack:
            attack(stack)
            time.sleep(1)
            measured = latencies(site, SECONDS)
        time.sleep(4)
        now = memory(server) if server else 0.0
        suffix = f"{now:4.0f} MB ×{now / before:.2f}" if before else ""
        sys.stdout.write(format_line(name, measured, at_rest, f"{suffix} {counts.get(name, '')}"))
        sys.stdout.flush()
    if server:
        time.sleep(LATER)
        after = memory(server)
        sys.stdout.write(f"{LATER} seconds later: {after:.0f} MB ×{after / before:.2f}\n")


def main(*arguments: str) -> None:
    """Attack the demo pool, or the pool at an address."""
    if arguments[:1] == ("--at",):
        run(Site(arguments[1]), arguments[2:], None)
        return
    with serve_demo() as (address, server):
        run(Site(address), arguments, server)


if __name__ == "__main__":
    main(*sys.argv[1:])
