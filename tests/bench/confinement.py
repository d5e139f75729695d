"""Results for each reader, compared with those of a fresh store of that reader's graphs only.

Run ``python tests/bench/confinement.py [--queries 50000] [--engine all] [--seed 1]``. Each world
has its own six graphs, agreements and readers; a generation is built from it and queried through
the pool's service, from the reader's agreements to the worker's results. The same query, without
its dataset, is run on a store that contains the readable part of the requested dataset:

* ``embedded``: our own store; the fresh one is built here, graph by graph, without graph lists;
* ``site``: the same over HTTP, on a running site, with tokens;
* ``oxigraph`` and ``virtuoso``: the pool's graphs in a server; the fresh one is another server of
  the same kind, with the same lists and only graphs that the reader may read.

Prints a line for each 2,500 queries, and each disagreement with the shortest query that still shows
it; the exit code is 1 if there is any.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from answers_compared import Outcome
from confined_pools import Case, OpenPool, ServerCrashError, open_pool, start_servers
from random_agreements import READERS, WORDS, World, draw_world
from sparql_grammar import Grammar
from sparql_tricks import PIECES
from sparql_words import Comparison, Dialect

from parvis.config import RemoteStore
from parvis.errors import FetchError
from tests.remote import engines

PER_WORLD = 250
"""Queries per world, of all its readers together."""
PART = 2_500
"""Queries whose counts are printed together."""
SHRINKING = 400
"""The maximum number of shorter queries tried for each disagreement."""
ENGINES = ("embedded", "site", *engines.ENGINES)
LATE = ("LimitError", "timed out", "cut its answer short", "Estimated execution time")
"""Signs that a query exceeded its time, which proves nothing."""
SHOWING = frozenset({"LEAK", "differs", "refused"})
CRASHED = "worlds left for new servers"


@dataclass
class Tally:
    """The results of an engine's queries."""

    engine: str
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def line(self, seconds: float) -> str:
        """Format the counts."""
        parts = (f"{name} {number}" for name, number in self.counts.items())
        disagreements = f"disagreements {len(self.disagreements)}"
        return f"{self.engine}: {', '.join(parts)}, {disagreements}, {seconds:.0f} s"


