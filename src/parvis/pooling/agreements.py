"""The agreements in force: the catalogue folder's, and the third party's on loaded graphs."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, ODRL2, RDF

from parvis.catalog.folder import broader_purposes
from parvis.governance import read_policies
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import Contributions
from parvis.pooling.pool import Pool
from parvis.pooling.versions import receptions
from parvis.store.record.graph_record import GraphRecord, GraphVersion
from parvis.vocab.namespaces import PARVIS

ACCESS = MappingProxyType({"open": PARVIS.everyone, "members": PARVIS.members})
"""The readers to whom loaded graphs may be open."""
SOURCES = "sources"
"""Key of the record under which a release for some lists its datasets, as JSON."""
TITLES = {
    "open": N_("Agreement of the host: data loaded as they were, open to all"),
    "members": N_("Agreement of the host: data loaded as they were, open to all members"),
}


def loaded_graphs(record: GraphRecord) -> dict[str, GraphVersion]:
    """Return the graphs of the record that were loaded as they were, by IRI."""
    versions = record.versions().items()
    return {graph: version for graph, version in versions if "access" in version.about}


def agreement_iri(pool: Pool, access: str) -> str:
    """Return the IRI of the third party's agreement on graphs loaded for all, or all members."""
    return pool.iris.thing("agreement", f"{pool.catalog.third_party.slug}-loaded-{access}")


def without_withdrawn(pool: Pool) -> Pool:
    """Return the pool without the datasets that are withdrawn, though their folders exist."""
    withdrawn = pool.record.tombstones().keys()
    datasets = pool.catalog.datasets.items()
    if not any(dataset.graph in withdrawn for _, dataset in datasets):
        return pool
    remaining = {key: dataset for key, dataset in datasets if dataset.graph not in withdrawn}
    return replace(pool, catalog=replace(pool.catalog, datasets=remaining))


def with_agreements(pool: Pool) -> Pool:
    """Return the pool with every agreement in force now, without what is withdrawn.

    A loaded graph is its own asset.
    """
    pool = without_withdrawn(pool)
    law, policies = pool.catalog.law, pool.catalog.policies
    if graphs := loaded_graphs(pool.record):
        law = law + _write_agreements(pool, graphs)
        policies = read_policies(law, broader_purposes())
    datasets = pool.catalog.datasets.values()
    # Conditions on elapsed time count from the day the pool first held each dataset.
    iris = {dataset.graph: dataset.iri for dataset in datasets}
    received = {iris[graph]: at for graph, at in receptions(pool, iris).items()}
    # A release that is not public inherits the conditions of the datasets it was made of.
    versions = pool.record.versions()
    made_of = {
        iris[graph]: frozenset(json.loads(version.about[SOURCES]))
        for graph, version in versions.items()
        if graph in iris and SOURCES in version.about
    }
    strata = Contributions(pool.settings.data).strata()
    policies = replace(policies, strata=strata, received=received, made_of=made_of)
    return replace(pool, catalog=replace(pool.catalog, law=law, policies=policies))


def _write_agreements(pool: Pool, versions: Mapping[str, GraphVersion]) -> Graph:
    """Write the third party's agreements (ODRL 2.2): to read and discover each loaded graph."""
    targets: defaultdict[str, list[str]] = defaultdict(list)
    for graph_iri, version in versions.items():
        targets[version.about["access"]].append(graph_iri)
    graph = Graph()
    for access, graph_iris in targets.items():
        agreement, permission = URIRef(agreement_iri(pool, access)), BNode(access)
        titles = [Literal(say(lang, TITLES[access]), lang) for lang in LANGUAGES]
        for predicate, value in (
            (RDF.type, ODRL2.Agreement),
            (ODRL2.uid, agreement),
            (ODRL2.profile, PARVIS["profile-1"]),
            (ODRL2.conflict, ODRL2.prohibit),
            *((DCTERMS.title, title) for title in titles),
            (ODRL2.assigner, URIRef(pool.catalog.third_party.iri)),
            (ODRL2.permission, permission),
        ):
            graph.add((agreement, predicate, value))
        graph.add((permission, ODRL2.assignee, ACCESS[access]))
        for action in (ODRL2.read, PARVIS.discover):
            graph.add((permission, ODRL2.action, action))
        for graph_iri in graph_iris:
            graph.add((permission, ODRL2.target, URIRef(graph_iri)))
    return graph
