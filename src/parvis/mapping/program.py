"""A plan compiled once: closures that turn a row into lines of N-Triples."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote

from parvis.i18n import N_
from parvis.mapping.functions import FUNCTIONS, Setting, Values
from parvis.mapping.plan import (
    Call,
    EntityMap,
    Expression,
    ObjectMap,
    PredicateObject,
    Reference,
    Template,
    references,
)
from parvis.mapping.rows import Row
from parvis.mapping.values import CONVERTERS, Refused, natural
from parvis.rdf.ntriples import iri, literal

Evaluate = Callable[[Row], Values]
Refuse = Callable[[Refused, Row, set[str]], None]
"""Told of each value refused, with its row and the columns it was read from."""

RESERVED = re.compile(r"[^\w.~-]")
"""What templates percent-encode: all but letters and digits of any script, and ``-._~``."""

BAD_IRI = N_("“{value}” cannot be part of an address (IRI)")


def evaluator(expression: Expression, setting: Setting, *, safe: bool = False) -> Evaluate:
    """Compile an expression; `safe` percent-encodes references within text (RML templates)."""
    if isinstance(expression, Call):
        return _call(expression, setting)
    if (only := expression.reference) is not None:
        return lambda row: row.get(only.name)
    return _template(expression, safe=safe)


def _template(template: Template, *, safe: bool) -> Evaluate:
    """Compile a template: all combinations of its references' values, none if one is empty."""
    if not any(isinstance(part, Reference) for part in template.parts):
        constant = "".join(map(str, template.parts))
        return lambda _: [constant]

    def evaluate(row: Row) -> Values:
        choices = [
            [part] if isinstance(part, str) else [_text(v, safe=safe) for v in row.get(part.name)]
            for part in template.parts
        ]
        return ["".join(parts) for parts in product(*choices)]

    return evaluate


def _text(value: object, *, safe: bool) -> str:
    """Write a value within text; within an IRI all but unreserved characters are encoded."""
    text = natural(value)[0] if not isinstance(value, str) else value  # type: ignore[arg-type]
    return RESERVED.sub(lambda found: quote(found[0], safe=""), text) if safe else text


def _call(call: Call, setting: Setting) -> Evaluate:
    """Compile a call: its parameters first, then the function."""
    run = FUNCTIONS[call.function].run
    compiled = [(name, evaluator(value, setting)) for name, value in call.parameters]

    def evaluate(row: Row) -> Values:
        arguments: dict[str, list[object]] = {}
        for name, value in compiled:
            arguments.setdefault(name, []).extend(value(row))
        return run(arguments, setting)  # type: ignore[arg-type] # values by construction

    return evaluate


@dataclass(frozen=True)
class Program:
    """One entity map over one source, ready to run."""

    entity: EntityMap
    subject: Evaluate
    condition: Evaluate | None
    pairs: tuple[tuple[PredicateObject, str, Callable[[Row], Iterator[str]], Evaluate | None], ...]
    base: str
    refuse: Refuse

    def run(self, row: Row) -> Iterator[tuple[str, list[str]]]:
        """Give each subject (an IRI in angle brackets) with its lines."""
        entity = self.entity
        if self.condition and not self._holds(self.condition, row, references(entity.condition)):
            return
        for subject in self._subjects(row):
            lines = [
                f"{subject} {predicate} {term} .\n"
                for pair, predicate, terms, condition in self.pairs
                if condition is None
                or self._holds(condition, row, references(pair.object.condition))
                for term in self._terms(terms, row, pair)
            ]
            yield subject, lines

    def _holds(self, condition: Evaluate, row: Row, columns: set[str]) -> bool:
        """Say whether a condition holds; one that cannot be judged does not."""
        try:
            return all(value is True for value in condition(row))
        except Refused as refused:
            self.refuse(refused, row, columns)
            return False

    def _subjects(self, row: Row) -> list[str]:
        """Make the subject's IRIs; an empty reference gives none (RML-Core §5.2)."""
        try:
            return [_iri(value, self.base) for value in self.subject(row)]
        except Refused as refused:
            self.refuse(refused, row, references(self.entity.subject))
            return []

    def _terms(
        self, terms: Callable[[Row], Iterator[str]], row: Row, pair: PredicateObject
    ) -> list[str]:
        """Make the objects of a pair; a refused value is reported and left out."""
        found: list[str] = []
        try:
            found.extend(terms(row))
        except Refused as refused:
            self.refuse(refused, row, references(pair.object.value))
        return found


def compile_entity(entity: EntityMap, setting: Setting, base: str, refuse: Refuse) -> Program:
    """Compile an entity map for a source's setting."""

    def condition(call: Call | None) -> Evaluate | None:
        return None if call is None else evaluator(call, setting)

    return Program(
        entity=entity,
        subject=evaluator(entity.subject, setting, safe=True),
        condition=condition(entity.condition),
        pairs=tuple(
            (
                pair,
                iri(str(pair.predicate)),
                _object(pair.object, setting, base),
                condition(pair.object.condition),
            )
            for pair in entity.predicate_objects
        ),
        base=base,
        refuse=refuse,
    )


def _object(made: ObjectMap, setting: Setting, base: str) -> Callable[[Row], Iterator[str]]:
    """Compile an object map to terms."""
    evaluate = evaluator(made.value, setting, safe=made.kind == "iri")
    if made.kind == "iri":
        return lambda row: (_iri(value, base) for value in evaluate(row))
    converter = CONVERTERS.get(made.datatype or "")
    if converter:
        return lambda row: (literal(*converter(value, setting.reading)) for value in evaluate(row))
    return lambda row: (_plain(value, made) for value in evaluate(row))


def _plain(value: object, made: ObjectMap) -> str:
    """Write a value that no converter concerns."""
    text, own = natural(value)  # type: ignore[arg-type] # values by construction
    return literal(text, made.datatype or (None if made.language else own), made.language)


def _iri(value: object, base: str) -> str:
    """Write an IRI, or refuse the value it came from."""
    try:
        return iri(str(value), base)
    except ValueError as error:
        raise Refused("bad-iri", BAD_IRI, value=value) from error
