"""Example queries of a reader of most graphs: with a list of them, and on a view of them.

Run ``python tests/bench/views.py [--graphs 206 1386]``: the invented pool, repeated as if of other
partners, is published; a reader reads all that is open and one graph more. Each line has the
seconds until the view is made, its size next to the open store's, the seconds of the example
queries over the open store (which an anonymous reader queries), the view and the list, and how many
of them were not answered within the limit.
"""

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

from questions import DEMO, PARVIS, prepare_pool, write
from remote import OF_A_COPY
from table import busy, tell

from parvis.catalog.queries import load_queries
from parvis.config import Settings, Share
from parvis.errors import ParvisError
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.store.generation.generation import current
from parvis.store.generation.views import make_view
from parvis.store.query.pool import QueryPool, QueryReader
from parvis.store.query.request import QueryDataset, WorkerRequest

SECONDS = 20.0


def run_queries(settings: Settings, store: Path, graphs: list[str] | None) -> dict[str, float]:
    """Return the seconds of each example query; `SECONDS` where it was cut."""
    seconds = {}
    allowed = None if graphs is None else QueryDataset.of(graphs)
    share = Share(seconds=SECONDS, bytes=10**9)
    with QueryPool(settings.limits) as pool:
        for query in load_queries(DEMO).values():
            start = time.perf_counter()
            try:
                request = WorkerRequest(query.text, allowed=allowed, base=settings.base)
                reader = QueryReader("bench", share)
                for _ in pool.ask(store, request, reader).chunks:
                    pass
                seconds[query.slug] = time.perf_counter() - start
            except ParvisError:
                seconds[query.slug] = SECONDS
    return seconds


def size_of(folder: Path) -> int:
    """Return the bytes of files that are of this folder alone."""
    files = (path.stat() for path in folder.rglob("*") if path.is_file())
    return sum(status.st_size for status in files if status.st_nlink == 1)


def measure(folder: Path) -> None:
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    with Pool.open(settings) as pool:
        publish(pool)
    generation = current(settings.data)
    opened, members = generation.manifest.open.graphs, generation.manifest.members.graphs
    restricted = sorted(members.keys() - opened.keys())[:1]
    graphs = frozenset([*opened, *restricted])
    start = time.perf_counter()
    view, _ = make_view(settings.data, generation, graphs)
    made = time.perf_counter() - start
    if view is None:
        raise SystemExit("no view was made")
    tell(
        f"{len(graphs):,} graphs of {len(members):,}, {generation.manifest.open.quads:,} triples;"
        f" view made in {made:.2f} s, {size_of(view) / 1e6:.1f} MB of its own; {busy()}"
    )
    results = {
        "open store": run_queries(settings, generation.open_store, None),
        "view": run_queries(settings, view, None),
        "list": run_queries(settings, generation.members_store, sorted(graphs)),
    }
    base = results["open store"]
    for name, seconds in results.items():
        ratios = [seconds[query] / base[query] for query in seconds]
        tell(
            f"  {name:11} in all {sum(seconds.values()):8.2f} s, median {median(ratios):6.2f} x,"
            f" not answered {sum(each == SECONDS for each in seconds.values())}"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, nargs="*", default=[206, 1386])
    for graphs in parser.parse_args().graphs:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            lines, _ = prepare_pool(folder)
            write(folder / "all.nq", lines, graphs // OF_A_COPY)
            load = [str(PARVIS), "load", str(folder / "all.nq"), "--data", str(folder / "data")]
            load += ["--catalog", str(folder / "catalog")]
            subprocess.run(load, check=True, capture_output=True)  # noqa: S603
            measure(folder)


if __name__ == "__main__":
    main()
