"""Parties that read and give no data: researchers, platforms, each under its own agreement."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.namespace import FOAF, ODRL2

from parvis.catalog.agreements import read_agreements
from parvis.catalog.entries import Partner, only_one, slug_of
from parvis.catalog.turtle import read_turtle
from parvis.errors import CatalogError
from parvis.i18n import N_
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import SCHEMA

TWO_PARTIES = N_("{file} stands beside a partner.ttl: a folder is that of one party")
OTHER_ASSIGNER = N_("{file}: the assigner is {found}, which is not the third party")
OTHER_ASSIGNEE = N_("{file}: a rule is about {found}, but the folder is that of another party")
OTHER_TARGET = N_("{file}: the agreement speaks of {found}, which is no dataset of the third party")


@dataclass(frozen=True)
class Party:
    """One who reads: it has no datasets, and unlike a partner it is not shown on the site."""

    slug: str
    iri: str
    names: dict[str, str]
    folder: Path
    described: Graph = field(repr=False, compare=False)


def read_party(folder: Path, iris: Iris) -> Party:
    """Read the folder of a party that only reads; raises `CatalogError` naming the file."""
    file = folder / "party.ttl"
    if (folder / "partner.ttl").exists():
        raise CatalogError(TWO_PARTIES, file=file)
    iri = iris.thing("party", slug_of(folder))
    graph = read_turtle(file, iris.base)
    about = only_one(graph, FOAF.Agent, iri, file)
    return Party(folder.name, iri, about.texts(SCHEMA.name), folder, graph)


def read_agreement_with(party: Party, host: Partner, theirs: AbstractSet[str], iris: Iris) -> Graph:
    """Read what the third party grants a reader: about `theirs`, its own datasets.

    What partners open to the reader stands in their own agreements. Raises `CatalogError`.
    """
    whole = Graph()
    for file, graph in read_agreements(party.folder, iris.base):
        _all_among(graph, ODRL2.assigner, {host.iri}, OTHER_ASSIGNER, file)
        _all_among(graph, ODRL2.assignee, {party.iri}, OTHER_ASSIGNEE, file)
        _all_among(graph, ODRL2.target, theirs, OTHER_TARGET, file)
        whole += graph
    return whole


def _all_among(
    graph: Graph, step: URIRef, allowed: AbstractSet[str], template: str, file: Path
) -> None:
    for found in graph.objects(None, step):
        if str(found) not in allowed:
            raise CatalogError(template, file=file, found=found)