class Trial:
    def __init__(self, world: World, pools: OpenPool, tally: Tally) -> None:
        self._world, self._pools, self._tally = world, pools, tally

    def judge(self, reader: str, graphs: Sequence[str], case: Case) -> None:
        """Run a query once and count the result."""
        self._tally.counts["queries"] += 1
        verdict = self._verdict(reader, graphs, case)
        if verdict in {"equal", "equal, not empty", "both refused", "too slow"}:
            self._tally.counts[verdict] += 1
            if verdict == "too slow" and self._pools.servers:
                # Virtuoso goes on computing some queries that were cut off, until it answers none.
                raise ServerCrashError
            return
        self._pools.require_servers()
        reduced = self._reduce(reader, graphs, case)
        pooled, fresh = self._both(reader, graphs, reduced)
        lists = (reduced.default, reduced.named)
        parameters = f"\n  default {lists[0]} named {lists[1]}" if any(lists) else ""
        self._tally.disagreements.append(
            f"  {verdict}; {reader} reads {[graph.rpartition('/')[2] for graph in graphs]}\n"
            f"  {reduced.query.text!r}{parameters}\n"
            f"  pool:  {format_outcome(pooled)}\n  fresh: {format_outcome(fresh)}\n"
        )

    def _both(self, reader: str, graphs: Sequence[str], case: Case) -> tuple[Outcome, Outcome]:
        lists = case.narrowed(graphs)
        return self._pools.pooled.ask(reader, case), self._pools.fresh.ask(
            case.query.undirected, lists
        )

    def _verdict(self, reader: str, graphs: Sequence[str], case: Case) -> str:
        pooled, fresh = self._both(reader, graphs, case)
        uncut = None
        if case.query.comparison is Comparison.CUT:
            uncut = self._pools.fresh.ask(case.query.uncut, case.narrowed(graphs))
        hidden = [n for n, graph in enumerate(self._world.graphs) if graph not in graphs]
        if any(f"only-{n}" in part for row in pooled.rows for part in row for n in hidden):
            return "LEAK"
        if any(sign in outcome.refusal for sign in LATE for outcome in (pooled, fresh)):
            return "too slow"
        if not pooled.agrees(fresh, case.query.comparison, uncut):
            if pooled.refusal:
                return "refused"
            return "refused by the fresh store alone" if fresh.refusal else "differs"
        if pooled.refusal:
            return "both refused"
        return "equal, not empty" if pooled.rows else "equal"

    def _reduce(self, reader: str, graphs: Sequence[str], case: Case) -> Case:
        """Remove halves, quarters, down to single tokens as long as the disagreement remains."""
        tries = 0
        # FROM uses the prefixes of the head, which therefore stays with it.
        for part in ("body", "values") if case.query.clauses else ("body", "values", "head"):
            pieces: list[str] = PIECES.findall(getattr(case.query, part))
            size, position = max(len(pieces) // 2, 1), 0
            while size and tries < SHRINKING:
                remaining = pieces[:position] + pieces[position + size :]
                shorter = replace(case, query=case.query.with_part(part, "".join(remaining)))
                tries += 1
                if position < len(pieces) and self._verdict(reader, graphs, shorter) in SHOWING:
                    case, pieces = shorter, remaining
                else:
                    position += size
                if position >= len(pieces):
                    size, position = size // 2, 0
        return case


def format_outcome(outcome: Outcome) -> str:
    return outcome.refusal or f"{outcome.rows.total()} rows {sorted(outcome.rows.items())[:4]}"


def draw_case(random: Random, grammar: Grammar) -> Case:
    """Draw a query, and sometimes the protocol's parameters."""
    case = Case(grammar.query())
    if random.random() < 0.2:
        lists = [tuple(random.choices(WORDS.graphs, k=random.randint(0, 3))) for _ in "dn"]
        return replace(case, default=lists[0], named=lists[1])
    return case


def run(engine: str, queries: int, seed: int | str, per_world: int = PER_WORLD) -> Tally:
    """Run many queries on one engine."""
    tally, numbers = Tally(engine), count()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        while tally.counts["queries"] < queries:
            with start_servers(engine, Path(name) / f"servers-{next(numbers)}") as remotes:
                try:
                    while tally.counts["queries"] < queries:
                        number = next(numbers)
                        random = Random(f"{seed}/{engine}/{number}")  # noqa: S311 - to be repeated
                        folder = Path(name) / str(number)
                        folder.mkdir()
                        amount = min(per_world, queries - tally.counts["queries"])
                        _ask_of_world(engine, random, folder, remotes, amount, tally)
                except (ServerCrashError, FetchError):
                    if not remotes:
                        raise
                    tally.counts[CRASHED] += 1
    return tally


def _ask_of_world(  # noqa: PLR0913, PLR0917 - parameters of a world and its queries
    engine: str,
    random: Random,
    folder: Path,
    remotes: tuple[RemoteStore, ...],
    queries: int,
    tally: Tally,
) -> None:
    """Draw a world and run queries on it, as three readers."""
    dialect = (
        Dialect(triple_terms=False, lateral=False, closures=engine != "virtuoso")
        if remotes
        else Dialect()
    )
    now = datetime.now(UTC)
    # Blank nodes travel to a server as IRIs that are derived from the files.
    world = draw_world(random, now, triple_terms=not remotes, blanks=not remotes)
    built = now - timedelta(hours=2) if random.random() < 0.3 else now
    grammar, readers = Grammar(random, WORDS, dialect), random.sample([*READERS], 3)
    with open_pool(engine, world, folder, built, remotes) as pools:
        trial = Trial(world, pools, tally)
        for reader in readers:
            stored = graphs_of_store(world, reader, built)
            graphs = tuple(graph for graph in world.readable(reader, now) if graph in stored)
            stores = (graphs_of_store(world, name, built) for name in ("anonymous", "alpha"))
            pools.fresh.load(graphs, whole={*graphs} in [*stores])
            for _ in range(-(-queries // len(readers))):
                trial.judge(reader, graphs, draw_case(random, grammar))


def graphs_of_store(world: World, reader: str, built: datetime) -> set[str]:
    """Return the graphs of the store that answers a reader: the open one, or that for parties."""
    if reader == "anonymous":
        return set(world.readable(reader, built))
    return world.stored(built)


def main() -> int:
    """Compare and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=50_000)
    parser.add_argument("--first", type=int, default=0, help="go on from this query, as printed")
    parser.add_argument("--engine", choices=(*ENGINES, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # refusals of servers are counted below
    failed = False
    for engine in ENGINES if options.engine == "all" else (options.engine,):
        # Each part has servers and a seed of its own: what ended counts, even if the rest does not.
        for first in range(options.first, options.queries, PART):
            start, amount = time.perf_counter(), min(PART, options.queries - first)
            tally = run(engine, amount, f"{options.seed}.{first // PART}")
            sys.stdout.write(f"{first:,}: {tally.line(time.perf_counter() - start)}\n")
            for text in tally.disagreements:
                sys.stdout.write(text)
            sys.stdout.flush()
            failed |= bool(tally.disagreements)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
