"""Readers, harvesters and a publication every minute, for some minutes, over loopback.

Run ``python tests/bench/load.py [--minutes 10] [--readers 16]``. The demonstration's pool is
served by ``parvis serve``; each minute a changed file is submitted and published. Prints
requests, median and 95th percentile of the durations by kind, failures (target 0), and
the memory of the server minute by minute (target: constant). Other load affects the figures.
"""

import argparse
import http.client
import itertools
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from measuring import tree
from table import busy, mega, tell

from parvis.config import Settings, knowledge
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.stewardship.demo.demo import build_demo

PARVIS = Path(sys.executable).with_name("parvis")
KEY = "theatre-lanterne/programmation"
CHANGED = b"La gardienne du phare"
HEAD = f"\n{'':10}{'requests':>10}{'a second':>10}{'median ms':>11}{'p95 ms':>9}{'slowest ms':>12}"
PATIENCE = 60.0
FLAT = 1.25
"""The maximum ratio of the last minute's memory to that of the third, when caches are warm."""
LOOK_UP = "SELECT ?p ?o {{ ?s ?p ?o }} LIMIT {}"
COUNT = "SELECT ?t (COUNT(*) AS ?n) {{ ?s a ?t FILTER(STRLEN(STR(?s)) > {}) }} GROUP BY ?t"
JOIN = "SELECT ?n ?m {{ ?e schema:name ?n ; schema:location/schema:name ?m }} ORDER BY ?n OFFSET {}"
PAGES = ("/", "/fr/catalog", "/en/queries", "/charter", "/ontology", "/search?q=hiver")
HARVESTS = (
    *("/catalog.ttl", "/catalog.jsonld?page=1&per_page=5", "/feed.trig", "/catalog.atom"),
    *("/oai?verb=ListRecords&metadataPrefix=dcat", "/sitemap.xml", "/void.ttl"),
)


@dataclass
class Tally:
    """The results of requests by kind: seconds of each response, and failures in words."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)


def paths(kind: str, chance: random.Random) -> Iterator[str]:
    """Generate requests of one kind of visitor."""
    for number in itertools.count():
        match kind:
            case "look-up":
                query = LOOK_UP.format(chance.randrange(1, 400))
            case "count":
                query = COUNT.format(chance.randrange(90))
            case "join":
                query = JOIN.format(chance.randrange(50))
            case "page":
                yield PAGES[number % len(PAGES)]
                continue
            case _:
                yield HARVESTS[number % len(HARVESTS)]
                continue
        yield f"/sparql?query={quote(query)}"


KINDS = {"look-up": 6, "count": 1, "join": 1, "page": 5, "harvest": 3}
"""The number of visitors of each kind among sixteen."""
PAUSE = {"look-up": 0.02, "count": 0.5, "join": 0.5, "page": 0.1, "harvest": 0.2}
"""Seconds between two requests of a visitor."""


def visit(port: int, kind: str, tally: Tally, stop: threading.Event, number: int) -> None:
    """Send requests on one connection until stopped; anything but a complete 200 is a failure."""
    chance = random.Random(number)  # noqa: S311 - no secret
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for path in paths(kind, chance):
        if stop.wait(PAUSE[kind] * chance.uniform(0.5, 1.5)):
            break
        start = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Accept": "*/*"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            tally.failures.append(f"{kind} {path}: {error!r}")
            connection.close()
            continue
        if answer.status != http.client.OK:
            tally.failures.append(f"{kind} {path}: {answer.status}")
        tally.seconds[kind].append(time.perf_counter() - start)
    connection.close()


@contextmanager
def serve(settings: Settings, port: int) -> Iterator[int]:
    """Serve a pool and wait until it answers; yield the process."""
    env = os.environ | {
        "PARVIS_DATA": str(settings.data),
        "PARVIS_CATALOG": str(settings.catalog),
        "PARVIS_BASE": settings.base,
    }
    words = [str(PARVIS), "serve", "--port", str(port)]
    with subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL) as server:  # noqa: S603 - ours
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield server.pid
        server.terminate()


def republish(settings: Settings, number: int, folder: Path) -> float:
    """Submit and publish a changed file; return the seconds."""
    start = time.perf_counter()
    with Pool.open(settings) as pool:
        sample = next((settings.catalog / KEY).glob("*.csv"))
        file = folder / sample.name
        text = sample.read_bytes()
        file.write_bytes(text.replace(CHANGED, b"%s %d" % (CHANGED, number)))
        dataset = pool.catalog.require_named(KEY)
        submit(pool, dataset.key, file)
        publish(pool)
    return time.perf_counter() - start


def memory(pid: int) -> int:
    """Return the bytes of the server's processes, counting shared memory once."""
    total = 0
    for process in tree(pid):
        try:
            rolled = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        match = re.search(r"Pss:\s+(\d+) kB", rolled)
        total += int(match[1]) * 1024 if match else 0
    return total


def run(settings: Settings, minutes: int, readers: int, folder: Path) -> bool:
    """Run all visitors; return whether nothing failed and the memory is constant."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tally, stop, memory_sizes = Tally(), threading.Event(), list[int]()
    kinds = list(itertools.chain.from_iterable([kind] * n for kind, n in KINDS.items()))
    with serve(settings, port) as pid:
        visitors = [
            threading.Thread(target=visit, args=(port, kinds[n % len(kinds)], tally, stop, n))
            for n in range(readers)
        ]
        for visitor in visitors:
            visitor.start()
        start = time.monotonic()
        for minute in range(1, minutes + 1):
            seconds_ = republish(settings, minute, folder)
            time.sleep(max(0.0, start + 60 * minute - time.monotonic()))
            memory_sizes.append(memory(pid))
            completed = sum(map(len, tally.seconds.values()))
            tell(
                f"minute {minute:2}: {completed:7,} requests, {len(tally.failures)} failed,"
                f" {mega(memory_sizes[-1])} MB, published in {seconds_:.1f} s"
            )
        stop.set()
        seconds = time.monotonic() - start
        for visitor in visitors:
            visitor.join()
    return print_figures(tally, memory_sizes, seconds)


def print_figures(tally: Tally, memory_sizes: list[int], seconds: float) -> bool:
    """Print the figures."""
    tell(
        f"\n{'':10}{'requests':>10}{'a second':>10}{'median ms':>11}{'p95 ms':>9}{'slowest ms':>12}"
    )
    for kind, durations in tally.seconds.items():
        line = sorted(durations)
        middle, percentile = line[len(line) // 2], line[int(0.95 * (len(line) - 1))]
        tell(
            f"{kind:10}{len(line):10,}{len(line) / seconds:10.1f}{1000 * middle:11.1f}"
            f"{1000 * percentile:9.1f}{1000 * line[-1]:12.0f}"
        )
    for failure in tally.failures[:20]:
        tell(f"FAILED {failure}")
    warm_memory = memory_sizes[min(2, len(memory_sizes) - 1)]
    tell(
        f"{len(tally.failures)} failed, wanted 0; memory {mega(warm_memory)} MB,"
        f" then {mega(memory_sizes[-1])} MB"
    )
    return not tally.failures and memory_sizes[-1] <= FLAT * warm_memory


def main() -> int:
    """Build the pool and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--readers", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings.load(folder / "data", knowledge("catalog") / "demo")
        for _ in build_demo(settings):
            pass
        tell(f"{options.readers} visitors, {options.minutes} minutes; {busy()}")
        return 0 if run(settings, options.minutes, options.readers, folder) else 1


if __name__ == "__main__":
    sys.exit(main())
