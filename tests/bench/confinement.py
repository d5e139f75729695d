"""What each reader gets, held against a fresh store with that reader's graphs and nothing else.

Run ``python tests/bench/confinement.py [--queries 50000] [--engine all] [--seed 1]``. Each world
has six graphs, agreements and readers of its own; a generation is built from it and asked through
the pool's own way in, from the reader's agreements to the worker's answer. The same query, without
its dataset, is put to a store that holds the reader's part of the dataset that was asked for:

* ``embedded``: our own store; the fresh one is built here, graph by graph, and told no list;
* ``site``: the same over HTTP, from a site that really runs, with tokens;
* ``oxigraph`` and ``virtuoso``: the pool's graphs in a server; the fresh one is another server of
  the same kind, which is told the same lists and holds nothing that the reader may not read.

Prints a line for each engine, and each disagreement with the shortest query that still shows it;
the exit code is 1 if there is any.
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
from confined_pools import SERVERS, Case, Opened, ServerFellError, opened, servers
from random_agreements import READERS, WORDS, World, draw_world
from sparql_grammar import Grammar
from sparql_tricks import PIECES
from sparql_words import Comparison, Dialect

from parvis.config import RemoteStore
from parvis.errors import FetchError

PER_WORLD = 250
"""Queries asked of one world, by all its readers together."""
SHRINKING = 400
"""Shorter queries that are tried for each disagreement."""
ENGINES = ("embedded", "site", *SERVERS)
LATE = ("LimitError", "timed out", "cut its answer short", "Estimated execution time")
"""Signs that a query was ended for its time, which tells nothing."""
SHOWING = frozenset({"LEAK", "differs", "refused"})
FELL = "worlds in which a server fell"


@dataclass
class Tally:
    """What came of an engine's queries."""

    engine: str
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    def line(self, seconds: float) -> str:
        """Write the counts."""
        parts = (f"{name} {number}" for name, number in self.counts.items())
        disagreements = f"disagreements {len(self.disagreements)}"
        return f"{self.engine}: {', '.join(parts)}, {disagreements}, {seconds:.0f} s"


class Trial:
    """One world on one engine."""

    def __init__(self, world: World, pools: Opened, tally: Tally) -> None:
        """Hold one against the other."""
        self._world, self._pools, self._tally = world, pools, tally

    def judge(self, reader: str, graphs: Sequence[str], case: Case) -> None:
        """Ask once, and count what comes of it."""
        self._tally.counts["queries"] += 1
        verdict = self._verdict(reader, graphs, case)
        if verdict in {"equal", "equal, not empty", "both refused", "too slow"}:
            self._tally.counts[verdict] += 1
            return
        self._pools.require_servers()
        shortest = self._shrunk(reader, graphs, case)
        pooled, fresh = self._both(reader, graphs, shortest)
        lists = (shortest.default, shortest.named)
        parameters = f"\n  default {lists[0]} named {lists[1]}" if any(lists) else ""
        self._tally.disagreements.append(
            f"  {verdict}; {reader} reads {[graph.rpartition('/')[2] for graph in graphs]}\n"
            f"  {shortest.query.text!r}{parameters}\n"
            f"  pool:  {_shown(pooled)}\n  fresh: {_shown(fresh)}\n"
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
        if any(sign in one.refusal for sign in LATE for one in (pooled, fresh)):
            return "too slow"
        if not pooled.agrees(fresh, case.query.comparison, uncut):
            if pooled.refusal:
                return "refused"
            return "refused by the fresh store alone" if fresh.refusal else "differs"
        if pooled.refusal:
            return "both refused"
        return "equal, not empty" if pooled.rows else "equal"

    def _shrunk(self, reader: str, graphs: Sequence[str], case: Case) -> Case:
        """Leave out what can be left out: halves of a part, quarters, down to single tokens."""
        tries = 0
        # FROM is spelt with the prefixes of the head, which stays where there is one.
        for part in ("body", "values") if case.query.clauses else ("body", "values", "head"):
            pieces: list[str] = PIECES.findall(getattr(case.query, part))
            size, at = max(len(pieces) // 2, 1), 0
            while size and tries < SHRINKING:
                left = pieces[:at] + pieces[at + size :]
                shorter = replace(case, query=case.query.with_part(part, "".join(left)))
                tries += 1
                if at < len(pieces) and self._verdict(reader, graphs, shorter) in SHOWING:
                    case, pieces = shorter, left
                else:
                    at += size
                if at >= len(pieces):
                    size, at = size // 2, 0
        return case


def _shown(outcome: Outcome) -> str:
    return outcome.refusal or f"{outcome.rows.total()} rows {sorted(outcome.rows.items())[:4]}"


def draw_case(random: Random, grammar: Grammar) -> Case:
    """Draw a query, and at times the protocol's parameters."""
    case = Case(grammar.query())
    if random.random() < 0.2:
        lists = [tuple(random.choices(WORDS.graphs, k=random.randint(0, 3))) for _ in "dn"]
        return replace(case, default=lists[0], named=lists[1])
    return case


def run(engine: str, queries: int, seed: int, per_world: int = PER_WORLD) -> Tally:
    """Ask so many queries of one engine."""
    tally, numbers = Tally(engine), count()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        while tally.counts["queries"] < queries:
            with servers(engine, Path(name) / f"servers-{next(numbers)}") as remotes:
                try:
                    while tally.counts["queries"] < queries:
                        number = next(numbers)
                        random = Random(f"{seed}/{engine}/{number}")  # noqa: S311 - to be repeated
                        folder = Path(name) / str(number)
                        folder.mkdir()
                        wanted = min(per_world, queries - tally.counts["queries"])
                        _ask_of_world(engine, random, folder, remotes, wanted, tally)
                except (ServerFellError, FetchError):
                    if not remotes:
                        raise
                    tally.counts[FELL] += 1
    return tally


def _ask_of_world(  # noqa: PLR0913, PLR0917 - all that a world is drawn and asked with
    engine: str,
    random: Random,
    folder: Path,
    remotes: tuple[RemoteStore, ...],
    queries: int,
    tally: Tally,
) -> None:
    """Draw a world, and ask so many queries of it, by three readers."""
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
    with opened(engine, world, folder, built, remotes) as pools:
        trial = Trial(world, pools, tally)
        for reader in readers:
            held = held_by(world, reader, built)
            graphs = tuple(graph for graph in world.readable(reader, now) if graph in held)
            pools.fresh.hold(graphs)
            for _ in range(-(-queries // len(readers))):
                trial.judge(reader, graphs, draw_case(random, grammar))


def held_by(world: World, reader: str, built: datetime) -> set[str]:
    """Give the graphs in the store that answers a reader: the open one, or that for parties."""
    if reader == "anonymous":
        return set(world.readable(reader, built))
    return {graph for name in READERS for graph in world.readable(name, built)}


def main() -> int:
    """Compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=50_000)
    parser.add_argument("--engine", choices=(*ENGINES, "all"), default="all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable()  # a server's refusals are counted below
    failed = False
    for engine in ENGINES if options.engine == "all" else (options.engine,):
        begun = time.perf_counter()
        tally = run(engine, options.queries, options.seed)
        sys.stdout.write(f"{tally.line(time.perf_counter() - begun)}\n")
        for text in tally.disagreements:
            sys.stdout.write(text)
        sys.stdout.flush()
        failed |= bool(tally.disagreements)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
