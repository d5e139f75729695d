"""What a read replica takes and gives: its copy beside ``cp``, its answers beside one server's.

Run ``python tests/bench/replicas.py [TRIPLES]``: half a million triples of invented events are
published and copied; then one server, and two over two copies, answer the same look-ups. Each line
tells figures and their ratio. On one machine two servers share its processors: the processor's time
of an answer is what grows with machines.
"""

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from clients import Run, request, run
from endpoint import CLIENTS, GRAPH, JSON, LOOK_UP, SITE, Server, served, written

from parvis.store.generation.generation import GenerationContent, build, current
from parvis.store.generation.replica import FolderOrigin, pull

TRIPLES = 500_000
MEGA = 1_000_000
FIRST, REPEATED = 4_000, 40_000


def timed(work: Callable[[], object]) -> float:
    """Give the seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def copying(folder: Path, file: Path, triples: int) -> str:
    """Publish, copy, copy again, and copy by ``cp``."""
    data, copy = folder / "data", folder / "copy"
    building = timed(lambda: build(data, GenerationContent({GRAPH: file}, files=SITE)))
    pulling = timed(lambda: pull(copy, FolderOrigin(data)))
    again = timed(lambda: pull(copy, FolderOrigin(data)))
    plain = timed(lambda: shutil.copytree(data, folder / "plain"))
    size = sum(current(data).manifest.sizes.values())
    return (
        f"{triples:,} triples are {size / MEGA:.0f} MB ({size / triples:.0f} bytes each): built in"
        f" {building:.1f} s; pulled, checked and on the disk in {pulling:.2f} s"
        f" ({size / MEGA / pulling:.0f} MB/s, {pulling / plain:.1f} times cp),"
        f" {1000 * again:.0f} ms when nothing is new"
    )


def asked(servers: list[Server], requests: list[bytes]) -> tuple[float, float, float]:
    """Ask all servers at a time; gives answers per second, processor's ms each, and p95 in ms."""
    runs: list[Run] = []
    before = sum(one.cpu() for one in servers)
    share = len(requests) // len(servers)
    threads = [
        Thread(
            target=lambda port=one.port, at=share * number: runs.append(
                run(port, requests[at : at + share], CLIENTS // len(servers))
            )
        )
        for number, one in enumerate(servers)
    ]
    seconds = timed(lambda: together(threads))
    cpu = sum(one.cpu() for one in servers) - before
    done = sum(len(one.each) for one in runs)
    p95 = max(one.percentile(0.95) for one in runs)
    return done / seconds, 1000 * cpu / done, 1000 * p95


def together(threads: list[Thread]) -> None:
    """Run threads side by side to their ends."""
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def lines(one: list[Server], two: list[Server]) -> list[str]:
    """Compare one server with two."""
    fresh, found = count(1), []
    few = [request("/sparql", LOOK_UP.format(n=n), JSON) for n in range(1, 101)]
    for name, requests in (
        ("first-time look-ups", None),
        ("repeated look-ups", few * (REPEATED // len(few))),
    ):
        results = []
        for servers in (one, two):
            told = requests or [
                request("/sparql", LOOK_UP.format(n=next(fresh)), JSON) for _ in range(FIRST)
            ]
            asked(servers, few)
            results.append(asked(servers, told))
        cells = "".join(f"{r:>10.0f}/s {c:6.3f} ms cpu, p95 {p:6.1f} ms" for r, c, p in results)
        found.append(f"{name:24}{cells}   ratio {results[1][0] / results[0][0]:.2f}")
    return found


def main(arguments: list[str]) -> None:
    """Print the figures."""
    triples = int(arguments[0]) if arguments else TRIPLES
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder, out = Path(name), sys.stdout.write
        written(folder / "events.nt", triples)
        out(copying(folder, folder / "events.nt", triples) + "\n")
        two = []
        for number in range(2):
            (folder / str(number)).mkdir()
            pull(folder / str(number) / "data", FolderOrigin(folder / "data"))
            two.append(stack.enter_context(served(folder / str(number))))
        out(f"{'':24}{'one server':>30}{'two, over copies':>36}\n")
        for line in lines(two[:1], two):
            out(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
