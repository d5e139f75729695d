"""The parties of agreements: partners, collections, kinds of organisation, the third party."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, ORG, RDF, RDFS, SKOS
from rdflib.term import Node

from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

if TYPE_CHECKING:
    from rdflib.paths import Path

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
    """A possible reader: a partner, a researcher, a platform; `kinds` are its own concepts."""

    iri: str
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Parties:
    """All parties, the members of collections, and the broader concepts of concepts.

    `collections` holds the members of `parvis:members` and of the agreements' own lists; `kinds`
    the concepts of kinds of organisation; `broader` all broader concepts of each concept, of
    organisations and of purposes.
    """

    by_iri: Mapping[str, Party] = field(default_factory=dict)
    collections: Mapping[str, frozenset[str]] = field(default_factory=dict)
    host: str | None = None
    kinds: frozenset[str] = frozenset()
    broader: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_assignee(self, assignee: str) -> bool:
        """Return whether rules may name an assignee."""
        return any(
            assignee in names for names in (ROLES, self.by_iri, self.collections, self.kinds)
        )

    def includes(self, assignee: str, reader: str | None) -> bool | None:
        """Return whether an assignee includes a reader (None: anonymous); None if it is unknown.

        It is unknown whether a party without a recognised kind is of a kind.
        """
        if assignee == EVERYONE:
            return True
        if reader is None:
            return False
        if assignee == HOST:
            return reader == self.host
        if assignee in self.kinds:
            party = self.by_iri.get(reader)
            own = party.kinds if party else frozenset()
            if any(self.within(kind, assignee) for kind in own):
                return True
            return False if own and own <= self.kinds else None
        return reader in self.collections.get(assignee, frozenset({assignee}))

    def within(self, concept: str, wider: str) -> bool:
        """Return whether a concept is another one or narrower than it."""
        return concept == wider or wider in self.broader.get(concept, frozenset())


def read_parties(graph: Graph, purposes: Purposes = NO_PURPOSES) -> Parties:
    """Read the parties of a graph; `purposes` has more broader purposes than the graph.

    The members of the pool are those that assigned an agreement, or are `odrl:partOf
    parvis:members`. The third party is the publisher of the `dcat:Catalog`.
    """
    # With several catalogues, the first IRI: the order of a graph changes between processes.
    publishers = [
        str(publisher)
        for catalog in _instances(graph, DCAT.Catalog)
        for publisher in graph.objects(catalog, DCTERMS.publisher)
    ]
    agents = {node for cls in _CLASSES for node in _instances(graph, cls)}
    # `parvis:host` is a role, which the publisher of the catalogue has.
    iris = {node for node in agents if isinstance(node, URIRef)} - {PARVIS.host}
    parties = {}
    for iri in iris:
        kinds = frozenset(str(kind) for kind in graph.objects(iri, PARVIS.organizationType))
        parties[str(iri)] = Party(str(iri), kinds)
    # Everyone is a role too, and has no list of members.
    named = {PARVIS.members, *_instances(graph, ODRL2.PartyCollection)} - {PARVIS.everyone}
    collections = {}
    for collection in named:
        parts = set(graph.transitive_subjects(ODRL2.partOf, collection)) - {collection}
        collections[str(collection)] = frozenset(str(part) for part in parts)
    # Signing an agreement makes a party a member of the pool.
    agreements = _instances(graph, ODRL2.Agreement)
    collections[MEMBERS] |= {
        str(p) for agreement in agreements for p in graph.objects(agreement, ODRL2.assigner)
    }
    concepts = {str(concept) for concept in _instances(graph, SKOS.Concept)}
    return Parties(
        by_iri=parties,
        collections=collections,
        host=min(publishers, default=None),
        kinds=frozenset(concept for concept in concepts if concept.startswith(KINDS)),
        broader=_read_broader(graph, purposes),
    )


def _instances(graph: Graph, cls: URIRef) -> set[Node]:
    return set(graph.subjects(RDF.type, cls))


def _read_broader(graph: Graph, purposes: Purposes) -> dict[str, frozenset[str]]:
    """Return all broader concepts of each concept, transitively, from both sources."""
    direct: defaultdict[str, set[str]] = defaultdict(set)
    for concept, broader in graph.subject_objects(_STEP):
        direct[str(concept)].add(str(broader))
    for purpose, wider in purposes.items():
        direct[purpose].update(wider)
    closure = {}
    for start in direct:
        above: set[str] = set()
        pending = [start]
        while pending:
            # Only new concepts are followed, so that a cycle ends.
            new = direct.get(pending.pop(), set()) - above
            above |= new
            pending += new
        closure[start] = frozenset(above)
    return closure
