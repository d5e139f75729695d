"""What the pool says of some things, as one reader may read it: asked in one query for all."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD
from rdflib.query import Result
from rdflib.term import Node

from parvis.catalog.ontology import words
from parvis.governance import Reader
from parvis.pooling.serving.description import NAMING
from parvis.pooling.serving.reconciliation.kinds import LABELS, Known, kinds
from parvis.pooling.serving.reconciliation.queries import Extension, Wish
from parvis.pooling.serving.service import Host, Question
from parvis.rdf.terms import written

TOGETHER = 50
"""Things that are asked for at once."""


@dataclass(frozen=True)
class Fact:
    """A value of a property: its text, its language or datatype, or its IRI and labels."""

    text: str
    iri: str | None = None
    lang: str | None = None
    datatype: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


Facts = Mapping[str, tuple[Fact, ...]]
"""The values of one thing, by property."""


def facts(host: Host, reader: Reader, things: Iterable[str]) -> dict[str, Facts]:
    """Give what is said of things; what nothing is said of, or is no IRI, is not there."""
    wanted = [term for one in dict.fromkeys(things) if (term := _iri(one))]
    found: dict[str, dict[str, dict[Node, dict[str, str]]]] = {}
    for start in range(0, len(wanted), TOGETHER):
        for row in _asked(host, reader, "facts.rq", wanted[start : start + TOGETHER]):
            thing = found.setdefault(str(row["thing"]), defaultdict(dict))
            labels = thing[str(row["property"])].setdefault(row["value"], {})
            if isinstance(label := row.get("label"), Literal):
                labels.setdefault(label.language or "", str(label))
    return {
        thing: {
            step: tuple(_fact(value, labels) for value, labels in values.items())
            for step, values in steps.items()
        }
        for thing, steps in found.items()
    }


def bearing(host: Host, reader: Reader, identifiers: Iterable[str]) -> list[str]:
    """Give the things that bear an identifier, written as a text or as an IRI."""
    terms: list[str] = []
    for one in dict.fromkeys(identifiers):
        terms.append(written(Literal(one)))
        if term := _iri(one):
            terms.append(term)
    rows = _asked(host, reader, "bearing.rq", terms) if terms else ()
    return sorted({str(row["thing"]) for row in rows})


def names_of(found: Facts) -> list[tuple[str, str | None]]:
    """Give what a thing is called, with the languages."""
    told = (fact for step in NAMING for fact in found.get(str(step), ()))
    return [(one.text, one.lang) for one in told if one.iri is None]


def kinds_of(found: Facts) -> list[str]:
    """Give a thing's classes."""
    return [one.iri for one in found.get(str(RDF.type), ()) if one.iri]


def _asked(
    host: Host, reader: Reader, name: str, terms: Iterable[str]
) -> Iterator[Mapping[str, Node]]:
    """Ask one of the queries beside this module about some terms, which stand in it as values."""
    query = files(__package__).joinpath(name).read_text(encoding="utf-8")
    filled = Template(query).substitute(terms=" ".join(terms))
    answer = host.ask(reader, Question(filled, results_format="json", graph_format=None))
    body = b"".join(answer.chunks)
    for bound in Result.parse(io.BytesIO(body), format="json").bindings:
        yield {str(name): node for name, node in bound.items()}


def _iri(text: str) -> str | None:
    """Write an IRI as a term; None for what is none."""
    if ":" not in text:
        return None
    try:
        return written(URIRef(text))
    except ValueError:
        return None


def _fact(value: Node, labels: Mapping[str, str]) -> Fact:
    """Keep a value."""
    if isinstance(value, Literal):
        datatype = None if value.datatype is None else str(value.datatype)
        return Fact(str(value), lang=value.language, datatype=datatype)
    return Fact(str(value), iri=str(value), labels=labels)


# Values of properties of things that were reconciled, one row for each thing.

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_DIGITS = 15
"""Digits that a number of a program has at most."""

Row = tuple[str, list[tuple[str, list[dict[str, Any]]]]]
"""A thing, and the values of each property that was asked for."""


def extended(host: Host, reader: Reader, wanted: Extension, lang: str) -> list[Row]:
    """Give the values that are asked for; none for what there is not, or may not be read."""
    said = facts(host, reader, wanted.things)
    return [
        (
            thing,
            [
                (wish.property, _values(said.get(thing, {}).get(wish.property, ()), wish, lang))
                for wish in wanted.wishes
            ],
        )
        for thing in wanted.things
    ]


def told(wanted: Extension) -> list[Known]:
    """Name the properties that were asked for."""
    known = {one.iri: one for one in kinds().proposed(None)}
    return [
        known.get(one.property)
        or Known(one.property, LABELS.get(one.property) or words().of_term(one.property))
        for one in wanted.wishes
    ]


def _values(found: Iterable[Fact], wish: Wish, lang: str) -> list[dict[str, Any]]:
    """Write values; of texts in several languages those of the reader's, if there are any."""
    values = list(found)
    if any(one.lang == lang for one in values):
        values = [one for one in values if one.lang in {lang, None}]
    written = [_value(one, lang) for one in values]
    return written[: wish.limit] if wish.limit else written


def _value(one: Fact, lang: str) -> dict[str, Any]:
    """Write a value as the API has it (§7.3): a thing, a number, an instant, a text."""
    if one.iri is not None:
        labels = one.labels or words().terms.get(one.iri, {})
        name = labels.get(lang) or next(iter(labels.values()), "")
        return {"id": one.iri, "name": name} if name else {"str": one.iri}
    if len(one.text) <= _DIGITS:
        if one.datatype == str(XSD.integer):
            return {"int": int(one.text)}
        if one.datatype == str(XSD.decimal):
            return {"float": float(one.text)}
    if one.datatype == str(XSD.dateTime) and _INSTANT.fullmatch(one.text):
        return {"date": one.text}
    return {"str": one.text} | ({"lang": one.lang} if one.lang else {})
