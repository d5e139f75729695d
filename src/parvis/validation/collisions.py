"""Identifiers shared by several entities.

Where shapes allow one value, or one a language, and several rows of the source have several, a
partner's key most likely stands for different entities. One finding reports each such entity, with
its contradictory values and the rows, in place of the results that have this one cause.
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
from parvis.validation.compile.terms import iri, split_batches
from parvis.validation.data import Data, PartedData
from parvis.validation.names import key_of, shorten
from parvis.validation.results import severity_of
from parvis.validation.shape_words import ShapeWords, steps
from parvis.validation.wording import NAMED, UNNAMED

RULE = "collision"
COLLISION = N_(
    "several rows give this identifier values that contradict each other, as if different things"
    " shared it: {values} ({rows}). Different things need different identifiers."
)
QUOTED = N_("“{value}”")

RowsOf = Callable[[Collection[str]], Mapping[str, Sequence[Place]]]
"""Return for each of some subjects the rows that wrote about it, the first ones at least."""

_MOST_VALUES = 5
_LONGEST = 80
_COMPONENTS: tuple[Node, ...] = (
    SH.MaxCountConstraintComponent,
    SH.UniqueLangConstraintComponent,
    SH.QualifiedMaxCountConstraintComponent,
)
"""The constraints by which a shape may allow one value, or one a language."""


class SingleValueResult(NamedTuple):
    """A result that reports several values where one is allowed."""

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


def find_collisions(
    reports: Iterable[Graph], shapes: Graph, data: Data | PartedData, rows_of: RowsOf
) -> Collisions:
    """Find the entities of which several rows state what only one can."""
    by_focus: defaultdict[str, list[SingleValueResult]] = defaultdict(list)
    for report in reports:
        for single in _read_singles(report, shapes):
            by_focus[str(single.focus)].append(single)
    if not by_focus:
        return Collisions()
    rows = {focus: places for focus, places in rows_of(by_focus).items() if len(places) > 1}
    pairs = {(single.focus, single.path) for focus in rows for single in by_focus[focus]}
    values: defaultdict[tuple[Node, Node], list[Node]] = defaultdict(list)
    with data.select({str(path) for _, path in pairs}) as chosen:
        for batch in split_batches(pairs):
            listing = " ".join(f"({iri(subject)} {iri(path)})" for subject, path in batch)
            query = f"SELECT ?s ?p ?value {{ VALUES (?s ?p) {{ {listing} }} ?s ?p ?value }}"
            for row in chosen.store.select(query):
                values[row["s"], row["p"]].append(row["value"])
    wording = _CollisionWording(shapes, values)
    # Of alternative properties, those with one value each do not contradict one another.
    singles = {
        focus: [s for s in by_focus[focus] if len(wording.contradictory_values(s)) > 1]
        for focus in rows
    }
    return Collisions(
        [
            wording.finding(singles[focus], places)
            for focus, places in rows.items()
            if singles[focus]
        ],
        frozenset(single.result for group in singles.values() for single in group),
    )


def _read_singles(report: Graph, shapes: Graph) -> Iterator[SingleValueResult]:
    """Read the results about named nodes of constraints to one value, or one a language."""
    for component in _COMPONENTS:
        for result in report.subjects(SH.sourceConstraintComponent, component):
            terms = dict(report.predicate_objects(result))
            focus, path, shape = terms[SH.focusNode], terms[SH.resultPath], terms[SH.sourceShape]
            if not (isinstance(focus, URIRef) and _allows_one(shapes, shape, component)):
                continue
            severity = severity_of(terms[SH.resultSeverity])
            by_language = component != SH.MaxCountConstraintComponent
            for step in steps(path, shapes):
                yield SingleValueResult(result, focus, step, shape, severity, by_language)


def _allows_one(shapes: Graph, shape: Node, component: Node) -> bool:
    if component == SH.MaxCountConstraintComponent:
        return (shape, SH.maxCount, Literal(1)) in shapes
    if component == SH.UniqueLangConstraintComponent:
        return True
    # A qualified shape of plain strings: one text without a language.
    qualified = shapes.value(shape, SH.qualifiedValueShape)
    plain = qualified is not None and (qualified, SH.datatype, XSD.string) in shapes
    return plain and (shape, SH.qualifiedMaxCount, Literal(1)) in shapes


def _shorten_value(value: Node) -> str:
    return key_of(value) if isinstance(value, URIRef) else shorten(str(value), _LONGEST)


@dataclass(frozen=True)
class _CollisionWording:
    """The findings of collisions; `values` are those of each focus node and property."""

    shapes: Graph
    values: Mapping[tuple[Node, Node], Sequence[Node]]

    def finding(self, singles: Sequence[SingleValueResult], rows: Sequence[Place]) -> Finding:
        """Return the finding of one entity, as severe as the worst result it replaces."""
        shape_words = ShapeWords(self.shapes)

        def sentence(lang: str) -> str:
            parts = []
            for single in singles:
                values = self.contradictory_values(single)
                texts = map(_shorten_value, values[:_MOST_VALUES])
                words = [say(lang, QUOTED, value=text) for text in texts]
                words += ["…"] * (len(values) > _MOST_VALUES)
                name = shape_words.of_property(single.path, lang, single.shape)
                parts.append(say(lang, UNNAMED, name=name, sentence=", ".join(words)))
            places = " · ".join(place.in_words(lang) for place in rows)
            listed = " · ".join(dict.fromkeys(sorted(parts)))
            text = say(lang, COLLISION, values=listed, rows=places)
            return say(lang, NAMED, name=key_of(singles[0].focus), sentence=text)

        paths = {single.path for single in singles}
        values = self.contradictory_values(singles[0])
        return Finding(
            max(Severity.WARNING, *(single.severity for single in singles)),
            RULE,
            {lang: sentence(lang) for lang in LANGUAGES},
            rows[0],
            value=" | ".join(shorten(str(value), _LONGEST) for value in values),
            focus=str(singles[0].focus),
            path=str(paths.pop()) if len(paths) == 1 else None,
        )

    def contradictory_values(self, single: SingleValueResult) -> list[Node]:
        """Return values that contradict each other: of texts, those in one language or none."""
        values = sorted(self.values.get((single.focus, single.path), ()), key=lambda v: v.n3())
        if not single.by_language:
            return values
        # A value that is not a text shares its “language” with no other value.
        languages = [
            (value.language or "").lower()
            if isinstance(value, Literal) and value.datatype in {None, XSD.string}
            else value.n3()
            for value in values
        ]
        return [v for v, tag in zip(values, languages, strict=True) if languages.count(tag) > 1]
