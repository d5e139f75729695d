"""What another reader notices of an attack, and what memory it leaves taken.

``python tests/bench/attack.py`` serves the demo pool and attacks every route of it; name attacks,
or parts of their names, for those alone. ``--at ADDRESS`` attacks a pool that is served already,
whose settings say ``proxies = 1`` so that each attacker can come from an address of its own; its
memory is then not known. Latencies of one look-up, asked again and again by one reader, are told
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
from parvis.pooling.stewardship.demo import build_demo

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
"""Seconds after which an answer that nobody asked for again is forgotten, and memory given back."""


class Site:
    """A served pool."""

    def __init__(self, address: str) -> None:
        """Keep where it is."""
        found = urlsplit(address)
        self.place = (found.hostname or "localhost", found.port or 80)

    def request(self, query: str, reader: str) -> bytes:
        """Write a request as a reader at an address."""
        body = urlencode({"query": query})
        return (
            f"POST /sparql HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {reader}\r\nAccept: text/csv\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def ask(self, query: str, reader: str) -> int:
        """Ask, read the whole answer, and give its status."""
        connection = HTTPConnection(*self.place, timeout=60)
        headers = {"X-Forwarded-For": reader, "Accept": "text/csv"}
        connection.request("GET", f"/sparql?{urlencode({'query': query})}", headers=headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    def get(self, path: str) -> int:
        """Ask for a page, as a browser does, and give its status."""
        connection = HTTPConnection(*self.place, timeout=60)
        connection.request("GET", path, headers={"Accept": "text/html"})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response.status

    @contextmanager
    def hanging(self, query: str, reader: str, size: int | None = None) -> Iterator[None]:
        """Send a request, or so many bytes of it, and read nothing."""
        with socket.create_connection(self.place, 60) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(self.request(query, reader)[:size])
            yield


def latencies(site: Site, seconds: float) -> list[float]:
    """Ask look-ups that were not asked before, one after the other, for so many seconds."""
    found: list[float] = []
    begun = time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        status = site.ask(LOOK_UP.format(int(now * 1e6) % 10**9 + 1), "198.51.100.1")
        found.append(1000 * (time.perf_counter() - now) if status == 200 else float("inf"))
        time.sleep(0.01)
    return found


def repeating(site: Site, query: str, readers: int, each: int = 1) -> Callable[[ExitStack], None]:
    """Let readers ask the same again and again, each over some connections."""

    def attack(stack: ExitStack) -> None:
        over = threading.Event()
        pool = stack.enter_context(ThreadPoolExecutor(readers * each))
        stack.callback(over.set)

        def go(reader: int) -> None:
            while not over.is_set():
                with suppress(OSError):
                    site.ask(query, f"203.0.113.{reader}")

        for number in range(readers * each):
            pool.submit(go, number % readers)

    return attack


def holding(
    site: Site, query: str, readers: int, each: int = 1, size: int | None = None
) -> Callable[[ExitStack], None]:
    """Let readers send a request, or its beginning, and read nothing."""

    def attack(stack: ExitStack) -> None:
        for number in range(readers * each):
            stack.enter_context(site.hanging(query, f"203.0.113.{number % readers}", size))

    return attack


def attacks(site: Site) -> dict[str, Callable[[ExitStack], None]]:
    """Name the attacks."""
    return {
        "one reader, two heavy counts": repeating(site, COUNT, 1, 2),
        "one reader, eight heavy orders": repeating(site, ORDER, 1, 8),
        "one reader, crash after crash": repeating(site, CRASH, 1),
        "one reader, large answers": repeating(site, LARGE, 1, 2),
        "one reader, 200 connections": holding(site, COUNT, 1, 200),
        "eight readers who read nothing": holding(site, LARGE, 8),
        "100 requests without end": holding(site, COUNT, 100, 1, 200),
    }


def told(name: str, found: list[float], idle: float, more: str = "") -> str:
    """Write a line of the table."""
    found = found if len(found) > 1 else found * 2
    p50, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    refused = sum(value == float("inf") for value in found)
    ratio = p95 / (idle or p95)
    return f"{name:36} {len(found):6} {refused:4} {p50:8.1f} {p95:8.1f} {ratio:6.2f} {more}\n"


@contextmanager
def demo() -> Iterator[tuple[str, int]]:
    """Serve the demo pool behind a proxy that is believed; give its address and its process."""
    with TemporaryDirectory() as folder, socket.socket() as free:
        catalog, data = Path(folder, "catalog"), Path(folder, "data")
        shutil.copytree(knowledge("catalog") / "demo", catalog)
        settings = catalog / "parvis.toml"
        settings.write_text(f"proxies = 1\n{settings.read_text()}")
        for _ in build_demo(Settings.load(data=data, catalog=catalog)):
            pass
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        words = ["serve", "--port", str(port), "--data", str(data), "--catalog", str(catalog)]
        program = "from parvis.cli import main; main()"
        with subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", program, *words], stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield f"http://127.0.0.1:{port}", process.pid
            finally:
                process.terminate()


def memory(server: int) -> float:
    """Give the megabytes of the process that serves: the largest child of the one started."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children]
    return max(pages) * resource.getpagesize() / 1e6


def ready(site: Site) -> None:
    """Wait until a site answers."""
    for _ in range(600):
        with suppress(OSError):
            site.ask(LOOK_UP.format(1), "198.51.100.1")
            return
        time.sleep(0.1)
    raise SystemExit("the site does not answer")


def run(site: Site, names: Sequence[str], server: int | None) -> None:
    """Attack, and tell."""
    ready(site)
    for path, _ in routes():  # what a pool in service has read once
        site.get(path)
    time.sleep(5)
    latencies(site, 4)
    idle = latencies(site, SECONDS)
    before = memory(server) if server else 0.0
    at_rest = statistics.quantiles(idle, n=20)[-1]
    heads = ("asked", "no", "p50 ms", "p95 ms", "×")
    sys.stdout.write("{:36} {:>6} {:>4} {:>8} {:>8} {:>6}\n".format("", *heads))
    sys.stdout.write(told("idle", idle, at_rest, f"{before:.0f} MB"))
    counts: dict[str, dict[str, int]] = {}
    found = attacks(site)
    for name in requests(routes()):
        found[name] = sending(name, site.place, counts.setdefault(name, {}))
    for name, attack in found.items():
        if names and not any(one in name for one in names):
            continue
        with ExitStack() as stack:
            attack(stack)
            time.sleep(1)
            seen = latencies(site, SECONDS)
        time.sleep(4)
        now = memory(server) if server else 0.0
        more = f"{now:4.0f} MB ×{now / before:.2f}" if before else ""
        sys.stdout.write(told(name, seen, at_rest, f"{more} {counts.get(name, '')}"))
        sys.stdout.flush()
    if server:
        time.sleep(LATER)
        after = memory(server)
        sys.stdout.write(f"{LATER} seconds later: {after:.0f} MB ×{after / before:.2f}\n")


def main(*words: str) -> None:
    """Attack the demo pool, or the pool at an address."""
    if words[:1] == ("--at",):
        run(Site(words[1]), words[2:], None)
        return
    with demo() as (address, server):
        run(Site(address), words, server)


if __name__ == "__main__":
    main(*sys.argv[1:])
