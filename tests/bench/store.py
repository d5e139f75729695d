"""Cost of the store next to the plain engine: load, publish, change, serve, be killed.

Run ``python tests/bench/store.py [--quads 1000000] [--kills 200]``. The yardstick is pyoxigraph's
own bulk load of the same quads into two stores, in two parallel processes; ``x engine`` is the
ratio to its wall time. Commands are whole processes, including the start of Python.
"""

import argparse
import http.client
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import killing
from measuring import Usage, measure_command
from table import busy, mega, tell

from parvis.pooling.intake.templates import init
from parvis.store.generation.builder import LAYERS

PARVIS = Path(sys.executable).with_name("parvis")
GRAPH = "http://bench.example/graph/{}"
ENTITY = 10
"""Quads per entity."""
IN_A_GRAPH = 10_000
ENGINE = """
import sys
from pyoxigraph import RdfFormat, Store
store = Store(sys.argv[2])
store.bulk_load(path=sys.argv[1], format=RdfFormat.N_QUADS)
store.flush()
"""
LINE = "{:38}{:>9}{:>9}{:>9}{:>10}  {}"
PORT = 18_765
PATIENCE = 3_600.0
LOOK_UPS = 1_000


def quads(graph: int, version: int = 0) -> Iterator[str]:
    """Generate the quads of a graph, similar to events; versions differ in every text."""
    chance = random.Random(graph * 1_000 + version)  # noqa: S311 - invented data
    name, schema = GRAPH.format(graph), "http://schema.org/"
    date = "^^<http://www.w3.org/2001/XMLSchema#dateTime>"
    for number in range(IN_A_GRAPH // ENTITY):
        event = f"<http://bench.example/id/event/{graph}/{number}>"
        day = f"{chance.randrange(1, 13):02}-{chance.randrange(1, 28):02}T19:30:00-05:00"
        for step, value in (
            ("name", f'"Spectacle {number} du partenaire {graph}, {version}"@fr'),
            ("description", f'"Une description {chance.random()} avec des mots"@fr'),
            ("startDate", f'"2026-{day}"{date}'),
            ("endDate", f'"2027-{day}"{date}'),
            ("location", f"<http://bench.example/id/place/{graph}/{chance.randrange(100)}>"),
            ("organizer", f"<http://bench.example/id/org/{chance.randrange(500)}>"),
            ("price", f'"{chance.randrange(1_000)}"^^<http://www.w3.org/2001/XMLSchema#integer>'),
            ("audience", f"<http://bench.example/id/public/{chance.randrange(20)}>"),
            ("url", f"<http://partner.example/{graph}/{number}-{chance.randrange(10**6)}>"),
            ("identifier", f'"{graph}-{number}-{version}"'),
        ):
            yield f"{event} <{schema}{step}> {value} <{name}> .\n"


@dataclass
class Bench:
    """A pool of some size in a folder, and the reference measured on it."""

    folder: Path
    size: int
    engine: float = 0.0

    @property
    def source(self) -> Path:
        """Return the file of quads."""
        return self.folder / "all.nq"

    def parvis(self, *arguments: str | Path) -> Usage:
        """Run a command on the pool."""
        return measure_command([PARVIS, *arguments, *self.where], self.folder, PATIENCE)

    @property
    def where(self) -> list[str | Path]:
        """Return the options that name the pool."""
        return ["--data", self.folder / "data", "--catalog", self.folder / "catalog"]

    def line(self, name: str, usage: Usage, target: str = "") -> None:
        """Print the duration of a step."""
        ratio = f"{usage.wall / self.engine:.2f}" if self.engine else ""
        tell(
            LINE.format(
                name, f"{usage.wall:.2f}", f"{usage.cpu:.2f}", mega(usage.peak), ratio, target
            )
        )

    def write(self) -> None:
        """Write the catalogue folder and the quads."""
        init(self.folder / "catalog")
        with self.source.open("w", encoding="utf-8") as file:
            for graph in range(self.size // IN_A_GRAPH):
                file.writelines(quads(graph))

    def changed(self, version: int) -> Path:
        """Write another version of one graph."""
        path = self.folder / "changed.nq"
        path.write_text("".join(quads(0, version)), encoding="utf-8")
        return path

    def yardstick(self) -> None:
        """Let the engine load two stores in parallel."""
        folders = [self.folder / f"engine-{number}" for number in range(2)]
        with ThreadPoolExecutor() as threads:
            start = time.perf_counter()
            usages = list(threads.map(self._load_by_engine, folders))
            self.engine = time.perf_counter() - start
        cpu, peak = sum(usage.cpu for usage in usages), max(usage.peak for usage in usages)
        self.line("engine: two stores side by side", Usage(cpu, self.engine, peak, 0, 0, ""))
        for folder in folders:
            shutil.rmtree(folder)

    def _load_by_engine(self, store: Path) -> Usage:
        command: list[str | Path] = [sys.executable, "-c", ENGINE, self.source, store]
        return measure_command(command, self.folder, PATIENCE)


def costs(bench: Bench) -> None:
    """Measure loading, publishing, and publishing after a change."""
    tell(f"{bench.size:,} quads in graphs of {IN_A_GRAPH:,}; {busy()}")
    tell(LINE.format("", "wall s", "CPU s", "MB", "x engine", "wanted"))
    bench.yardstick()
    bench.line("parvis load", bench.parvis("load", bench.source, "--replace-all"))
    bench.line("parvis publish, first", bench.parvis("publish"), "<= 1.3 x")
    bench.line("parvis publish, the same again", bench.parvis("publish"))
    for version in range(1, LAYERS):
        bench.parvis("load", bench.changed(version))
        bench.line("parvis publish, one graph changed", bench.parvis("publish"), "<= 2 s")
    bench.parvis("load", bench.changed(LAYERS))
    bench.line("parvis publish, and tables merged", bench.parvis("publish"))
    bench.line("parvis verify", bench.parvis("verify"))
    bench.line("parvis backup", bench.parvis("backup", bench.folder / "saved"))


@dataclass
class ReaderTally:
    """What readers observed during a publication."""

    answers: int = 0
    failures: int = 0
    first_new: float = 0.0
    slowest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


def during(bench: Bench) -> None:
    """Run look-ups continuously while a changed graph is published."""
    bench.parvis("load", bench.changed(9))
    pointer, tally, stop = bench.folder / "data" / "current", ReaderTally(), threading.Event()
    with serve(bench):
        readers = [threading.Thread(target=read, args=(tally, stop)) for _ in range(2)]
        for reader in readers:
            reader.start()
        time.sleep(0.5)
        before = tally.answers
        bench.parvis("publish")
        published_at = pointer.stat().st_mtime
        while tally.answers - before < LOOK_UPS or not tally.first_new:
            time.sleep(0.01)
        stop.set()
        for reader in readers:
            reader.join()
    tell(f"\n{tally.answers:,} look-ups around a publication: {tally.failures} failed, wanted 0")
    tell(
        f"the new generation answered {tally.first_new - published_at:.2f} s after it was published"
    )
    tell(f"the slowest look-up took {tally.slowest * 1000:.0f} ms")


@contextmanager
def serve(bench: Bench) -> Iterator[None]:
    """Serve the pool and wait until it answers."""
    command = [PARVIS, "serve", "--port", str(PORT), *bench.where]
    with subprocess.Popen(list(map(str, command))) as server:  # noqa: S603 - our own command
        while ask("ASK {}")[0] != http.client.OK:
            time.sleep(0.05)
        yield
        server.terminate()


def read(tally: ReaderTally, stop: threading.Event) -> None:
    """Run look-ups one after another."""
    number = 0
    while not stop.is_set():
        number += 1
        event = f"<http://bench.example/id/event/0/{number % 1_000}>"
        start = time.perf_counter()
        status, body = ask(f"SELECT ?i WHERE {{ {event} <http://schema.org/identifier> ?i }}")
        duration = time.perf_counter() - start
        with tally.lock:
            tally.answers += 1
            tally.failures += (
                status != http.client.OK or not json.loads(body)["results"]["bindings"]
            )
            tally.slowest = max(tally.slowest, duration)
            if not tally.first_new and b'-9"' in body:
                tally.first_new = time.time()


def ask(query: str) -> tuple[int, bytes]:
    """Run a query; status 0 while the server does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    try:
        connection.request(
            "GET",
            f"/sparql?query={quote(query)}",
            headers={"Accept": "application/sparql-results+json"},
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def main() -> None:
    """Run the chosen measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quads", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.quads:
            bench = Bench(Path(folder), options.quads)
            bench.write()
            costs(bench)
            during(bench)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.kills:
            tally = killing.campaign(Path(folder), options.kills)
            tell(f"\n{options.kills} writers killed: nothing lost, nothing in part")
            tell(f"killed during {dict(tally.killed)}; acknowledged {dict(tally.acknowledged)}")
            tell(f"the slowest reopening took {tally.slowest:.2f} s, wanted <= {killing.LONGEST:g}")


if __name__ == "__main__":
    main()
