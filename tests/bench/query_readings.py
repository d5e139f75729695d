"""parvis and the engine must read any text as the same query.

Run ``python tests/bench/query_readings.py [--seconds 300] [--seed N]``. Texts are queries of the
whole grammar, half of them mutated by pieces that hide a SERVICE, a dataset clause or an update:
strings, comments, ``<`` after an operand, escapes, prefixes. Each is evaluated as typed and as
parvis sends it, over six graphs, in a process without network. A disagreement is

* ``call``: a query accepted by parvis tries to call another endpoint, or contains the keyword;
* ``other``: the two texts have different results, with the dataset that parvis read;
* ``invalid``: the engine accepts the typed text, but not what parvis sends;
* ``refused``: parvis refuses a text that both the engine and rdflib accept as SPARQL.

Each is printed with its text, and the exit code is 1 if there is any. Texts that the engine accepts
and rdflib does not, and keywords that touch a name, may be refused: they count as ``strict``.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random, SystemRandom

from answers_compared import Outcome, read_graph, read_results
from pyoxigraph import (
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize,
)
from pyparsing import ParseBaseException
from random_agreements import BASE, WORDS, draw_world
from rdflib.plugins.sparql.parser import parseQuery
from sparql_grammar import Grammar
from sparql_tricks import mutate
from sparql_words import SCHEMA, Comparison

from parvis.errors import QueryError
from parvis.rdf.sparql.algebra import require_confined
from parvis.rdf.sparql.grammar import QueryToken
from parvis.rdf.sparql.syntax_errors import UPDATES
from parvis.sandbox.walls import raise_walls
from parvis.store.query.request import QueryDataset, QueryText

PREFIXES = {"schema": SCHEMA}
TERMS = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>"{}|^`\\\x00-\x20]*>|[?]\w+|_:\S+|@\S+')
TOUCHING = re.compile(r"\b(FROM|NAMED|GRAPH|SERVICE|SILENT|DESCRIBE)[\w.-]*:", re.IGNORECASE)
"""Keywords that may touch a prefixed name for the engine and rdflib, which have no lexer:
“GRAPHg:g” is one name according to the standard."""
SECOND_READING = 20
"""The number of texts per one that rdflib also reads, which takes a hundred times longer."""
SHOWN = 20
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Readings:
    """A store, and the results of the texts."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the same seed draws the same texts
        self.store = Store()
        for graph, triples in draw_world(
            self.random, NOW, triple_terms=True, blanks=True
        ).graphs.items():
            self.store.extend(
                Quad(triple.subject, triple.predicate, triple.object, NamedNode(graph))
                for triple in triples
            )
        self.counts: Counter[str] = Counter()

    def text(self) -> tuple[str, Comparison]:
        """Draw a text, and how its results may be compared."""
        query = Grammar(self.random, WORDS).query()
        if self.random.random() < 0.4:
            return query.text, query.comparison
        return mutate(query.text, self.random), Comparison.LOOSE

    def compare(self, text: str, comparison: Comparison) -> str:
        """Read a text in both ways; return the kind of disagreement, or of agreement."""
        typed = self._evaluate(text, None)
        try:
            query = QueryText.read(text, BASE, PREFIXES)
            return self._compare(typed, query, comparison)
        except QueryError as error:
            return self._judge_refusal(text, typed, error)

    def _compare(self, typed: Outcome, query: QueryText, comparison: Comparison) -> str:
        """Compare the results of the typed text with those of what is sent."""
        sent, dataset = query.parsed_query.write(), query.dataset()
        if dataset and not self.random.randrange(2):  # as sent to a remote store
            sent = query.parsed_query.write(_without_clauses(query.parsed_query.tokens))
        words = TERMS.sub(" ", sent).upper().split()
        has_clause = "FROM" in words and not dataset
        if "SERVICE" in words or has_clause or UPDATES.intersection(words):
            return "call"
        written = self._evaluate(sent, dataset)
        match typed.refusal, written.refusal:
            case ("call", _) | (_, "call"):
                return "call"
            case ("", refusal) if refusal:
                return "invalid"
            case (refusal, _) if refusal:
                return "both refuse" if written.refusal else "lenient"
        froms = sum(token.terminal == "FROM" for token in query.parsed_query.tokens)
        if dataset and froms > len(dataset.default) + len(dataset.named):
            comparison = Comparison.LOOSE  # the engine reads a graph twice if it is named twice
        if not written.agrees(typed, comparison, None):
            return "other"
        if not self.random.randrange(SECOND_READING):
            self._read_again(query)
        return "agree"

    def _judge_refusal(self, text: str, typed: Outcome, error: QueryError) -> str:
        """Return whether a refused text is nevertheless a query."""
        if typed.refusal or "SERVICE" in error.template or "deeper" in error.template:
            return "both refuse" if typed.refusal != "call" else "refused call"
        if TOUCHING.search(text):
            return "strict"
        try:
            parseQuery(f"BASE <{BASE}> PREFIX schema: <{SCHEMA}> {text}")
        except (ParseBaseException, RecursionError):
            return "strict"
        return "refused"

    def _read_again(self, query: QueryText) -> None:
        """Let rdflib read what would be sent to another store."""
        text = query.parsed_query.write(_without_clauses(query.parsed_query.tokens))
        try:
            require_confined(text, frozenset(WORDS.graphs))
            self.counts["second reading"] += 1
        except QueryError as error:
            self.counts[f"second reading: {error.template[:40]}"] += 1

    def _evaluate(self, text: str, dataset: QueryDataset | None) -> Outcome:
        """Evaluate a text; without a dataset, its own dataset clauses apply."""
        try:
            results = self.store.query(
                text,
                base_iri=BASE,
                prefixes=PREFIXES,
                default_graph=[*map(NamedNode, dataset.default)] if dataset else None,
                named_graphs=[*map(NamedNode, dataset.named)] if dataset else None,
            )
            if isinstance(results, QuerySolutions | QueryBoolean):
                return read_results(results.serialize(format=QueryResultsFormat.JSON) or b"")
            return read_graph(serialize(results, format=RdfFormat.N_TRIPLES) or b"")
        except SyntaxError:
            return Outcome(refusal="syntax")
        except (OSError, RuntimeError, ValueError) as error:
            return Outcome(refusal="call" if isinstance(error, OSError) else "evaluation")


def _without_clauses(tokens: Sequence[QueryToken]) -> Iterator[QueryToken]:
    skipped = 0
    for index, token in enumerate(tokens):
        if token.terminal == "FROM":
            skipped = 3 if tokens[index + 1].terminal == "NAMED" else 2
        if not skipped:
            yield token
        skipped = max(skipped - 1, 0)


def main() -> int:
    """Compare for some time and print the results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=300)
    arguments.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32))
    options = arguments.parse_args()
    raise_walls()  # a text must never reach an endpoint
    readings = Readings(options.seed)
    shown, end = 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        text, comparison = readings.text()
        kind = readings.compare(text, comparison)
        readings.counts[kind] += 1
        if kind in {"call", "other", "invalid", "refused"} and (shown := shown + 1) <= SHOWN:
            sys.stdout.write(f"{kind}: {text!r}\n")
    for kind, number in readings.counts.most_common():
        sys.stdout.write(f"{number:9} {kind}\n")
    sys.stdout.write(f"{shown} disagreements, seed {options.seed}\n")
    return bool(shown)


if __name__ == "__main__":
    sys.exit(main())
