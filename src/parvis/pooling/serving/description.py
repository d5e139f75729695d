"""Describe one resource: its statements grouped for a page, and as a graph."""

import json
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import islice
from string import Template

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS, XSD

from parvis.catalog.ontology import last_segment, load_words, ontology
from parvis.governance import Reader
from parvis.i18n import LANGUAGES, choose_text, money
from parvis.pooling.serving.query import QueryRequest, QueryService
from parvis.rdf.literals import read_texts
from parvis.rdf.terms import Node, TripleTerm, parts_of, read_bindings, to_sparql
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, SCHEMA

QUERY = """\
SELECT ?thing ?way ?graph ?property ?other ?label ?price ?currency ?member WHERE {
  { GRAPH ?graph { ?thing ?property ?other } BIND("out" AS ?way) }
  UNION
  { GRAPH ?graph { ?other ?property ?thing } BIND("in" AS ?way) }
  UNION
  { ?thing owl:sameAs ?member . GRAPH ?graph { ?member ?property ?other } BIND("same" AS ?way) }
  UNION
  { ?thing owl:sameAs ?member . GRAPH ?graph { ?other ?property ?member } BIND("into" AS ?way) }
  OPTIONAL { ?other skos:prefLabel|schema:name|rdfs:label|dct:title ?label }
  OPTIONAL { ?other schema:price ?price ; schema:priceCurrency ?currency }
}
ORDER BY ?way ?property ?other ?label
LIMIT 2000
"""
"""What is said of a thing, and of those that it is another name of, by which graph, and what points
to it."""

NAMING = (SKOS.prefLabel, SCHEMA.name, RDFS.label, DCTERMS.title)


@dataclass(frozen=True)
class DescribedValue:
    """A value as a page shows it: label, IRI or language, and the datasets that state it."""

    label: str
    iri: str | None
    lang: str | None
    datasets: tuple[DatasetKey, ...] = ()

    @property
    def is_labelled(self) -> bool:
        """Whether the label is more than the last step of an IRI."""
        return self.iri is None or self.label != last_segment(self.iri)


@dataclass(frozen=True)
class PropertyGroup:
    """All values of one property."""

    iri: str
    label: dict[str, str]
    values: tuple[DescribedValue, ...]


@dataclass(frozen=True)
class ResourceDescription:
    """The statements about a resource, and those that have it as object.

    `several` is true for the canonical IRI of several resources, whose statements are united;
    `canonical` is the canonical IRI of another resource, if it has one.
    """

    iri: str
    label: dict[str, str]
    groups: tuple[PropertyGroup, ...]
    incoming: tuple[PropertyGroup, ...]
    several: bool = False
    canonical: str | None = None
    graph: Graph = field(repr=False, compare=False, default_factory=Graph)


@dataclass
class _Statement:
    """A statement about the resource or a member of it, with all labels of its other end."""

    graph: str
    property: URIRef
    other: Node
    member: Node | None
    labels: list[Literal] = field(default_factory=list)
    price: tuple[str, str] | None = None
    """Of an offer: the amount and the code of its currency."""


def parse_description(
    iri: str, answer: bytes, lang: str, graph_base: str
) -> ResourceDescription | None:
    """Read the results of `QUERY`, in SPARQL's JSON; None if there are no statements."""
    ways = _parse_statements(answer)
    links = f"{graph_base}parvis/links"

    def linked_ends(statements: Iterable[_Statement]) -> list[Node]:
        # The third party alone decides that two IRIs are the same resource's.
        return [
            statement.other
            for statement in statements
            if statement.property == OWL.sameAs and statement.graph.startswith(links)
        ]

    # An IRI of the resource in another database has no statements here: it is not a member.
    members = {*linked_ends(ways["out"])} & {statement.member for statement in ways["same"]}
    outgoing = [*ways["out"], *(s for s in ways["same"] if s.member in members)]
    incoming = [
        *ways["in"],
        *(s for s in ways["into"] if s.member in members and not s.graph.startswith(links)),
    ]
    if not outgoing:
        return None
    graph, united = Graph(), Graph()
    for statement in outgoing:
        graph.add((statement.member or URIRef(iri), statement.property, statement.other))
        united.add((URIRef(iri), statement.property, statement.other))
    kinds = tuple(sorted(map(str, united.objects(URIRef(iri), RDF.type))))
    labels = (read_texts(united, URIRef(iri), term, untagged=LANGUAGES[0]) for term in NAMING)
    return ResourceDescription(
        iri=iri,
        label=next(filter(None, labels), {"en": last_segment(iri)}),
        groups=_group_by_property(outgoing, lang, graph_base, kinds),
        incoming=_group_by_property(incoming, lang, graph_base, ()),
        several=bool(members),
        canonical=next(map(str, linked_ends(ways["in"])), None),
        graph=graph,
    )


