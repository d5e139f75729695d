"""The catalogue folder, read whole: what the trusted third party knows, as reviewed text.

A direct subfolder with a ``partner.ttl`` is a partner, each folder in it a dataset; one with a
``party.ttl`` is a party that only reads; ``projects`` holds projects; what else stands beside them
is not the catalogue's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, ODRL2, RDF, RDFS, SKOS

from parvis.catalog.entries import (
    OTHER,
    UNDESCRIBED,
    Dataset,
    Partner,
    read_dataset,
    read_partner,
    refuse_names_of_datasets,
)
from parvis.catalog.projects import (
    Party,
    Project,
    projects_in,
    read_agreement_with,
    read_agreements,
    read_party,
    read_project_files,
    refuse_unfit_agreements,
)
from parvis.catalog.turtle import Described, read_turtle
from parvis.config import knowledge
from parvis.errors import CatalogError, UnknownThing
from parvis.governance import Policies, from_graph
from parvis.i18n import N_
from parvis.vocab.iris import DatasetKey, Iris

NO_HOST = N_("{file}: the publisher {found} has no folder here")
NOT_THEIRS = N_("{file}: the agreement speaks of {target}, which is no dataset of {partner}")
NOT_ASSIGNER = N_("{file}: the assigner is {found}, but the folder is that of {partner}")
NO_DATASET = N_("there is no dataset {key}")
NO_PROJECT = N_("there is no project {slug}")
NO_PARTNER = N_("there is no partner {slug}")


@dataclass(frozen=True)
class Catalog:
    """The catalogue: its own description, partners, datasets and agreements.

    `graph` describes the catalogue and its projects; `law` is all that
    `policies` were read from, so that they can travel with what is published.
    """

    iris: Iris
    folder: Path
    iri: str
    title: dict[str, str]
    description: dict[str, str]
    host: Partner
    partners: Mapping[str, Partner]
    datasets: Mapping[DatasetKey, Dataset]
    parties: Mapping[str, Party]
    projects: Mapping[str, Project]
    policies: Policies
    law: Graph = field(repr=False, compare=False)
    graph: Graph = field(repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path, base: str, kinds: Graph | None = None) -> Self:
        """Read a folder, its relative IRIs resolved against the pool's base.

        `kinds` are the concepts of organisation types, by default the pool's own scheme: an
        exclusion by kind needs to know which kind is narrower. Raises `CatalogError` naming the
        file, and `PolicyError` for an agreement outside the charter's profile.
        """
        iris = Iris(base)
        file = folder / "catalog.ttl"
        graph = read_turtle(file, base)
        refuse_names_of_datasets(graph, file, iris)
        graph += read_project_files(folder, iris)
        projects = projects_in(graph, file, iris)
        partners = {p.slug: p for p in _partners(folder, iris)}
        datasets = {d.key: d for p in partners.values() for d in _datasets(p, iris)}
        about = _described(graph, file, iris)
        host = _host(about, partners)
        parties = {one.slug: one for one in _parties(folder, iris)}
        everything = _kinds() + graph if kinds is None else kinds + graph
        for partner in partners.values():
            everything += partner.described
            everything += _agreements(partner, host, datasets, iris)
        theirs = {d.iri for d in datasets.values() if d.publisher == host.iri}
        for party in parties.values():
            everything += party.described
            everything += read_agreement_with(party, host, theirs, iris)
        policies = from_graph(everything, broader_purposes())
        readers = [one.iri for one in parties.values()]
        refuse_unfit_agreements(policies, projects.values(), host.iri, readers)
        for dataset in datasets.values():
            _name_licence(dataset, policies, iris)
        return cls(
            iris=iris,
            folder=folder,
            iri=str(about.subject),
            title=about.texts(DCTERMS.title),
            description=about.texts(DCTERMS.description),
            host=host,
            partners=partners,
            datasets=datasets,
            parties=parties,
            projects=projects,
            policies=policies,
            law=everything,
            graph=graph,
        )

    def require(self, key: DatasetKey) -> Dataset:
        """Give a dataset by its key; raises `UnknownThing`."""
        if key not in self.datasets:
            raise UnknownThing(NO_DATASET, key=key)
        return self.datasets[key]

    def named(self, text: str) -> Dataset:
        """Give a dataset as people name it, ``partner/dataset``; raises `UnknownThing`."""
        partner, _, dataset = text.partition("/")
        return self.require(DatasetKey(partner, dataset))

    def require_partner(self, slug: str) -> Partner:
        """Give a partner by its slug; raises `UnknownThing`."""
        if slug not in self.partners:
            raise UnknownThing(NO_PARTNER, slug=slug)
        return self.partners[slug]

    def require_project(self, slug: str) -> Project:
        """Give a project by its slug; raises `UnknownThing`."""
        if slug not in self.projects:
            raise UnknownThing(NO_PROJECT, slug=slug)
        return self.projects[slug]

    def party_named(self, text: str) -> Partner | Party | None:
        """Give a partner, or a party that only reads, by its slug or its IRI."""
        everyone: list[Partner | Party] = [*self.partners.values(), *self.parties.values()]
        return next((one for one in everyone if text in {one.slug, one.iri}), None)

    def find(self, iri: str) -> Dataset | None:
        """Give the dataset that an IRI names, as a dataset or as its graph."""
        return next((d for d in self.datasets.values() if iri in {d.iri, d.graph}), None)

    def graph_of(self, key: DatasetKey) -> str:
        """Give the name of a dataset's graph; raises `UnknownThing`."""
        return self.require(key).graph

    def mapping_for(self, dataset: Dataset, file: Path) -> Path:
        """Give the mapping for a source file, by its ending; raises `CatalogError`."""
        return dataset.mapping_for(file)


