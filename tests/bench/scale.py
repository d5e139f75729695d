"""How a pool's cost grows: ``python tests/bench/scale.py [--millions 1 5 10 20 50] [--folder F]``.

The invented pool is copied as if of other partners, as `questions.py` does, to each size in turn.
Each step is a process of its own. Prints its seconds of processor (other programs on the machine
do not change them), memory or bytes by size, and the exponent: the slope of the least squares
through the logarithms, 1 for a cost in proportion to the triples. The peer of the first publication
is the engine's own bulk load of the same quads.
"""

import argparse
import http.client
import math
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from measuring import anonymous_memory, measure_command, processor_seconds, tree
from pyoxigraph import RdfFormat, Store
from questions import PARVIS, PATIENCE, ask, prepare_pool, serve, write
from table import busy, tell

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_UP = "SELECT ?p ?o { ?s ?p ?o } LIMIT 10"
COUNT = "SELECT (COUNT(*) AS ?n) { ?e a <http://schema.org/TheaterEvent> }"
SEARCH = (
    'PREFIX parvis: <https://w3id.org/parvis/ns#> SELECT ?s { ?s parvis:search "hiver" } LIMIT 10'
)
TURNS = 21
PAGES = ("/void.ttl", "/fr/events", "/catalog.ttl")
SAMPLING = 3.0
"""Seconds between two looks at the disk."""

Figures = dict[str, float]


def measure_commands(folder: Path, where: list[str]) -> Figures:
    """Load and publish all, then publish again after one graph of all has changed."""
    figures: Figures = {}
    for name, command in (
        ("load", ["load", str(folder / "all.nq")]),
        ("publish", ["publish"]),
        ("load a change", ["load", str(folder / "changed.nq")]),
        ("publish a change", ["publish"]),
        ("publish nothing new", ["publish"]),
    ):
        with watch_disk(folder / "data") as sizes:
            usage = measure_command([PARVIS, *command, *where], folder, PATIENCE)
        figures[f"{name}, s"] = usage.wall
        figures[f"{name}, s of processor"] = usage.cpu
        figures[f"{name}, MB of the largest process"] = usage.peak / 1e6
        figures[f"{name}, MB of all processes"] = usage.sum_peak / 1e6
        figures[f"{name}, MB on the disk meanwhile"] = max(sizes) / 1e6
    return figures


@contextmanager
def watch_disk(folder: Path) -> Iterator[list[int]]:
    """Note the bytes in a folder every few seconds, and at the end."""
    sizes, stop = list[int](), threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLING):
            sizes.append(disk_of(folder))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield sizes
    finally:
        stop.set()
        thread.join()
        sizes.append(disk_of(folder))


def disk_of(folder: Path) -> int:
    """Count the bytes that a folder takes on the disk, a hard link once."""
    files: dict[tuple[int, int], int] = {}
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # what is being built is renamed and removed
                state = os.lstat(f"{where}/{name}")
                files[state.st_dev, state.st_ino] = state.st_blocks * 512
    return sum(files.values())


def measure_disk(data: Path) -> Figures:
    """Count the bytes of the generations and of the record."""
    return {
        f"{name}, MB on the disk": disk_of(data / name) / 1e6 for name in ("generations", "graphs")
    }


