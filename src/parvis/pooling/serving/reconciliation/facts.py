"""Read the property values of entities that a reader may read, in one query for all."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import RDF, XSD

from parvis.catalog.ontology import load_words
from parvis.governance import Reader
from parvis.i18n import choose_text
from parvis.pooling.serving.description import NAMING
from parvis.pooling.serving.reconciliation.kinds import LABELS, ServiceTerm, service_types
from parvis.pooling.serving.reconciliation.queries import ExtensionRequest
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.rdf.terms import Node, TripleTerm, read_bindings, to_sparql

TOGETHER = 50
"""Entities of one query."""


@dataclass(frozen=True)
class PropertyValue:
    """A value of a property: its text, its language or datatype, or its IRI and labels."""

    text: str
    iri: str | None = None
    lang: str | None = None
    datatype: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


EntityValues = Mapping[str, tuple[PropertyValue, ...]]
"""The values of one entity, by property."""


def read_values(host: PoolService, reader: Reader, iris: Iterable[str]) -> dict[str, EntityValues]:
    """Return the values of entities; one without statements, or that is no IRI, is left out."""
    terms = [term for iri in dict.fromkeys(iris) if (term := _to_term(iri))]
    entities: dict[str, dict[str, dict[Node, dict[str, str]]]] = {}
    # In batches, which keep the queries short.
    for start in range(0, len(terms), TOGETHER):
        for row in _run_query(host, reader, "facts.rq", terms[start : start + TOGETHER]):
            if isinstance(row["value"], TripleTerm):  # it names nothing
                continue
            values = entities.setdefault(str(row["thing"]), defaultdict(dict))
            labels = values[str(row["property"])].setdefault(row["value"], {})
            if isinstance(label := row.get("label"), Literal):
                labels.setdefault(label.language or "", str(label))
    return {
        iri: {
            property_iri: tuple(
                PropertyValue(
                    str(node),
                    lang=node.language,
                    datatype=None if node.datatype is None else str(node.datatype),
                )
                if isinstance(node, Literal)
                else PropertyValue(str(node), iri=str(node), labels=labels)
                for node, labels in nodes.items()
            )
            for property_iri, nodes in values.items()
        }
        for iri, values in entities.items()
    }


def find_by_identifier(host: PoolService, reader: Reader, identifiers: Iterable[str]) -> list[str]:
    """Return the entities that have an identifier, as a literal or as an IRI."""
    terms: list[str] = []
    for text in dict.fromkeys(identifiers):
        terms.append(to_sparql(Literal(text)))
        if term := _to_term(text):
            terms.append(term)
    rows = _run_query(host, reader, "bearing.rq", terms) if terms else ()
    return sorted({str(row["thing"]) for row in rows})


def names_of(values: EntityValues) -> list[tuple[str, str | None]]:
    """Return the names of an entity, with their languages."""
    names = (fact for iri in NAMING for fact in values.get(str(iri), ()))
    return [(name.text, name.lang) for name in names if name.iri is None]


def kinds_of(values: EntityValues) -> list[str]:
    return [fact.iri for fact in values.get(str(RDF.type), ()) if fact.iri]


def _run_query(
    host: PoolService, reader: Reader, name: str, terms: Iterable[str]
) -> Iterator[Mapping[str, Node]]:
    """Run a query of this folder on some terms, and return its rows."""
    template = files(__package__).joinpath(name).read_text(encoding="utf-8")
    query = Template(template).substitute(terms=" ".join(terms))
    answer = host.ask(reader, QueryRequest(query, results_format="json", graph_format=None))
    return read_bindings(b"".join(answer.chunks))


def _to_term(text: str) -> str | None:
    """Return an IRI in SPARQL's syntax; None for a text that is no IRI."""
    if ":" not in text:
        return None
    try:
        return to_sparql(URIRef(text))
    except ValueError:
        return None


# Data extension: the values of properties of reconciled entities, one row for each entity.

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_DIGITS = 15
"""Digits that a JSON number keeps exactly; longer numbers stay texts."""


def extend_entities(
    host: PoolService, reader: Reader, extension: ExtensionRequest, lang: str
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the values of each entity by property; none for what may not be read."""
    entities = read_values(host, reader, extension.entities)
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for iri in extension.entities:
        rows[iri] = {}
        for column in extension.properties:
            values = entities.get(iri, {}).get(column.property, ())
            # Of texts in several languages, those in the reader's, if there are any.
            if any(fact.lang == lang for fact in values):
                values = tuple(fact for fact in values if fact.lang in {lang, None})
            entries = [_to_json(fact, lang) for fact in values]
            rows[iri][column.property] = entries[: column.limit or None]
    return rows


def extension_properties(extension: ExtensionRequest) -> list[ServiceTerm]:
    """Return the properties of a data extension, with their labels."""
    terms = {term.iri: term for term in service_types().properties_of(None)}
    return [
        terms.get(column.property)
        or ServiceTerm(
            column.property, LABELS.get(column.property) or load_words().of_term(column.property)
        )
        for column in extension.properties
    ]


def _to_json(fact: PropertyValue, lang: str) -> dict[str, Any]:
    """Return a value as the API has it (§7.3): an entity, a number, an instant, a text."""
    if fact.iri is not None:
        name = choose_text(lang, fact.labels or load_words().terms.get(fact.iri, {}))
        return {"id": fact.iri, "name": name} if name else {"str": fact.iri}
    if len(fact.text) <= _DIGITS:
        if fact.datatype == str(XSD.integer):
            return {"int": int(fact.text)}
        if fact.datatype == str(XSD.decimal):
            return {"float": float(fact.text)}
    if fact.datatype == str(XSD.dateTime) and _INSTANT.fullmatch(fact.text):
        return {"date": fact.text}
    return {"str": fact.text}
