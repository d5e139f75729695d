"""One identifier for several things, found before it makes one thing of them.

Where shapes allow one value, or one a language, and several rows of the source gave several, a
partner's key is most likely shared by different things. One finding tells of each such entity,
with its contradictory values and the rows; it stands for the results that have this one cause.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SH, XSD
from rdflib.term import Node

from parvis.i18n import LANGUAGES, N_, say
from parvis.report import Finding, Place, Severity
from parvis.validation.compile.terms import iri
from parvis.validation.data import View
from parvis.validation.results import graded, steps
from parvis.validation.wording import UNNAMED, property_name

RULE = "collision"
COLLISION = N_(
    "{entity}: several rows give it values that contradict each other, as if different things"
    " shared this identifier: {values} ({rows}). Different things need different identifiers."
)
QUOTED = N_("“{value}”")

RowsOf = Callable[[Collection[str]], Mapping[str, Sequence[Place]]]
"""Tells for each of some subjects which rows wrote about it, the first ones at least."""

_AT_ONCE = 200
_MOST_VALUES = 5
_LONGEST = 80


class Single(NamedTuple):
    """A result that says: several values where one is allowed."""

    result: Node
    focus: URIRef
    path: URIRef
    shape: Node
    severity: Severity
    by_language: bool


@dataclass(frozen=True)
class Collisions:
    """Findings of collisions, and the results of the reports for which they stand."""

    findings: list[Finding] = field(default_factory=list)
    results: frozenset[Node] = frozenset()


def collisions(reports: Iterable[Graph], shapes: Graph, view: View, rows_of: RowsOf) -> Collisions:
    """Find the entities of which several rows say what only one can."""
    by_focus: defaultdict[str, list[Single]] = defaultdict(list)
    for report in reports:
        for one in _singles(report, shapes):
            by_focus[str(one.focus)].append(one)
    if not by_focus:
        return Collisions()
    rows = {focus: found for focus, found in rows_of(by_focus).items() if len(found) > 1}
    values = _values(view, [one for focus in rows for one in by_focus[focus]])
    telling = _Telling(shapes, values)
    # Of alternative properties, those with one value each do not contradict one another.
    told = {f: [one for one in by_focus[f] if telling.contradicts(one)] for f in rows}
    return Collisions(
        [telling.finding(told[focus], found) for focus, found in rows.items() if told[focus]],
        frozenset(one.result for some in told.values() for one in some),
    )


def _singles(report: Graph, shapes: Graph) -> Iterator[Single]:
    """Read the results about things with an IRI that say: one value, or one a language."""
    for component, allows_one in _ONE.items():
        for result in report.subjects(SH.sourceConstraintComponent, component):
            said = dict(report.predicate_objects(result))
            focus, path, shape = said[SH.focusNode], said[SH.resultPath], said[SH.sourceShape]
            if not (isinstance(focus, URIRef) and allows_one(shapes, shape)):
                continue
            severity = graded(said[SH.resultSeverity])
            by_language = component != SH.MaxCountConstraintComponent
            for step in steps(path, shapes):
                yield Single(result, focus, step, shape, severity, by_language)


def _one_value(shapes: Graph, shape: Node) -> bool:
    return (shape, SH.maxCount, Literal(1)) in shapes


def _one_without_language(shapes: Graph, shape: Node) -> bool:
    qualified = shapes.value(shape, SH.qualifiedValueShape)
    plain = qualified is not None and (qualified, SH.datatype, XSD.string) in shapes
    return plain and (shape, SH.qualifiedMaxCount, Literal(1)) in shapes


_ONE: dict[Node, Callable[[Graph, Node], bool]] = {
    SH.MaxCountConstraintComponent: _one_value,
    SH.UniqueLangConstraintComponent: lambda _shapes, _shape: True,
    SH.QualifiedMaxCountConstraintComponent: _one_without_language,
}
"""The constraints by which a shape may allow one value, or one a language; and whether it does."""


Values = Mapping[tuple[Node, Node], Sequence[Node]]


def _values(view: View, told: Sequence[Single]) -> Values:
    """Ask for the values of the properties of things, some at a time."""
    pairs = sorted({(one.focus, one.path) for one in told})
    found: defaultdict[tuple[Node, Node], list[Node]] = defaultdict(list)
    for start in range(0, len(pairs), _AT_ONCE):
        some = " ".join(f"({iri(s)} {iri(p)})" for s, p in pairs[start : start + _AT_ONCE])
        asked = f"SELECT ?s ?p ?value {{ VALUES (?s ?p) {{ {some} }} ?s ?p ?value }}"
        for row in view.select(asked):
            found[row["s"], row["p"]].append(row["value"])
    return found


@dataclass(frozen=True)
class _Telling:
    """How collisions are put into words."""

    shapes: Graph
    values: Values

    def finding(self, told: Sequence[Single], rows: Sequence[Place]) -> Finding:
        """Tell of one entity; it is as grave as the gravest result that it stands for."""
        paths = {one.path for one in told}
        return Finding(
            max(Severity.WARNING, *(one.severity for one in told)),
            RULE,
            {lang: self._text(told, rows, lang) for lang in LANGUAGES},
            rows[0],
            value=" | ".join(_short(value) for one in told[:1] for value in self._several(one)),
            focus=str(told[0].focus),
            path=str(paths.pop()) if len(paths) == 1 else None,
        )

    def contradicts(self, one: Single) -> bool:
        """Say whether there are several values of what may have one."""
        return len(self._several(one)) > 1

    def _text(self, told: Sequence[Single], rows: Sequence[Place], lang: str) -> str:
        parts = (self._said(one, lang) for one in told)
        where = " · ".join(place.in_words(lang) for place in rows)
        values = " · ".join(dict.fromkeys(sorted(parts)))
        return say(lang, COLLISION, entity=told[0].focus, values=values, rows=where)

    def _said(self, one: Single, lang: str) -> str:
        """Say a property and its values."""
        found = self._several(one)
        words = [say(lang, QUOTED, value=_short(value)) for value in found[:_MOST_VALUES]]
        words += ["…"] * (len(found) > _MOST_VALUES)
        name = property_name(self.shapes, one.shape, one.path, lang)
        return say(lang, UNNAMED, name=name, sentence=", ".join(words))

    def _several(self, one: Single) -> list[Node]:
        """Give the values that contradict each other: of texts, those in one language or none."""
        found = sorted(self.values.get((one.focus, one.path), ()), key=lambda value: value.n3())
        if not one.by_language:
            return found
        tags = [_language(value) for value in found]
        return [v for v, tag in zip(found, tags, strict=True) if tags.count(tag) > 1]


def _language(value: Node) -> str:
    """Give a text's language; what is no text shares it with nothing."""
    if isinstance(value, Literal) and value.datatype in {None, XSD.string}:
        return (value.language or "").lower()
    return value.n3()


def _short(value: Node) -> str:
    """Give a value as it is written, cut if it is long."""
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
