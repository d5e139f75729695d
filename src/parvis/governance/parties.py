"""Who the parties are: partners, collections of them, kinds of organisation, and the host."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, ORG, RDF, RDFS, SKOS
from rdflib.paths import Path
from rdflib.term import Node

from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

EVERYONE = str(PARVIS.everyone)
MEMBERS = str(PARVIS.members)
HOST = str(PARVIS.host)
ROLES = frozenset({EVERYONE, MEMBERS, HOST})
KINDS = f"{CONCEPT}organization-type/"

_CLASSES = (SCHEMA.Organization, SCHEMA.PerformingGroup, ORG.Organization, FOAF.Agent, ODRL2.Party)
_STEP = cast("Path", SKOS.broader | ~SKOS.narrower | RDFS.subClassOf)

Purposes = Mapping[str, Collection[str]]
"""The purposes that are directly broader than each purpose, by their IRIs."""
NO_PURPOSES: Purposes = MappingProxyType({})


@dataclass(frozen=True)
class Party:
    """One who may read: a partner, a researcher, a platform; `kinds` are its own concepts."""

    iri: str
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Parties:
    """All parties, who belongs to which collection, and which concept is broader than which.

    `collections` holds the members of `parvis:members` and of the agreements' own lists;
    `kinds` the concepts of kinds of organisation; `broader` all broader concepts of a concept,
    of organisations as of purposes.
    """

    known: Mapping[str, Party] = field(default_factory=dict)
    collections: Mapping[str, frozenset[str]] = field(default_factory=dict)
    host: str | None = None
    kinds: frozenset[str] = frozenset()
    broader: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def named(self, assignee: str) -> bool:
        """Say whether an assignee is one that rules may name."""
        return any(assignee in names for names in (ROLES, self.known, self.collections, self.kinds))

    def includes(self, assignee: str, reader: str | None) -> bool | None:
        """Say whether a reader (None: anonymous) is among an assignee; None: it cannot be told.

        It cannot be told whether a party of no known kind is of a given kind.
        """
        if assignee == EVERYONE:
            return True
        if reader is None:
            return False
        if assignee == HOST:
            return reader == self.host
        if assignee in self.kinds:
            return self._is_of(reader, assignee)
        return reader in self.collections.get(assignee, frozenset({assignee}))

    def within(self, concept: str, wider: str) -> bool:
        """Say whether a concept is another or narrower than it."""
        return concept == wider or wider in self.broader.get(concept, frozenset())

    def _is_of(self, reader: str, kind: str) -> bool | None:
        party = self.known.get(reader)
        own = party.kinds if party else frozenset()
        if any(self.within(one, kind) for one in own):
            return True
        return False if own and own <= self.kinds else None


def parties_in(graph: Graph, purposes: Purposes = NO_PURPOSES) -> Parties:
    """Read the parties of a graph; `purposes` say which of them are broader, besides the graph.

    Members of the pool are who assigned an agreement, or is `odrl:partOf parvis:members`. The
    host is who publishes the `dcat:Catalog`.
    """
    hosts = [
        host for catalog in _typed(graph, DCAT.Catalog) for host in _publishers(graph, catalog)
    ]
    return Parties(
        known=_known(graph),
        collections=_collections(graph),
        host=min(hosts, default=None),
        kinds=frozenset(str(c) for c in _typed(graph, SKOS.Concept) if str(c).startswith(KINDS)),
        broader=_broader(graph, purposes),
    )


def _typed(graph: Graph, kind: URIRef) -> set[Node]:
    return set(graph.subjects(RDF.type, kind))


def _publishers(graph: Graph, catalog: Node) -> list[str]:
    return [str(publisher) for publisher in graph.objects(catalog, DCTERMS.publisher)]


def _known(graph: Graph) -> dict[str, Party]:
    found = {node for kind in _CLASSES for node in _typed(graph, kind)}
    iris = {node for node in found if isinstance(node, URIRef)} - {PARVIS.host}
    return {
        str(iri): Party(str(iri), _strings(graph, iri, PARVIS.organizationType)) for iri in iris
    }


def _collections(graph: Graph) -> dict[str, frozenset[str]]:
    named = {PARVIS.members, *_typed(graph, ODRL2.PartyCollection)} - {PARVIS.everyone}
    found = {str(one): _parts(graph, one) for one in named}
    signed = _typed(graph, ODRL2.Agreement)
    assigners = {str(who) for one in signed for who in graph.objects(one, ODRL2.assigner)}
    return found | {MEMBERS: found[MEMBERS] | assigners}


def _parts(graph: Graph, collection: Node) -> frozenset[str]:
    parts = set(graph.transitive_subjects(ODRL2.partOf, collection)) - {collection}
    return frozenset(str(part) for part in parts)


def _broader(graph: Graph, purposes: Purposes) -> dict[str, frozenset[str]]:
    """Return all broader concepts of each concept, however far, as both sources say together."""
    direct: defaultdict[str, set[str]] = defaultdict(set)
    for concept, broader in graph.subject_objects(_STEP):
        direct[str(concept)].add(str(broader))
    for purpose, wider in purposes.items():
        direct[purpose].update(wider)
    return {concept: _above(concept, direct) for concept in list(direct)}


def _above(concept: str, direct: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Follow the steps to broader concepts; a circle of them ends where it began."""
    above: set[str] = set()
    ahead = [concept]
    while ahead:
        new = set(direct.get(ahead.pop(), ())) - above
        above |= new
        ahead += new
    return frozenset(above)


def _strings(graph: Graph, node: Node, step: URIRef | Path) -> frozenset[str]:
    return frozenset(str(found) for found in graph.objects(node, step))
