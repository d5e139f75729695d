"""How a pool's cost grows: ``python tests/bench/scale.py [--millions 1 5 10 20 50] [--folder F]``.

The invented pool is copied as if of other partners, as `questions.py` does, to each size in turn.
Each step is a process of its own. Prints its seconds, memory or bytes by size, and the exponent:
the slope of the least squares through the logarithms, 1 for a cost in proportion to the triples.
The peer of the first publication is the engine's own bulk load of the same quads.
"""

import argparse
import math
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from measuring import measure_command
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
        usage = measure_command([PARVIS, *command, *where], folder, PATIENCE)
        figures[f"{name}, s"] = usage.wall
        figures[f"{name}, s of processor"] = usage.cpu
        figures[f"{name}, MB of the largest process"] = usage.peak / 1e6
        tell(f"  {name:22}{usage.wall:9.1f} s{usage.peak / 1e6:9.0f} MB")
    return figures


def measure_disk(data: Path) -> Figures:
    """Count the bytes of the generation and of the record, a hard link once."""
    figures: Figures = {}
    for name in ("generations", "graphs"):
        files = {
            (state.st_dev, state.st_ino): state.st_blocks * 512
            for file in (data / name).rglob("*")
            if file.is_file() and (state := file.stat())
        }
        figures[f"{name}, MB on the disk"] = sum(files.values()) / 1e6
    return figures


def measure_serving(folder: Path) -> Figures:
    """Time the first answer, and the medians of three queries that nothing has cached."""
    figures: Figures = {}
    start = time.perf_counter()
    with serve(folder) as port:
        figures["serve until it answers, s"] = time.perf_counter() - start
        for name, query in (("look-up", LOOK_UP), ("count", COUNT), ("search", SEARCH)):
            seconds = []
            for turn in range(TURNS):
                start = time.perf_counter()
                status, _ = ask(port, f"{query}\n# {turn}")
                seconds.append(time.perf_counter() - start)
                if status != 200:
                    tell(f"  {name}: status {status}")
            figures[f"{name} (median), ms"] = sorted(seconds)[TURNS // 2] * 1000
    return figures


def load_plainly(folder: Path) -> Figures:
    """Load the same quads with the engine alone."""
    start = time.perf_counter()
    Store(str(folder / "plain")).bulk_load(path=str(folder / "all.nq"), format=RdfFormat.N_QUADS)
    return {"the engine's own load, s": time.perf_counter() - start}


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
        return {name: value for part in parts for name, value in part().items()}


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
