"""Cost and benefit of a read replica: copying next to ``cp``, throughput next to one server's.

Run ``python tests/bench/replicas.py [TRIPLES]``: half a million triples of invented events are
published and copied; then one server, and two on two copies, answer the same look-ups. Each line
shows figures and their ratio. On one machine two servers share its processors: the processor time
of a response shows how several machines scale.
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
from endpoint import CLIENTS, GRAPH, JSON, LOOK_UP, SITE, Server, serve_pool, write_events

from parvis.store.generation.generation import GenerationContent, build, current
from parvis.store.generation.replica import FolderOrigin, pull

TRIPLES = 500_000
MEGA = 1_000_000
FIRST, REPEATED = 4_000, 40_000


def time_call(work: Callable[[], object]) -> float:
    """Return the seconds of a function."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copying(folder: Path, file: Path, triples: int) -> str:
    """Publish, copy, copy again, and copy with ``cp``."""
    data, copy = folder / "data", folder / "copy"
    building = time_call(lambda: build(data, GenerationContent({GRAPH: file}, files=SITE)))
    pulling = time_call(lambda: pull(copy, FolderOrigin(data)))
    unchanged = time_call(lambda: pull(copy, FolderOrigin(data)))
    plain = time_call(lambda: shutil.copytree(data, folder / "plain"))
    size = sum(current(data).manifest.sizes.values())
    return (
        f"{triples:,} triples are {size / MEGA:.0f} MB ({size / triples:.0f} bytes each): built in"
        f" {building:.1f} s; pulled, checked and on the disk in {pulling:.2f} s"
        f" ({size / MEGA / pulling:.0f} MB/s, {pulling / plain:.1f} times cp),"
        f" {1000 * unchanged:.0f} ms when nothing is new"
    )


def query_servers(servers: list[Server], requests: list[bytes]) -> tuple[float, float, float]:
    """Query all servers at once; return responses per second, ms of processor each, and p95."""
    runs: list[Run] = []
    before = sum(server.cpu() for server in servers)
    share = len(requests) // len(servers)
    threads = [
        Thread(
            target=lambda port=server.port, at=share * number: runs.append(
                run(port, requests[at : at + share], CLIENTS // len(servers))
            )
        )
        for number, server in enumerate(servers)
    ]
    seconds = time_call(lambda: run_threads(threads))
    cpu = sum(server.cpu() for server in servers) - before
    completed = sum(len(result.each) for result in runs)
    p95 = max(result.percentile(0.95) for result in runs)
    return completed / seconds, 1000 * cpu / completed, 1000 * p95


def run_threads(threads: list[Thread]) -> None:
    """Run threads in parallel to their end."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lines(single: list[Server], pair: list[Server]) -> list[str]:
    """Compare one server with two."""
    fresh, rows_ = count(1), []
    few = [request("/sparql", LOOK_UP.format(n=n), JSON) for n in range(1, 101)]
    for name, requests in (
        ("first-time look-ups", None),
        ("repeated look-ups", few * (REPEATED // len(few))),
    ):
        results = []
        for servers in (single, pair):
            sent = requests or [
                request("/sparql", LOOK_UP.format(n=next(fresh)), JSON) for _ in range(FIRST)
            ]
            query_servers(servers, few)
            results.append(query_servers(servers, sent))
        cells = "".join(f"{r:>10.0f}/s {c:6.3f} ms cpu, p95 {p:6.1f} ms" for r, c, p in results)
        rows_.append(f"{name:24}{cells}   ratio {results[1][0] / results[0][0]:.2f}")
    return rows_


def main(arguments: list[str]) -> None:
    """Print the figures."""
    triples = int(arguments[0]) if arguments else TRIPLES
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder, out = Path(name), sys.stdout.write
        write_events(folder / "events.nt", triples)
        out(copying(folder, folder / "events.nt", triples) + "\n")
        two = []
        for number in range(2):
            (folder / str(number)).mkdir()
            pull(folder / str(number) / "data", FolderOrigin(folder / "data"))
            two.append(stack.enter_context(serve_pool(folder / str(number))))
        out(f"{'':24}{'one server':>30}{'two, over copies':>36}\n")
        for line in lines(two[:1], two):
            out(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
