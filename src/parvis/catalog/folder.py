"""The catalogue folder: what the trusted third party knows, as reviewed text.

A direct subfolder with a ``partner.ttl`` is a partner, each folder in it a dataset; one with a
``party.ttl`` is a party that only reads; ``projects`` has the projects; everything else in the
folder is ignored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDFS, SKOS

from parvis.catalog.entries import (
    UNDESCRIBED,
    Dataset,
    Partner,
    refuse_names_of_datasets,
    require_single_subject,
)
from parvis.catalog.partners import PartnerTexts
from parvis.catalog.projects import (
    Party,
    Project,
    projects_in,
    read_agreement_with,
    read_parties,
    read_project_files,
    refuse_unfit_agreements,
)
from parvis.catalog.turtle import read_code_list, read_turtle
from parvis.config import knowledge
from parvis.errors import CatalogError, ParvisError, UnknownThing
from parvis.governance import Policies, read_policies
from parvis.i18n import N_
from parvis.vocab.iris import DatasetKey, Iris

Check = Callable[[Graph], object]
"""Raises `PolicyError` for agreements that are wrong."""

NO_DATASET = N_("there is no dataset {key}")
NO_PROJECT = N_("there is no project {slug}")
NO_PARTNER = N_("there is no partner {slug}")


@dataclass(frozen=True)
class Catalog:
    """The catalogue: its own description, partners, datasets and agreements.

    `graph` describes the catalogue and its projects; `law` is all that `policies` were read from,
    so that it can be published with them. `set_aside` are the partners whose texts are wrong, by
    slug, with what is wrong.
    """

    iris: Iris
    folder: Path
    iri: str
    title: dict[str, str]
    description: dict[str, str]
    third_party: Partner
    partners: Mapping[str, Partner]
    datasets: Mapping[DatasetKey, Dataset]
    parties: Mapping[str, Party]
    projects: Mapping[str, Project]
    policies: Policies
    law: Graph = field(repr=False, compare=False)
    graph: Graph = field(repr=False, compare=False)
    set_aside: Mapping[str, ParvisError] = field(default_factory=dict)

    @classmethod
    def load(
        cls, folder: Path, base: str, valid: Path | None = None, check: Check | None = None
    ) -> Self:
        """Read a folder, its relative IRIs resolved against the pool's base.

        Raises `CatalogError` naming the file, and `PolicyError` for an agreement outside the
        charter's profile. With `valid`, a copy of the last texts that were right, a partner whose
        texts are not, or do not pass `check`, is set aside (`PartnerTexts`) and stops nobody else.
        """
        iris = Iris(base)
        file = folder / "catalog.ttl"
        graph = read_turtle(file, base)
        refuse_names_of_datasets(graph, file, iris)
        graph += read_project_files(folder, iris)
        projects = projects_in(graph, file, iris)
        about = require_single_subject(graph, DCAT.Catalog, f"{iris.base}catalog", file)
        texts = PartnerTexts(folder, valid, iris)
        partners, datasets = texts.read_records()
        third_party = texts.require_third_party(about.iri(DCTERMS.publisher), file)
        parties = read_parties(folder, iris)
        readers = [party.iri for party in parties.values()]

        def read(law: Graph) -> Policies:
            policies = read_policies(law, broader_purposes())
            refuse_unfit_agreements(policies, projects.values(), third_party.iri, readers)
            if check is not None:
                check(law)
            return policies

        # An exclusion by kind needs to know which kind is narrower.
        common = read_code_list("organization-type") + graph
        own_datasets = {d.iri for d in datasets.values() if d.publisher == third_party.iri}
        for party in parties.values():
            common += party.metadata
            common += read_agreement_with(party, third_party, own_datasets, iris)
        law, policies = texts.read_law(common, third_party, own_datasets, read)
        _name_licences(datasets.values(), policies, iris)
        return cls(
            iris=iris,
            folder=folder,
            iri=str(about.subject),
            title=about.texts(DCTERMS.title),
            description=about.texts(DCTERMS.description),
            third_party=third_party,
            partners=partners,
            datasets=datasets,
            parties=parties,
            projects=projects,
            policies=policies,
            law=law,
            graph=graph,
            set_aside=texts.set_aside,
        )

    def require(self, key: DatasetKey) -> Dataset:
        if key not in self.datasets:
            raise UnknownThing(NO_DATASET, key=key)
        return self.datasets[key]

    def require_named(self, text: str) -> Dataset:
        """Return a dataset by its name ``partner/dataset``; raises `UnknownThing`."""
        partner, _, dataset = text.partition("/")
        return self.require(DatasetKey(partner, dataset))

    def require_partner(self, slug: str) -> Partner:
        if slug not in self.partners:
            raise UnknownThing(NO_PARTNER, slug=slug)
        return self.partners[slug]

    def require_project(self, slug: str) -> Project:
        if slug not in self.projects:
            raise UnknownThing(NO_PROJECT, slug=slug)
        return self.projects[slug]

    def party_named(self, text: str) -> Partner | Party | None:
        """Return a partner, or a party that only reads, by its slug or its IRI."""
        parties: list[Partner | Party] = [*self.partners.values(), *self.parties.values()]
        return next((party for party in parties if text in {party.slug, party.iri}), None)

    def find(self, iri: str) -> Dataset | None:
        """Return the dataset with an IRI, its own or that of its graph."""
        return next((d for d in self.datasets.values() if iri in {d.iri, d.graph}), None)


def _name_licences(datasets: Iterable[Dataset], policies: Policies, iris: Iris) -> None:
    # The record of data whose licence is an agreement needs that agreement's name.
    for dataset in datasets:
        if dataset.licence.startswith(iris.thing("agreement", "")):
            agreement = policies.agreement(dataset.licence)
            # An agreement is read once it is signed; nothing of the dataset is published before.
            if agreement is None and not policies.rules_on(dataset.iri):
                continue
            if agreement is None:
                file = dataset.folder / "dataset.ttl"
                raise CatalogError(UNDESCRIBED, file=file, term=dataset.licence)
            for lang, title in agreement.title.items():
                dataset.metadata.add((URIRef(agreement.iri), RDFS.label, Literal(title, lang)))


@cache
def broader_purposes() -> dict[str, frozenset[str]]:
    """Return which purposes are directly broader than each of the Data Privacy Vocabulary."""
    graph = read_turtle(knowledge("ontology") / "dpv" / "purposes.ttl", "")
    return {
        str(purpose): frozenset(map(str, graph.objects(purpose, SKOS.broader)))
        for purpose in graph.subjects(SKOS.broader)
    }
