"""Publishing to engines and the example queries there, next to the embedded store.

Run ``python tests/bench/remote.py [--graphs 16 206 1386] [--engine all] [--parts open]``: the
invented pool, repeated as if of other partners, is published to the embedded store, then to each
engine that is installed. Each line has the seconds of a first publication (a whole process), its
ratio to the engine's own bulk load of the same files, the seconds of the publications after a
change of one graph, and of the example queries how many take at most so many times the embedded
store's time, how many give the same, and how many fail. `--each` prints every query,
`--questions` names those to ask. The embedded
store has `--seconds` for a query, and an engine, which is asked what that answered, ten times as
many. `--pool` is a folder left by a run of `--folder` that was ended: the pool in it is published.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from measuring import measure_command
from pyoxigraph import RdfFormat, Store
from questions import BASE, DEMO, PARVIS, PATIENCE, ask, prepare_pool, serve, write
from table import busy, tell

sys.path.append(str(Path(__file__).parents[2]))  # the servers below are those of the tests

from parvis.catalog.queries import load_queries
from parvis.config import Settings
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish as publish_pool
from parvis.store.generation.builder import LocalStores
from parvis.store.generation.generation import current
from parvis.store.remote.publisher import RemoteStores
from tests.remote.engines import ENGINES, PASSWORD, find_sql_port, repositories

OF_A_COPY = 9
"""Open graphs of each copy of the invented pool; some more are parvis's own."""
RUNS = 3
SLOW = 10.0
"""Seconds from which one run of a query is enough."""
CHANGED = f"{BASE}graph/bench/changed"
LIMITS = "[limits.anonymous]\nquery_seconds = 1_000_000\nsite_seconds = 0\nseconds = {}\n"
LONGER = 10
"""How many times as long an engine has as the embedded store."""


@dataclass(frozen=True)
class Answers:
    """The results of the example queries: seconds, status, and rows in any order."""

    seconds: dict[str, float]
    statuses: dict[str, int]
    rows: dict[str, Counter[str]]


def limit_queries(folder: Path, seconds: int) -> None:
    """Set how long a query may take."""
    config = folder / "catalog" / "parvis.toml"
    text = re.sub(r"(?m)^\[limits\.anonymous\]\n(\w+ = .*\n)*", "", config.read_text("utf-8"))
    start, remote, rest = text.partition("[remote]")
    config.write_text(f"{start}{LIMITS.format(seconds)}\n{remote}{rest}", encoding="utf-8")


def run_queries(
    folder: Path, seconds_each: int, questions: list[str], former: Answers | None = None
) -> Answers:
    """Time the example queries of some names, or all: the median of a few times.

    Only those that a former run answered.
    """
    limit_queries(folder, seconds_each)
    seconds, statuses, rows = {}, {}, {}
    with serve(folder) as port:
        for query in load_queries(DEMO).values():
            if questions and query.slug not in questions:
                continue
            if former and former.statuses[query.slug] != 200:
                continue
            times = []
            for number in range(RUNS):
                start = time.perf_counter()
                status, body = ask(port, f"{query.text}\n# {number}")
                times.append(time.perf_counter() - start)
                if status != 200 or times[-1] > SLOW:
                    break
            seconds[query.slug], statuses[query.slug] = median(times), status
            rows[query.slug] = _rows(body) if status == 200 else Counter()
    return Answers(seconds, statuses, rows)


def _rows(body: bytes) -> Counter[str]:
    if not body.startswith(b"{"):
        return Counter(body.decode().splitlines())
    results = json.loads(body)
    bindings = results.get("results", {}).get("bindings", [results.get("boolean")])
    return Counter(json.dumps(binding, sort_keys=True) for binding in bindings)


