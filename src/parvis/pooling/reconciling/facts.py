"""What the pool says of some things, as one reader may read it: asked in one query for all."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template

from rdflib import Literal, URIRef
from rdflib.namespace import RDF
from rdflib.query import Result
from rdflib.term import Node

from parvis.governance import Reader
from parvis.pooling.ask import Host, Question
from parvis.pooling.describe import NAMING
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