def _parse_statements(answer: bytes) -> dict[str, list[_Statement]]:
    """Return the statements by way; a statement has one row for each label of its other end."""
    statements: dict[tuple[Node, ...], _Statement] = {}
    ways: dict[str, list[_Statement]] = defaultdict(list)
    for row in read_bindings(answer):
        member, other = row.get("member"), row["other"]
        if isinstance(other, Literal) and other.datatype == XSD.boolean:
            row["other"] = Literal(str(other), datatype=XSD.boolean)  # Virtuoso writes true as 1
        key = (row["way"], row["graph"], row["property"], row["other"], member or row["way"])
        if key not in statements:
            property_iri, other = URIRef(str(row["property"])), row["other"]
            statements[key] = _Statement(str(row["graph"]), property_iri, other, member)
            ways[str(row["way"])].append(statements[key])
        label = row.get("label")
        if isinstance(label, Literal):
            statements[key].labels.append(label)
        if "price" in row:
            statements[key].price = (str(row["price"]), str(row["currency"]))
    return ways


def _say_statement(term: TripleTerm, lang: str) -> str:
    """Return a statement in words: its subject, its property and its value."""
    words = load_words()
    return " · ".join(
        _say_statement(part, lang)
        if isinstance(part, TripleTerm)
        else str(part)
        if isinstance(part, Literal)
        else choose_text(lang, words.of_term(str(part)))
        for part in parts_of(term)
    )


def _group_by_property(
    statements: Iterable[_Statement], lang: str, graph_base: str, kinds: Iterable[str]
) -> tuple[PropertyGroup, ...]:
    """Group statements by property, labelled as for resources of these classes."""
    groups: dict[str, dict[DescribedValue, list[DatasetKey]]] = defaultdict(dict)
    wide = {*map(str, ontology().objects(None, RDFS.subClassOf))}
    for statement in sorted(
        statements, key=lambda s: s.property == RDF.type and str(s.other) in wide
    ):
        other = statement.other
        if isinstance(other, Literal):
            value = DescribedValue(str(other), None, other.language)
        elif isinstance(other, TripleTerm):
            value = DescribedValue(_say_statement(other, lang), None, None)
        else:
            labels = {label.language or lang: str(label) for label in statement.labels}
            price = money(lang, *statement.price) if statement.price else ""
            labels = labels or ({} if price else load_words().of_term(str(other)))
            texts = filter(None, (choose_text(lang, labels), price))
            value = DescribedValue(", ".join(texts), str(other), None)
        values = groups[str(statement.property)]
        if statement.property == RDF.type:
            # A wider class often has the label of its kind, and would read as a repetition.
            value = next((v for v in values if v.label == value.label), value)
        datasets = values.setdefault(value, [])
        partner, _, slug = statement.graph.removeprefix(graph_base).partition("/")
        # parvis's own graphs are no datasets.
        dataset = None if partner == "parvis" else DatasetKey(partner, slug)
        if dataset and dataset not in datasets:
            datasets.append(dataset)
    # Names and classes come first; the order of the other properties stays.
    first = [*map(str, NAMING), str(RDF.type)]
    ordered = sorted(groups, key=lambda iri: first.index(iri) if iri in first else len(first))
    return tuple(
        PropertyGroup(
            iri,
            load_words().of_property(iri, kinds),
            tuple(
                replace(value, datasets=tuple(sorted(datasets, key=str)))
                for value, datasets in groups[iri].items()
            ),
        )
        for iri in ordered
    )


LABELLED = 200
"""IRIs that are labelled in one response; the others stay IRIs."""


def look_up_names(
    service: QueryService, reader: Reader, iris: Iterable[str], generation: int | None = None
) -> dict[str, dict[str, str]]:
    """Return the names by language of the pool's resources and concepts, in one query for all.

    A query has the labels of other terms itself. Raises as `ask` does.
    """
    prefixes = (service.settings.base, CONCEPT)
    ours = (iri for iri in dict.fromkeys(iris) if iri.startswith(prefixes))
    terms = []
    for iri in islice(ours, LABELLED):
        with suppress(ValueError):  # a value of a result may look like an IRI and be none
            terms.append(to_sparql(URIRef(iri)))
    if not terms:
        return {}
    template = files(__package__).joinpath("labels.rq").read_text(encoding="utf-8")
    query = Template(template).substitute(things=" ".join(terms))
    answer = service.ask(reader, QueryRequest(query, generation=generation))
    names: dict[str, dict[str, str]] = {}
    bindings = json.loads(b"".join(answer.chunks))["results"]["bindings"]
    # Of several names in a language, the first in the alphabet is returned.
    for binding in sorted(bindings, key=lambda binding: str(binding["name"]["value"])):
        name = binding["name"]
        texts = names.setdefault(binding["thing"]["value"], {})
        texts.setdefault(name.get("xml:lang", ""), name["value"])
    return names
