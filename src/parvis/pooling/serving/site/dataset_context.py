"""What goes with a dataset on its page: whom to ask, a query to begin with, who uses it.

Besides, the columns of the partner's file that each property comes from, by the mapping.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from rdflib import DCAT, RDF, Graph, URIRef
from rdflib.term import Node

from parvis.catalog.projects import Project
from parvis.errors import ParvisError
from parvis.mapping.language import READERS, load
from parvis.mapping.language.plan import EntityMap, references, source_column
from parvis.mapping.language.plan import Template as MappingTemplate
from parvis.pooling.cards import ExampleQuery
from parvis.pooling.serving.samples import SampleTable
from parvis.rdf.literals import read_texts
from parvis.rdf.terms import to_sparql
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import VCARD, curie

MOST_VARIABLES = 6
MOST_QUESTIONS = 8
LIMIT = 100

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Contact:
    """Whom to ask: a name by language, an address of mail, a page; each may be missing."""

    name: Texts
    email: str = ""
    page: str = ""


def read_contact(graph: Graph) -> Contact | None:
    """Return the contact point of the one dataset that a graph describes."""
    dataset = graph.value(predicate=RDF.type, object=DCAT.Dataset)
    contacts = [_read_card(graph, card) for card in graph.objects(dataset, DCAT.contactPoint)]
    useful = (contact for contact in contacts if contact.email or contact.page)
    # Of several contacts the first in the alphabet, so that the choice does not change.
    return min(useful, key=lambda contact: (contact.email, contact.page), default=None)


def _read_card(graph: Graph, card: Node) -> Contact:
    email = min(map(str, graph.objects(card, VCARD.hasEmail)), default="")
    page = min(map(str, graph.objects(card, VCARD.hasURL)), default="")
    name = read_texts(graph, card, VCARD.fn, untagged="fr")
    return Contact(
        name, email.removeprefix("mailto:"), page if page.startswith(("https:", "http:")) else ""
    )


_QUERY = Template("""SELECT * WHERE {
  ?resource a $kind .
$optional
}
LIMIT $limit""")
_NO_NAME = re.compile(r"\W")


def write_first_query(tables: Iterable[SampleTable]) -> str | None:
    """Write a query of the first properties of a dataset's main table; None without tables."""
    table = next((table for table in tables if table.kind), None)
    if table is None:
        return None
    with suppress(ValueError):  # an IRI that no query can hold
        lines = [
            f"  OPTIONAL {{ ?resource {to_sparql(URIRef(column.property))} ?{variable} }}"
            for column in table.headings
            if column.property
            and column.property != str(RDF.type)
            and (variable := _NO_NAME.sub("_", column.name))
        ]
        kind = to_sparql(URIRef(table.kind))
        optional = "\n".join(lines[:MOST_VARIABLES])
        return _QUERY.substitute(kind=kind, optional=optional, limit=LIMIT)
    return None


_TERM = re.compile(r"\b(?:schema|parvis|qb):[A-Za-z]\w*")
_GENERAL = frozenset({"schema:Event", "schema:name", "parvis:search"})
"""Terms that say nothing of what a question is about."""


def list_questions(
    queries: Iterable[ExampleQuery], tables: Iterable[SampleTable]
) -> list[ExampleQuery]:
    """Return the questions whose classes and properties a dataset all has, the richest first."""
    terms = {curie(term) for table in tables for term in table.terms}
    used = {query.slug: {*_TERM.findall(query.text)} - _GENERAL for query in queries}
    matches = [query for query in queries if used[query.slug] and used[query.slug] <= terms]
    return sorted(matches, key=lambda query: -len(used[query.slug]))[:MOST_QUESTIONS]


def list_projects_of(projects: Iterable[Project], partner: str) -> list[Project]:
    """Return the projects in which a partner is, by its IRI."""
    return [project for project in projects if partner in {*project.members, project.carrier}]


def column_sources(catalog: Path, key: DatasetKey) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return the columns of the partner's file that a property of a class is made of.

    Empty where the catalogue folder is not here, as on a copy, or holds no mapping of the dataset.
    """
    folder = catalog / key.partner / key.dataset
    for ending in READERS:
        file = folder / f"mapping{ending}"
        if file.is_file():
            with suppress(ParvisError, OSError):
                return _read_sources(file, file.stat().st_mtime_ns)
    return {}


def sources_by_column(
    tables: Iterable[SampleTable], sources: Mapping[tuple[str, str], tuple[str, ...]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the sources of each column, by its table's class and its property.

    The mapping may state a narrower class than that of the table.
    """
    columns: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for table in tables:
        for kind in table.kinds:
            for term in table.terms:
                columns[table.kind, term] |= dict.fromkeys(sources.get((kind, term), ()))
    return {place: tuple(names) for place, names in columns.items() if names}


@lru_cache(64)
def _read_sources(file: Path, _changed: int) -> Mapping[tuple[str, str], tuple[str, ...]]:
    document = load(file)
    columns: defaultdict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for entity in document.entities:
        for pair in entity.predicate_objects:
            if not isinstance(pair.predicate, str):
                continue
            names = sorted(references(pair.object.value))
            for source in entity.sources:
                for kind in _kinds_of(entity):
                    columns[kind, pair.predicate] |= {
                        source_column(document.sources[source], name): None for name in names
                    }
    return {place: tuple(names) for place, names in columns.items() if names}


def _kinds_of(entity: EntityMap) -> list[str]:
    """Return the classes that an entity map states as constants."""
    values = (
        pair.object.value for pair in entity.predicate_objects if pair.predicate == str(RDF.type)
    )
    return [
        "".join(map(str, value.parts))
        for value in values
        if isinstance(value, MappingTemplate) and not references(value)
    ]
