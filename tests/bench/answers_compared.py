"""Answers of SPARQL endpoints as plain values that can be held against one another.

Rows are multisets without order, and blank nodes have no names: each is told by what is said of
it, three steps far.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, RdfFormat, Triple, parse
from sparql_words import Comparison

STEPS = 3


class Blank(NamedTuple):
    """A blank node of one answer."""

    name: str


Row = tuple["str | Blank", ...]


@dataclass(frozen=True)
class Outcome:
    """What a query came to: rows, or why it was refused. A boolean is a row or none."""

    rows: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refusal: str = ""

    @property
    def faceless(self) -> Counter[tuple[str, ...]]:
        """The rows, all blank nodes alike: in a part of an answer less is said of each."""
        faceless: Counter[tuple[str, ...]] = Counter()
        for row, times in self.rows.items():
            faceless[tuple("_:" if part.startswith("_:") else part for part in row)] += times
        return faceless

    def agrees(self, fresh: "Outcome", comparison: Comparison, uncut: "Outcome | None") -> bool:
        """Say whether it is what a fresh store says, as far as that is told at all."""
        if self.refusal or fresh.refusal:
            return bool(self.refusal) == bool(fresh.refusal)
        match comparison:
            case Comparison.EXACT:
                return self.rows == fresh.rows
            case Comparison.DISTINCT:
                return self.faceless.keys() == fresh.faceless.keys()
            case Comparison.CUT if uncut is not None:
                same_size = self.rows.total() == fresh.rows.total()
                return self.rows == fresh.rows or (same_size and self.faceless <= uncut.faceless)
        return True


def read_results(body: bytes) -> Outcome:
    """Read results in JSON (SPARQL 1.1 Query Results JSON Format)."""
    answer = json.loads(body)
    if "boolean" in answer:
        return Outcome(Counter([("true",)] if answer["boolean"] else []))
    bindings = answer["results"]["bindings"]
    return Outcome(_nameless(_row(binding) for binding in bindings))


def read_graph(body: bytes, form: RdfFormat = RdfFormat.N_TRIPLES) -> Outcome:
    """Read a graph, in which nothing is said twice."""
    triples = {quad.triple for quad in parse(body, form)}
    return Outcome(_nameless(tuple(_parts_of(triple)) for triple in triples))


def _row(binding: dict[str, Any]) -> Row:
    """Write a solution in the order of its variables' names."""
    parts: list[str | Blank] = []
    for name in sorted(binding):
        parts += [f"?{name}", *_parts(binding[name])]
    return tuple(parts)


def _parts(term: dict[str, Any]) -> Iterable["str | Blank"]:
    """Write a term; a triple term has several parts."""
    value = term["value"]
    match term["type"]:
        case "bnode":
            yield Blank(value)
        case "uri":
            yield f"<{value}>"
        case "triple":
            for place in ("subject", "predicate", "object"):
                yield from _parts(value[place])
        case _:
            tag = term.get("xml:lang", "").lower()
            kind = term.get("datatype", "").removesuffix("#string")
            yield f'"{value}"{tag and "@"}{tag}{kind and "^^"}{kind}'.removesuffix(
                "^^http://www.w3.org/2001/XMLSchema"
            )


def _parts_of(triple: Triple) -> Iterable["str | Blank"]:
    for term in triple:
        if isinstance(term, BlankNode):
            yield Blank(term.value)
        elif isinstance(term, Triple):
            yield from _parts_of(term)
        else:
            yield str(term)


def _nameless(rows: Iterable[Row]) -> Counter[tuple[str, ...]]:
    """Count rows, blank nodes told by where they stand."""
    listed = list(rows)
    blanks = {part for row in listed for part in row if isinstance(part, Blank)}
    names = dict.fromkeys(blanks, "_:")
    for _ in range(STEPS if blanks else 0):
        around: dict[Blank, list[str]] = {blank: [] for blank in blanks}
        for row in listed:
            for blank in {part for part in row if isinstance(part, Blank)}:
                seen = ["self" if part == blank else _name(part, names) for part in row]
                around[blank].append(repr(seen))
        names = {blank: f"_:{hash(tuple(sorted(lines)))}" for blank, lines in around.items()}
    return Counter(tuple(_name(part, names) for part in row) for row in listed)


def _name(part: "str | Blank", names: Mapping[Blank, str]) -> str:
    return names[part] if isinstance(part, Blank) else part
