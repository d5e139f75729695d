"""What another reader notices of an attack: ``python tests/bench/attack.py ADDRESS``.

Give the address of a served pool whose settings say ``proxies = 1``, so that each attacker can
come from an address of its own. Latencies of one look-up, asked again and again by one reader, are
told in milliseconds: idle, then during each attack, as a ratio to idle.
"""

import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

LOOK_UP = "SELECT ?s {{ ?s a schema:Event }} LIMIT {0}"
CROSS = "".join(f"?a{n} ?b{n} ?c{n} . " for n in range(6))
COUNT = f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}"
ORDER = f"SELECT * {{ {CROSS} }} ORDER BY ?b5 LIMIT 1"
LARGE = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 500000"
CRASH = "ASK { FILTER(" + "!" * 30_000 + "true) }"
SECONDS = 8.0


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


def told(name: str, found: list[float], idle: float) -> str:
    """Write a line of the table."""
    found = found if len(found) > 1 else found * 2
    p50, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    refused = sum(value == float("inf") for value in found)
    return (
        f"{name:32} {len(found):6} {refused:4} {p50:8.1f} {p95:8.1f} {p95 / (idle or p95):6.2f}\n"
    )


def main(address: str, *names: str) -> None:
    """Attack, and tell; with names, by those attacks only."""
    site = Site(address)
    latencies(site, 2)
    idle = latencies(site, SECONDS)
    sys.stdout.write(f"{'':32} {'asked':>6} {'no':>4} {'p50 ms':>8} {'p95 ms':>8} {'×':>6}\n")
    at_rest = statistics.quantiles(idle, n=20)[-1]
    sys.stdout.write(told("idle", idle, at_rest))
    for name, attack in attacks(site).items():
        if names and not any(one in name for one in names):
            continue
        with ExitStack() as stack:
            attack(stack)
            time.sleep(1)
            sys.stdout.write(told(name, latencies(site, SECONDS), at_rest))
            sys.stdout.flush()
        time.sleep(2)


if __name__ == "__main__":
    main(*sys.argv[1:])