def measure_serving(folder: Path) -> Figures:
    """Measure the start, three queries that nothing has cached, pages at first, and memory."""
    figures: Figures = {}
    others = {*tree(os.getpid())}  # the fork server that has built the demonstration is among them

    def spent() -> float:
        return processor_seconds({*tree(os.getpid())} - others)

    start = time.perf_counter()
    with serve(folder) as port:
        figures["serve until it answers, s"] = time.perf_counter() - start
        figures["serve until it answers, s of processor"] = spent()
        for name, query in (("look-up", LOOK_UP), ("count", COUNT), ("search", SEARCH)):
            seconds, before = [], spent()
            for turn in range(TURNS):
                start = time.perf_counter()
                status, _ = ask(port, f"{query}\n# {turn}")
                seconds.append(time.perf_counter() - start)
                if status != http.client.OK:
                    tell(f"  {name}: status {status}")
            figures[f"{name} (median), ms"] = sorted(seconds)[TURNS // 2] * 1000
            figures[f"{name} (mean), ms of processor"] = (spent() - before) / TURNS * 1000
        for path in PAGES:
            before = spent()
            fetch(port, path)
            figures[f"{path} at first, s of processor"] = spent() - before
        memory = sum(map(anonymous_memory, {*tree(os.getpid())} - others))
        figures["serving, MB without pages of files"] = memory / 1e6
    return figures


def fetch(port: int, path: str) -> None:
    """Read a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != http.client.OK:
        tell(f"  {path}: status {answer.status}")
    connection.close()


def load_plainly(folder: Path) -> Figures:
    """Load the same quads with the engine alone."""
    start = time.process_time()
    Store(str(folder / "plain")).bulk_load(path=str(folder / "all.nq"), format=RdfFormat.N_QUADS)
    figures = {
        "the engine's own load, s of processor": time.process_time() - start,
        "the engine's own load, MB on the disk": disk_of(folder / "plain") / 1e6,
    }
    shutil.rmtree(folder / "plain")
    return figures


def measure_size(work: Path, lines: list[str], copies: int) -> Figures:
    """Build a pool of some copies and measure all steps."""
    with TemporaryDirectory(dir=work) as name:
        folder = Path(name)
        (folder / "catalog").symlink_to(work / "catalog")
        write(folder / "all.nq", lines, copies)
        subject = lines[0].split(" ", 1)[0]
        graph = lines[0].rsplit(" ", 2)[1]
        changed = [line for line in lines if line.rsplit(" ", 2)[1] == graph]
        extra = f'{subject} <http://schema.org/alternateName> "change" {graph} .\n'
        write(folder / "changed.nq", [*changed, extra], 1)
        where = ["--data", str(folder / "data"), "--catalog", str(folder / "catalog")]
        parts: list[Callable[[], Figures]] = [
            lambda: load_plainly(folder),
            lambda: measure_commands(folder, where),
            lambda: measure_disk(folder / "data"),
            lambda: measure_serving(folder),
        ]
        figures: Figures = {}
        for part in parts:
            figures |= (added := part())
            for label, value in added.items():  # at once: the largest size may take an hour
                tell(f"  {label:50}{value:11.2f}")
        return figures


def fit_exponent(sizes: list[float], values: list[float]) -> float:
    """Return the slope of the least squares through the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(max(v, 1e-9)) for v in values]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    products = ((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return sum(products) / spread if spread else math.nan


def main() -> None:
    """Print the table, and what a thousand million triples would cost at these exponents."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 5, 10, 20, 50])
    parser.add_argument("--folder", type=Path, help="where to work; a hundred times the data")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        work = Path(name)
        lines, size = prepare_pool(work)
        sizes, columns = list[float](), list[Figures]()
        for millions in options.millions:
            copies = max(round(millions * 1e6 / size), 1)
            tell(f"{copies * size:,} quads, {copies:,} copies of the invented pool; {busy()}")
            sizes.append(copies * size / 1e6)
            columns.append(measure_size(work, lines, copies))
    heads = "".join(f"{size:9.1f} M" for size in sizes)
    tell(f"\n{'':50}{heads}{'exponent':>10}{'at 1,000 M':>12}")
    for label in columns[0]:
        values = [column[label] for column in columns]
        exponent = fit_exponent(sizes, values)
        beyond = values[-1] * (1000 / sizes[-1]) ** exponent
        cells = "".join(f"{value:11.1f}" for value in values)
        tell(f"{label:50}{cells}{exponent:10.2f}{beyond:12,.0f}")


if __name__ == "__main__":
    main()
