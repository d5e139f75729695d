"""The texts of partners in the catalogue folder; one whose texts are wrong stops nobody else.

It is set aside. For descriptions, its last valid texts stay in force. For access, the pool fails
closed: while an agreement cannot be read, what its last valid version permits is permitted to the
partner alone, and what it forbids and obliges stays.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from rdflib import Graph, URIRef
from rdflib.namespace import ODRL2
from rdflib.term import Node

from parvis.catalog.entries import Dataset, Partner, read_dataset, read_partner
from parvis.catalog.projects import read_agreements, require_among
from parvis.errors import CatalogError, ParvisError, PolicyError
from parvis.governance import Policies
from parvis.i18n import N_
from parvis.vocab.iris import DatasetKey, Iris

NO_HOST = N_("{file}: the publisher {value} has no folder here")
NOT_THEIRS = N_("{file}: the agreement speaks of {value}, which is no dataset of {partner}")
NOT_ASSIGNER = N_("{file}: the assigner is {value}, but the folder is that of {partner}")

ReadLaw = Callable[[Graph], Policies]
"""Reads agreements; raises `PolicyError` or `CatalogError` for those that are wrong."""
Content = TypeVar("Content")


class PartnerTexts:
    """The partners' folders, and the partners that were set aside with what is wrong."""

    def __init__(self, folder: Path, valid: Path | None, iris: Iris) -> None:
        """Read from a folder; without `valid`, whatever is wrong is raised."""
        self.set_aside: dict[str, ParvisError] = {}
        self._folder, self._valid, self._iris = folder, valid, iris
        self._partners: dict[str, Partner] = {}
        self._datasets: dict[DatasetKey, Dataset] = {}

    def read_records(self) -> tuple[dict[str, Partner], dict[DatasetKey, Dataset]]:
        """Read the descriptions of partners and of their datasets."""
        for place in sorted(self._folder.iterdir()):
            if (place / "partner.ttl").is_file():
                records = self._read(place.name, self._read_partner)
                if records is not None:
                    partner, datasets = records
                    self._partners[place.name] = partner
                    self._datasets |= {dataset.key: dataset for dataset in datasets}
        return self._partners, self._datasets

    def require_third_party(self, publisher: str, file: Path) -> Partner:
        """Return the publisher of the catalogue, whose texts must be right."""
        partner = next((p for p in self._partners.values() if p.iri == publisher), None)
        wrong = self.set_aside.get(
            publisher.rpartition("/")[2] if partner is None else partner.slug
        )
        if wrong is not None:
            raise wrong
        if partner is None:
            raise CatalogError(NO_HOST, file=file, value=publisher)
        return partner

    def read_law(
        self, common: Graph, third_party: Partner, shared: set[str], read: ReadLaw
    ) -> tuple[Graph, Policies]:
        """Return `common` with what describes the partners and their agreements, read by `read`.

        Agreements may speak of the partner's own datasets, and of those that are `shared`.
        """
        for partner in self._partners.values():
            common += partner.metadata
        host = self._agreements(third_party, third_party.folder, shared)
        laws = {
            slug: self._read_agreements(partner, shared)
            for slug, partner in self._partners.items()
            if partner is not third_party
        }
        start = list(common)  # to copy a graph takes longer than to list it
        law = _add(common, host, *laws.values())
        try:
            return law, read(law)
        except (CatalogError, PolicyError):
            if self._valid is None:
                raise
        # Some partner's agreements are wrong: each is tried with the third party's alone.
        for slug, own in laws.items():
            try:
                read(_add(_graph_of(start), host, own))
            except (CatalogError, PolicyError) as error:
                self.set_aside[slug] = error
                laws[slug] = self._close(self._partners[slug], shared, self._valid)
        law = _add(_graph_of(start), host, *laws.values())
        return law, read(law)

    def _read(self, slug: str, read: Callable[[Path], Content]) -> Content | None:
        """Read a partner's folder, or else its last valid texts; None where there are none."""
        try:
            return read(self._folder / slug)
        except (CatalogError, PolicyError) as error:
            if self._valid is None:
                raise
            self.set_aside.setdefault(slug, error)
            try:
                return read(self._valid / slug)
            except (CatalogError, PolicyError):
                return None

    def _read_partner(self, texts: Path) -> tuple[Partner, list[Dataset]]:
        folder = self._folder / texts.name
        partner = read_partner(folder, self._iris, texts)
        return partner, [
            read_dataset(folder / inside.name, partner, self._iris, inside)
            for inside in sorted(texts.iterdir())
            if inside.is_dir() and not inside.name.startswith((".", "_"))
        ]

    def _read_agreements(self, partner: Partner, shared: set[str]) -> Graph:
        try:
            return self._agreements(partner, partner.folder, shared)
        except CatalogError as error:
            if self._valid is None:
                raise
            self.set_aside.setdefault(partner.slug, error)
            return self._close(partner, shared, self._valid)

    def _close(self, partner: Partner, shared: set[str], valid: Path) -> Graph:
        """Return the last valid agreements; what they permit is permitted to the partner alone."""
        try:
            law = self._agreements(partner, valid / partner.slug, shared)
        except CatalogError:
            return Graph()
        for rule in list(law.objects(None, ODRL2.permission)):
            law.set((rule, ODRL2.assignee, URIRef(partner.iri)))
        return law

    def _agreements(self, partner: Partner, folder: Path, shared: set[str]) -> Graph:
        """Return a partner's agreements, about its own datasets and those that are shared."""
        own = {d.iri for d in self._datasets.values() if d.publisher == partner.iri}
        allowed, law = own | shared, Graph()
        for file, graph in read_agreements(folder, self._iris.base):
            fields = {"file": file, "partner": partner.slug}
            require_among(graph, ODRL2.assigner, {partner.iri}, NOT_ASSIGNER, **fields)
            require_among(graph, ODRL2.target, allowed, NOT_THEIRS, **fields)
            law += graph
        return law


def _add(law: Graph, *others: Graph) -> Graph:
    for other in others:
        law += other
    return law


def _graph_of(triples: Iterable[tuple[Node, Node, Node]]) -> Graph:
    graph = Graph()
    for triple in triples:
        graph.add(triple)
    return graph