def _partners(folder: Path, iris: Iris) -> Iterator[Partner]:
    for inside in sorted(folder.iterdir()):
        if (inside / "partner.ttl").is_file():
            yield read_partner(inside, iris)


def _parties(folder: Path, iris: Iris) -> Iterator[Party]:
    for inside in sorted(folder.iterdir()):
        if (inside / "party.ttl").is_file():
            yield read_party(inside, iris)


def _datasets(partner: Partner, iris: Iris) -> Iterator[Dataset]:
    for inside in sorted(partner.folder.iterdir()):
        if inside.is_dir() and not inside.name.startswith((".", "_")):
            yield read_dataset(inside, partner, iris)


def _described(graph: Graph, file: Path, iris: Iris) -> Described:
    """Give the catalogue's own description, of which there must be one, under its own IRI."""
    about = Described(graph, URIRef(f"{iris.base}catalog"), file)
    found = set(graph.subjects(RDF.type, DCAT.Catalog))
    for other in found - {about.subject}:
        raise CatalogError(OTHER, file=file, found=other, expected=about.subject)
    if not found:
        raise about.lacks(DCAT.Catalog)
    return about


def _host(about: Described, partners: Mapping[str, Partner]) -> Partner:
    publisher = about.iri(DCTERMS.publisher)
    for partner in partners.values():
        if partner.iri == publisher:
            return partner
    raise CatalogError(NO_HOST, file=about.file, found=publisher)


def _agreements(
    partner: Partner, host: Partner, datasets: Mapping[DatasetKey, Dataset], iris: Iris
) -> Graph:
    """Read a partner's agreements: about its own datasets, or the host's."""
    whole = Graph()
    theirs = {d.iri for d in datasets.values() if d.publisher in {partner.iri, host.iri}}
    for file, graph in read_agreements(partner.folder, iris.base):
        for found in graph.objects(None, ODRL2.assigner):
            if str(found) != partner.iri:
                raise CatalogError(NOT_ASSIGNER, file=file, found=found, partner=partner.slug)
        for target in graph.objects(None, ODRL2.target):
            if str(target) not in theirs:
                raise CatalogError(NOT_THEIRS, file=file, target=target, partner=partner.slug)
        whole += graph
    return whole


def _name_licence(dataset: Dataset, policies: Policies, iris: Iris) -> None:
    """Give the name of an agreement to the record of data whose licence it is."""
    if not dataset.licence.startswith(iris.thing("agreement", "")):
        return
    agreement = policies.agreement(dataset.licence)
    if agreement is None:
        raise CatalogError(UNDESCRIBED, file=dataset.folder / "dataset.ttl", term=dataset.licence)
    for lang, title in agreement.title.items():
        dataset.described.add((URIRef(agreement.iri), RDFS.label, Literal(title, lang)))


@cache
def _kinds() -> Graph:
    """Give the concepts of organisation types, which come with parvis: nobody's to change."""
    return read_turtle(knowledge("ontology") / "organization-type.ttl", "")


@cache
def broader_purposes() -> dict[str, frozenset[str]]:
    """Return which purposes are directly broader than each of the Data Privacy Vocabulary."""
    graph = read_turtle(knowledge("ontology") / "dpv" / "purposes.ttl", "")
    return {
        str(purpose): frozenset(map(str, graph.objects(purpose, SKOS.broader)))
        for purpose in graph.subjects(SKOS.broader)
    }
