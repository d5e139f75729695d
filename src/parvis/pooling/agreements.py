"""The agreements in force: those of the catalogue folder, and the host's on what it loaded."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, ODRL2, RDF

from parvis.catalog import broader_purposes
from parvis.governance import from_graph
from parvis.i18n import LANGUAGES, N_, say
from parvis.ledger import Contributions
from parvis.pooling.pool import Pool
from parvis.pooling.versions import receptions
from parvis.store.record.record import Record, Version
from parvis.vocab.namespaces import PARVIS

ACCESS = MappingProxyType({"open": PARVIS.everyone, "members": PARVIS.members})
"""To whom loaded graphs may be open."""
SOURCES = "sources"
"""Where the record says of a release for some, as JSON, which datasets it was made of."""
TITLES = {
    "open": N_("Agreement of the host: data loaded as they were, open to all"),
    "members": N_("Agreement of the host: data loaded as they were, open to all members"),
}


def loaded(record: Record) -> dict[str, Version]:
    """Give the graphs of the record that were loaded as they were, by their IRIs."""
    versions = record.versions().items()
    return {graph: version for graph, version in versions if "access" in version.about}


def agreement_iri(pool: Pool, access: str) -> str:
    """Name the host's agreement on the graphs that are loaded for all, or for all members."""
    return pool.iris.thing("agreement", f"{pool.catalog.host.slug}-loaded-{access}")


def standing(pool: Pool) -> Pool:
    """Give the pool without the datasets that are withdrawn, though their folders are there."""
    gone = pool.record.withdrawn().keys()
    datasets = pool.catalog.datasets.items()
    if not any(one.graph in gone for _, one in datasets):
        return pool
    left = {key: one for key, one in datasets if one.graph not in gone}
    return replace(pool, catalog=replace(pool.catalog, datasets=left))


def in_force(pool: Pool) -> Pool:
    """Give the pool with every agreement that is in force now; a loaded graph is its own asset.

    What is withdrawn is not in it. Agreements know of which strata the figures of each dataset
    are, since when the pool has held it, and what releases for some were made of.
    """
    pool = standing(pool)
    law, policies = pool.catalog.law, pool.catalog.policies
    if found := loaded(pool.record):
        law = law + _agreements(pool, found)
        policies = from_graph(law, broader_purposes())
    strata = Contributions(pool.settings.data).strata()
    policies = replace(policies, strata=strata, received=_received(pool), made_of=_made_of(pool))
    return replace(pool, catalog=replace(pool.catalog, law=law, policies=policies))


def _received(pool: Pool) -> dict[str, datetime]:
    """Tell since when the pool has held each dataset."""
    named = {one.graph: one.iri for one in pool.catalog.datasets.values()}
    return {named[graph]: at for graph, at in receptions(pool, named).items()}


def _made_of(pool: Pool) -> dict[str, frozenset[str]]:
    """Tell which datasets went into each release that is not everyone's."""
    versions = pool.record.versions()
    held = ((one.iri, versions.get(one.graph)) for one in pool.catalog.datasets.values())
    return {
        iri: frozenset(json.loads(version.about[SOURCES]))
        for iri, version in held
        if version is not None and SOURCES in version.about
    }


def _agreements(pool: Pool, found: Mapping[str, Version]) -> Graph:
    """Write the host's agreements (ODRL 2.2) from what the record says of each graph."""
    graphs: defaultdict[str, list[str]] = defaultdict(list)
    for graph, version in found.items():
        graphs[version.about["access"]].append(graph)
    written = Graph()
    for access, targets in graphs.items():
        _write(written, pool, access, targets)
    return written


def _write(graph: Graph, pool: Pool, access: str, targets: list[str]) -> None:
    """Write one agreement: to read, and to know of, each of the targets."""
    agreement, permission = URIRef(agreement_iri(pool, access)), BNode(access)
    said = [Literal(say(lang, TITLES[access]), lang) for lang in LANGUAGES]
    for step, values in (
        (RDF.type, [ODRL2.Agreement]),
        (ODRL2.uid, [agreement]),
        (ODRL2.profile, [PARVIS["profile-1"]]),
        (ODRL2.conflict, [ODRL2.prohibit]),
        (DCTERMS.title, said),
        (ODRL2.assigner, [URIRef(pool.catalog.host.iri)]),
        (ODRL2.permission, [permission]),
    ):
        for value in values:
            graph.add((agreement, step, value))
    graph.add((permission, ODRL2.assignee, ACCESS[access]))
    for action in (ODRL2.read, PARVIS.discover):
        graph.add((permission, ODRL2.action, action))
    for target in targets:
        graph.add((permission, ODRL2.target, URIRef(target)))
