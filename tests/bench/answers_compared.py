"""SPARQL results as plain values that can be compared.

Rows are unordered multisets, and blank nodes have no names: each is identified by the statements
about it, up to three steps away.
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
    """A blank node of one result."""

    name: str


Row = tuple["str | Blank", ...]


@dataclass(frozen=True)
class Outcome:
    """The result of a query: rows, or the reason of its refusal. A boolean is one row or none."""

    rows: Counter[tuple[str, ...]] = field(default_factory=Counter)
    refusal: str = ""

    @property
    def anonymised(self) -> Counter[tuple[str, ...]]:
        """The rows with all blank nodes alike: a truncated result says less about each."""
        rows: Counter[tuple[str, ...]] = Counter()
        for row, count in self.rows.items():
            rows[tuple("_:" if part.startswith("_:") else part for part in row)] += count
        return rows

    def agrees(self, fresh: "Outcome", comparison: Comparison, uncut: "Outcome | None") -> bool:
        """Return whether the result equals that of a fresh store, as far as it is determined."""
        if self.refusal or fresh.refusal:
            return bool(self.refusal) == bool(fresh.refusal)
        match comparison:
            case Comparison.EXACT:
                return self.rows == fresh.rows
            case Comparison.DISTINCT:
                return self.anonymised.keys() == fresh.anonymised.keys()
            case Comparison.CUT if uncut is not None:
                same_size = self.rows.total() == fresh.rows.total()
                return self.rows == fresh.rows or (
                    same_size and self.anonymised <= uncut.anonymised
                )
        return True


def read_results(body: bytes) -> Outcome:
    answer = json.loads(body)
    if "boolean" in answer:
        return Outcome(Counter([("true",)] if answer["boolean"] else []))
    bindings = answer["results"]["bindings"]
    return Outcome(anonymise(_row(binding) for binding in bindings))


def read_graph(body: bytes, form: RdfFormat = RdfFormat.N_TRIPLES) -> Outcome:
    """Read a graph."""
    triples = {quad.triple for quad in parse(body, form)}
    return Outcome(anonymise(tuple(_parts_of(triple)) for triple in triples))


def _row(binding: dict[str, Any]) -> Row:
    """List the terms of a solution in the order of variable names."""
    parts: list[str | Blank] = []
    for name in sorted(binding):
        parts += [f"?{name}", *_parts(binding[name])]
    return tuple(parts)


def _parts(term: dict[str, Any]) -> Iterable["str | Blank"]:
    """List the parts of a term; a triple term has several."""
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


def anonymise(solutions: Iterable[Row]) -> Counter[tuple[str, ...]]:
    """Count rows, with blank nodes identified by their context."""
    rows = list(solutions)
    blanks = {part for row in rows for part in row if isinstance(part, Blank)}
    names = dict.fromkeys(blanks, "_:")
    for _ in range(STEPS if blanks else 0):
        around: dict[Blank, list[str]] = {blank: [] for blank in blanks}
        for row in rows:
            for blank in {part for part in row if isinstance(part, Blank)}:
                context = ["self" if part == blank else _name(part, names) for part in row]
                around[blank].append(repr(context))
        names = {blank: f"_:{hash(tuple(sorted(lines)))}" for blank, lines in around.items()}
    return Counter(tuple(_name(part, names) for part in row) for row in rows)


def _name(part: "str | Blank", names: Mapping[Blank, str]) -> str:
    return names[part] if isinstance(part, Blank) else part
