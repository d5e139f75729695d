"""The answers to queries as they were written, compared with those as they are rewritten.

Run ``python tests/bench/rewriting.py [--queries 20000] [--seed 1]``. Random groups of the kinds
that the rules are about, and queries of the whole grammar, over random quads in three graphs, as a
reader of all and of two of them. The estimates are drawn at random and every rule applies wherever
it may, so that each order of joins and each loop that a rule allows is proved. Prints each
difference; exit code 1 if there is any.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import cast
from unittest.mock import patch

from answers_compared import Outcome, read_graph, read_results
from pyoxigraph import (
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize,
)
from random_agreements import WORDS
from sparql_grammar import Grammar
from sparql_words import Comparison

from parvis.errors import QueryError
from parvis.store.query import first_rows, rewriting
from parvis.store.query.confinement import STAR, run
from parvis.store.query.estimates import Estimates, Names
from parvis.store.query.request import QueryDataset, QueryText
from parvis.store.query.rewriting import rewrite_query

BASE = WORDS.base
GRAPHS = WORDS.graphs[:3]
READERS = (None, QueryDataset.of(GRAPHS[:2]))
PREDICATES, VARIABLES = WORDS.predicates, "abcde"
VALUES = (Literal(1), Literal(2), Literal("a"), Literal("a", language="fr"), Literal("b"))
CONDITIONS = (
    *("?{0} != ?{1}", "BOUND(?{0})", "!BOUND(?{0})", "STR(?{0}) < STR(?{1})", "isIRI(?{0})"),
    *("?{0} = 1", "LANG(?{0}) = 'fr'", "!BOUND(?{0}) || ?{0} = ?{1}", "COALESCE(?{0}, ?{1}) != 2"),
)


class RandomEstimates(Estimates):
    """Estimates that say nothing about the data; what is counted else is counted in a store."""

    def __init__(self, random: Random, store: Store, reader: QueryDataset | None) -> None:
        """Draw from a random source."""

        def evaluate_rows(query: QueryText) -> QuerySolutions:
            return cast("QuerySolutions", run(store, query, allowed=reader, requested=reader))

        super().__init__(evaluate_rows)
        self._random = random

    def matches(self, query: QueryText, pattern: object, bound: Names) -> float:
        """Return any number."""
        del query, pattern, bound
        return self._random.choice([0.5, 1.0, 10.0, 1_000.0])


@contextmanager
def everything_is_rewritten() -> Iterator[None]:
    """Apply each rule wherever it may, also where it gains nothing."""
    with (
        patch.multiple(rewriting, SHORT=0, SUBJECT=-1, CHEAP=-1, GAIN=0),
        patch.multiple(first_rows, CHEAP=-1, GAIN=0),
    ):
        yield


class Groups:
    """Random queries of joins, OPTIONAL, BIND, VALUES and FILTER, as the rules treat them."""

    def __init__(self, random: Random) -> None:
        """Draw from a random source."""
        self._random = random
        self._fresh = 0

    def query(self) -> str:
        """Draw a query, with its columns named."""
        self._fresh = 0
        group = self._group(0)
        columns = " ".join(f"?{name}" for name in (*VARIABLES, "g"))
        match self._random.randint(0, 7):
            case 0:
                return f"SELECT ?a (COUNT(*) AS ?n) (COUNT(?b) AS ?m) WHERE {group} GROUP BY ?a"
            case 1:
                return f"SELECT ?a (COUNT(DISTINCT ?c) AS ?n) WHERE {group} GROUP BY ?a"
            case 2:
                return f"CONSTRUCT {{ ?a ?p ?b . ?c <urn:x:p> ?a }} WHERE {group}"
            case 3:
                return f"SELECT DISTINCT {columns} WHERE {group}"
            case 4 | 5:
                return self._first_rows(group)
        fresh = " ".join(f"?f{number}" for number in range(self._fresh))
        return f"SELECT {columns} {fresh} WHERE {group}"

    def _first_rows(self, group: str) -> str:
        """Draw a query for the first rows by an order that leaves only equal ones undecided."""
        names = [*VARIABLES, "g"]
        self._random.shuffle(names)
        keys = [f"{way}(?{name})" for name in names for way in ("STR", "LANG", "isIRI")]
        way = self._random.choice(["ASC", "DESC"])
        order = f"ORDER BY {way}({keys[0]}) {' '.join(keys[1:])}"
        columns = " ".join(f"?{name}" for name in names)
        distinct = self._random.choice(["", "DISTINCT"])
        first = f"SELECT {distinct} {columns} WHERE {group} {order}"
        first += f" LIMIT {self._random.choice([1, 3, 8])}"
        if self._random.random() < 0.5:
            return first
        return f"SELECT {columns} WHERE {{ {{ {first} }} {self._triple()} }}"

    def _group(self, depth: int) -> str:
        elements = [self._triple() for _ in range(self._random.randint(1, 3))]
        further = self._random.randint(0, 3 if depth < 2 else 1)
        elements += [self._element(depth) for _ in range(further)]
        if self._random.random() < 0.3:
            self._random.shuffle(elements)
        return "{ " + " ".join(elements) + " }"

    def _element(self, depth: int) -> str:  # noqa: C901, PLR0911 - one for each kind
        kind = self._random.choice(
            ["triple"] * 3 + ["OPTIONAL"] * 4 + ["BIND", "FILTER", "FILTER", "VALUES", "VALUES"]
            + ["GRAPH", "UNION", "MINUS", "SELECT", "EXISTS", "path"]
        )  # fmt: skip
        if depth >= 2 and kind in {"OPTIONAL", "UNION", "MINUS", "SELECT", "EXISTS"}:
            kind = "triple"
        match kind:
            case "BIND":
                self._fresh += 1
                return f"BIND (COALESCE(?{self._name()}, ?{self._name()}) AS ?f{self._fresh - 1})"
            case "FILTER":
                condition = self._random.choice(CONDITIONS)
                return f"FILTER ({condition.format(self._name(), self._name())})"
            case "VALUES":
                rows = " ".join(self._datum() for _ in range(self._random.choice([1, 1, 2])))
                return f"VALUES ?{self._name()} {{ {rows} }}"
            case "GRAPH":
                return f"GRAPH ?g {{ {self._triple()} {self._triple()} }}"
            case "UNION":
                return f"{self._group(depth + 1)} UNION {self._group(depth + 1)}"
            case "SELECT":
                # A limit that cuts nothing: what is left would depend on the order of equal rows.
                limit = self._random.choice(["", "ORDER BY ?b LIMIT 100000", "LIMIT 100000"])
                return f"{{ SELECT ?{self._name()} ?b WHERE {self._group(depth + 1)} {limit} }}"
            case "EXISTS":
                return f"FILTER EXISTS {self._group(depth + 1)}"
            case "OPTIONAL" | "MINUS":
                return f"{kind} {self._group(depth + 1)}"
            case "path":
                steps = [self._predicate(), self._predicate()]
                path = self._random.choice(["({0})?/{1}", "{0}/{1}", "^{0}/{1}", "{1}/^{0}*"])
                return f"?{self._name()} {path.format(*steps)} ?{self._name()} ."
        return self._triple()

    def _triple(self) -> str:
        verb = self._random.choice(["?p", *[self._predicate()] * 7])
        value = self._random.choice(
            [f"?{self._name()}"] * 15 + [f"<{WORDS.nodes[0]}>", "1", "'a'@fr"]
        )
        return f"?{self._name()} {verb} {value} ."

    def _datum(self) -> str:
        return self._random.choice(
            ["UNDEF", "1", "'a'", "'a'@fr", *(f"<{n}>" for n in WORDS.nodes)]
        )

    def _predicate(self) -> str:
        return f"<{self._random.choice(PREDICATES)}>"

    def _name(self) -> str:
        return self._random.choice(VARIABLES)


def draw_store(random: Random) -> Store:
    """Draw quads in three graphs; a triple may be in several."""
    store = Store()
    nodes = [NamedNode(node) for node in WORDS.nodes]
    values: list[NamedNode | Literal] = [*nodes, *nodes, *VALUES]
    for _ in range(random.randint(30, 60)):
        value = random.choice(values)
        subject, step = random.choice(nodes), NamedNode(random.choice(PREDICATES))
        for graph in random.sample(GRAPHS, random.choice([1, 1, 2])):
            store.add(Quad(subject, step, value, NamedNode(graph)))
    return store


def evaluate(store: Store, query: QueryText, reader: QueryDataset | None) -> Outcome:
    """Return the answer as a multiset, or that there is none."""
    try:
        results = run(store, query, allowed=reader)
        if isinstance(results, QuerySolutions | QueryBoolean):
            return read_results(results.serialize(format=QueryResultsFormat.JSON) or b"")
        return read_graph(serialize(results, format=RdfFormat.N_TRIPLES) or b"")
    except (QueryError, RuntimeError, ValueError, SyntaxError) as error:
        return Outcome(refusal=str(error))


def compare(store: Store, text: str, random: Random, comparison: Comparison) -> str:
    """Compare both answers to one query; return ``as written``, ``equal`` or the difference."""
    try:
        query = QueryText.read(text, BASE, {})
    except QueryError:
        return "as written"
    if STAR.search(text) or comparison not in {Comparison.EXACT, Comparison.DISTINCT}:
        return "as written"
    for reader in READERS:
        with everything_is_rewritten():
            rewritten = rewrite_query(query, RandomEstimates(random, store, reader))
        if rewritten is query:
            return "as written"
        before, after = (evaluate(store, each, reader) for each in (query, rewritten))
        if not after.agrees(before, comparison, None):
            return (
                f"{text}\n  {rewritten.parsed_query.write()}\n  {before.refusal or before.rows}\n"
                f"  {after.refusal or after.rows}\n"
            )
    return "equal, not empty" if before.rows else "equal"


def compare_many(queries: int, seed: int | str, report: Callable[[str], object]) -> Counter[str]:
    """Compare random queries; report each difference, and return how many had which result."""
    counts: Counter[str] = Counter()
    random = Random(f"{seed}")  # noqa: S311 - to be repeated
    groups, grammar = Groups(random), Grammar(random, WORDS)
    while counts.total() < queries:
        store = draw_store(random)
        for _ in range(40):
            text, comparison = groups.query(), Comparison.EXACT
            if random.random() < 0.2:
                query = grammar.query()
                text, comparison = query.undirected, query.comparison
            verdict = compare(store, text, random, comparison)
            is_known = verdict in {"as written", "equal", "equal, not empty"}
            counts[verdict if is_known else "DIFFERS"] += 1
            if not is_known:
                report(verdict)
    return counts


def main() -> int:
    """Compare and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.process_time()
    counts = compare_many(options.queries, options.seed, sys.stdout.write)
    parts = ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items()))
    sys.stdout.write(f"{parts}; {time.process_time() - start:.0f} s of processor\n")
    return int(counts["DIFFERS"] > 0)


if __name__ == "__main__":
    sys.exit(main())
