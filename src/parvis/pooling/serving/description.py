"""What the pool says of one thing: grouped for a page, and as a graph."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import files

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS
from rdflib.query import Result
from rdflib.term import Node

from parvis.catalog.ontology import short, words
from parvis.i18n import LANGUAGES
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import SCHEMA

QUERY = files(__package__).joinpath("describe.rq").read_text(encoding="utf-8")


NAMING = (SKOS.prefLabel, SCHEMA.name, RDFS.label, DCTERMS.title)


@dataclass(frozen=True)
class Value:
    """A value as a page shows it: its words, its IRI or language, and all who say it."""

    label: str
    iri: str | None
    lang: str | None
    datasets: tuple[DatasetKey, ...] = ()


@dataclass(frozen=True)
class Group:
    """All values of one property."""

    iri: str
    label: dict[str, str]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Description:
    """What is said of a thing, and what points to it.

    `several` says that it is the canonical name of several things, of which all is said; else
    `canonical` gives that name, if the thing has one.
    """

    iri: str
    label: dict[str, str]
    groups: tuple[Group, ...]
    incoming: tuple[Group, ...]
    several: bool = False
    canonical: str | None = None
    graph: Graph = field(repr=False, compare=False, default_factory=Graph)


@dataclass
class _Found:
    """One statement, with all labels of its other end."""

    graph: str
    property: URIRef
    other: Node
    member: Node | None
    labels: list[Literal] = field(default_factory=list)


def described(iri: str, answer: bytes, lang: str, graph_base: str) -> Description | None:
    """Read the answer to `QUERY`, in SPARQL's JSON; None if nothing is said of the thing."""
    ways = _statements(answer)
    links = f"{graph_base}parvis/links"
    spoken_of = {one.member for one in ways["same"]}  # what a thing is elsewhere is no member
    members = {one.other for one in _linking(ways["out"], links)} & spoken_of
    outgoing = [*ways["out"], *(one for one in ways["same"] if one.member in members)]
    into = (one for one in ways["into"] if one.member in members)
    incoming = [*ways["in"], *(one for one in into if not one.graph.startswith(links))]
    if not outgoing:
        return None
    graph, together = Graph(), Graph()
    for one in outgoing:
        graph.add((one.member or URIRef(iri), one.property, one.other))
        together.add((URIRef(iri), one.property, one.other))
    kinds = tuple(sorted(map(str, together.objects(URIRef(iri), RDF.type))))
    return Description(
        iri=iri,
        label=_named(together, URIRef(iri)),
        groups=_groups(outgoing, lang, graph_base, kinds),
        incoming=_groups(incoming, lang, graph_base, ()),
        several=bool(members),
        canonical=next((str(one.other) for one in _linking(ways["in"], links)), None),
        graph=graph,
    )


def _linking(found: Iterable[_Found], links: str) -> Iterator[_Found]:
    """Give the statements by which the third party says that two names are one thing's."""
    return (one for one in found if one.property == OWL.sameAs and one.graph.startswith(links))


def _statements(answer: bytes) -> dict[str, list[_Found]]:
    """Gather the rows of one statement, which differ in the label only."""
    found: dict[tuple[Node, ...], _Found] = {}
    ways: dict[str, list[_Found]] = defaultdict(list)
    for bound in Result.parse(io.BytesIO(answer), format="json").bindings:
        row = {str(name): node for name, node in bound.items()}
        member = row.get("member")
        key = (row["way"], row["graph"], row["property"], row["other"], member or row["way"])
        if key not in found:
            step, other = URIRef(str(row["property"])), row["other"]
            found[key] = _Found(str(row["graph"]), step, other, member)
            ways[str(row["way"])].append(found[key])
        label = row.get("label")
        if isinstance(label, Literal):
            found[key].labels.append(label)
    return ways


def _groups(
    found: Iterable[_Found], lang: str, graph_base: str, kinds: Iterable[str]
) -> tuple[Group, ...]:
    """Group statements by property, named as it is for things of these kinds."""
    groups: dict[str, dict[Value, list[DatasetKey]]] = defaultdict(dict)
    for one in found:
        said = groups[str(one.property)].setdefault(_value(one, lang), [])
        dataset = _dataset(one.graph, graph_base)
        said += [dataset] if dataset and dataset not in said else []
    return tuple(
        Group(iri, words().of_property(iri, kinds), tuple(map(_said_by, values.items())))
        for iri, values in sorted(groups.items(), key=_rank)
    )


def _said_by(pair: tuple[Value, list[DatasetKey]]) -> Value:
    """Put the datasets that say one value beside it."""
    value, datasets = pair
    return replace(value, datasets=tuple(sorted(datasets, key=str)))


def _rank(group: tuple[str, object]) -> int:
    """Put what a thing is called and what it is before the rest, which keeps its order."""
    first = [*map(str, NAMING), str(RDF.type)]
    return first.index(group[0]) if group[0] in first else len(first)


def _value(found: _Found, lang: str) -> Value:
    """Show the other end of a statement in words."""
    other = found.other
    if isinstance(other, Literal):
        return Value(str(other), None, other.language)
    labels = {label.language or lang: str(label) for label in found.labels}
    labels = labels or words().of_term(str(other))
    label = labels.get(lang) or next(iter(labels.values()))
    return Value(label, str(other), None)


def _dataset(graph: str, graph_base: str) -> DatasetKey | None:
    """Tell which dataset a graph is; parvis's own graphs are none."""
    partner, _, dataset = graph.removeprefix(graph_base).partition("/")
    return None if partner == "parvis" else DatasetKey(partner, dataset)


def _named(graph: Graph, thing: URIRef) -> dict[str, str]:
    """Name a thing by what is said of it."""
    for name in NAMING:
        labels = sorted(one for one in graph.objects(thing, name) if isinstance(one, Literal))
        if labels:
            return {label.language or LANGUAGES[0]: str(label) for label in labels}
    return {"en": short(str(thing))}