def publish(folder: Path) -> tuple[float, float]:
    """Publish; return the seconds in all, and those of making the stores."""
    settings = Settings.load(data=folder / "data", catalog=folder / "catalog")
    making: list[float] = []
    kind = RemoteStores if settings.remote else LocalStores
    make = kind.make

    def timed(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as it is
        start = time.perf_counter()
        try:
            return make(*arguments, **options)
        finally:
            making.append(time.perf_counter() - start)

    kind.make = timed  # type: ignore[method-assign]
    start = time.perf_counter()
    try:
        with Pool.open(settings) as pool:
            publish_pool(pool)
    finally:
        kind.make = make  # type: ignore[method-assign]
    return time.perf_counter() - start, sum(making)


def change(folder: Path, version: int) -> None:
    """Change one graph."""
    file = folder / "changed.nq"
    file.write_text(f'<{BASE}id/x> <http://schema.org/name> "{version}" <{CHANGED}> .\n')
    subprocess.run([PARVIS, "load", file, *_where(folder)], check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def _where(folder: Path) -> list[str]:
    return ["--data", str(folder / "data"), "--catalog", str(folder / "catalog")]


def dump(folder: Path) -> None:
    """Write what is open as the engines' own loaders read it."""
    store = Store.read_only(str(current(folder / "data").open_store))
    (folder / "files").mkdir()
    store.dump(str(folder / "all-open.nq"), RdfFormat.N_QUADS)
    for number, graph in enumerate(store.named_graphs()):
        file = folder / "files" / f"{number}.nt"
        store.dump(str(file), RdfFormat.N_TRIPLES, from_graph=graph)
        file.with_suffix(".nt.graph").write_text(f"{str(graph)[1:-1]}\n")


def bulk_load(engine: str, folder: Path) -> float:
    """Return the seconds in which the engine's own loader loads what is open."""
    place = folder / f"bulk-{engine}"
    place.mkdir()
    if engine == "oxigraph":
        program, file = Path(sys.executable).with_name("oxigraph"), folder / "all-open.nq"
        words = [program, "load", "--location", place / "db", "--file", file]
        command = [str(word) for word in words]
        return _time(lambda: subprocess.run(command, check=True, capture_output=True))  # noqa: S603
    if engine != "virtuoso":
        return float("nan")
    with ENGINES[engine](place, files=folder / "files"):
        loading = f"ld_dir('{folder / 'files'}', '*.nt', 'urn:none')"
        return _time(
            partial(_isql, find_sql_port(place), loading, "rdf_loader_run()", "checkpoint")
        )


def _isql(port: int, *statements: str) -> None:
    for statement in statements:
        command = ["isql-vt", f"127.0.0.1:{port}", "dba", PASSWORD, f"exec={statement}"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603


def _time(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def settings_of(folder: Path, engine: str, parts: list[str]) -> Iterator[None]:
    """Run an engine with two repositories for each part, named in the pool's settings."""
    config = folder / "catalog" / "parvis.toml"
    before = config.read_text(encoding="utf-8")
    with ExitStack() as stack:
        place = folder / f"engine-{engine}"
        remote = stack.enter_context(repositories(engine, place, dict.fromkeys(parts, 2)))
        lines = [
            f'engine = "{engine}"',
            *(f"{p} = {json.dumps(getattr(remote, p))}" for p in parts),
        ]
        if remote.user:
            lines += [f'user = "{remote.user}"', f'password_file = "{remote.password_file}"']
        config.write_text("\n".join([before, "[remote]", *lines, ""]), encoding="utf-8")
        try:
            yield
        finally:
            config.write_text(before, encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)


def compare(name: str, embedded: Answers, answers: Answers, *, each: bool) -> str:
    """Describe the queries of an engine next to those of the embedded store."""
    ratios = {q: answers.seconds[q] / embedded.seconds[q] for q in answers.seconds}
    answered = [q for q in ratios if answers.statuses[q] == 200]
    both = [q for q in answered if embedded.statuses[q] == 200]
    if each:
        for query, ratio in ratios.items():
            verdict = "same" if answers.rows[query] == embedded.rows[query] else "differs"
            tell(
                f"  {name:10}{query:44}{embedded.seconds[query]:8.3f}{answers.seconds[query]:8.3f}"
                f"{ratio:7.1f}  {answers.statuses[query]} {verdict}"
            )
    middle = median([ratios[q] for q in both] or [0])
    least = {n: sum(ratios[q] <= n for q in both) for n in (1, 2, 10)}
    same = sum(answers.rows[q] == embedded.rows[q] for q in both)
    return (
        f"{len(answered)} of {len(ratios)} answered, median {middle:.2f} x,"
        f" at most 1 x {least[1]}, 2 x {least[2]}, 10 x {least[10]}; the same {same}"
    )


def _seconds(
    engine: str, first: tuple[float, float], changes: list[tuple[float, float]], loader: str
) -> str:
    changed = ", ".join(f"{total:.1f} ({making:.1f})" for total, making in changes)
    return (
        f"  {engine:10} first {first[0]:.1f} s, of which the stores {first[1]:.1f} s {loader};"
        f" one graph changed: {changed or 'not measured'} s"
    )


def measure(folder: Path, options: argparse.Namespace, engines: list[str]) -> None:
    """Print the lines of one size."""
    if not options.pool:
        change(folder, 0)
        shutil.rmtree(folder / "data" / "generations", ignore_errors=True)
        first = publish(folder)
        dump(folder)
        changed = []
        if options.changes:
            change(folder, 1)
            changed = [publish(folder)]
        tell(_seconds("embedded", first, changed, ""))
    facts = current(folder / "data").manifest.open
    tell(f"{len(facts.graphs):,} open graphs, {facts.quads:,} triples; {busy()}")
    embedded = run_queries(folder, options.seconds, options.questions)
    answered = sum(status == 200 for status in embedded.statuses.values())
    tell(f"  embedded   {answered} of {len(embedded.statuses)} answered in {options.seconds} s")
    for engine in engines:
        own = bulk_load(engine, folder)
        with settings_of(folder, engine, options.parts):
            first, changes = publish(folder), []
            for version in range(2, 2 + options.changes):
                change(folder, version)
                changes.append(publish(folder))
            tell(
                _seconds(engine, first, changes, f"{first[1] / own:.1f} x its loader's {own:.1f} s")
            )
            longer = LONGER * options.seconds
            answers = run_queries(folder, longer, options.questions, embedded)
            tell(f"  {engine:10} {compare(engine, embedded, answers, each=options.each)}")
        shutil.rmtree(folder / "data" / "remote", ignore_errors=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, nargs="*", default=[16, 206, 1386])
    parser.add_argument("--engine", choices=[*ENGINES, "all"], default="all")
    parser.add_argument("--parts", nargs="*", default=["open"])
    parser.add_argument("--changes", type=int, default=3, help="publications after a change")
    parser.add_argument("--each", action="store_true", help="print every query")
    parser.add_argument("--questions", nargs="*", default=[], help="the names of those to ask")
    parser.add_argument("--seconds", type=int, default=60, help="for a query, embedded")
    parser.add_argument("--folder", type=Path, help="where to work; several times the data")
    parser.add_argument("--pool", type=Path, help="a folder whose pool is published already")
    options = parser.parse_args()
    engines = sorted(ENGINES) if options.engine == "all" else [options.engine]
    if options.pool:
        measure(options.pool, options, engines)
    for graphs in () if options.pool else options.graphs:
        with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            lines, _ = prepare_pool(folder)
            limit_queries(folder, options.seconds)
            if graphs > 2 * OF_A_COPY:
                write(folder / "all.nq", lines, graphs // OF_A_COPY)
                load = [str(PARVIS), "load", str(folder / "all.nq"), *_where(folder)]
                measure_command(load, folder, PATIENCE)
            measure(folder, options, engines)


if __name__ == "__main__":
    main()
