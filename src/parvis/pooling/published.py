"""A generation as the site reads it: everything it says comes from the generation's own files."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from rdflib import Graph

from parvis.governance import Policies, Reader, discoverable, from_graph, readable
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard
from parvis.rdf.files import to_graph
from parvis.store.dataset import Dataset
from parvis.store.generation import Generation
from parvis.vocab.iris import DatasetKey, Iris


@dataclass(frozen=True)
class Published:
    """One generation, with its cards and the agreements it was built under."""

    generation: Generation
    iris: Iris
    policies: Policies
    cards: dict[str, DatasetCard]
    partners: dict[str, PartnerCard]
    queries: tuple[ExampleQuery, ...]

    @classmethod
    def read(cls, generation: Generation, iris: Iris) -> Self:
        """Read a generation's small files."""
        cards = [DatasetCard.from_json(one) for one in _plain(generation, "datasets.json")]
        partners = [PartnerCard(**one) for one in _plain(generation, "partners.json")]
        return cls(
            generation=generation,
            iris=iris,
            policies=from_graph(to_graph(generation.site / "agreements.nt")),
            cards={card.iri: card for card in cards},
            partners={partner.slug: partner for partner in partners},
            queries=tuple(ExampleQuery(**one) for one in _plain(generation, "queries.json")),
        )

    def known(self, reader: Reader, now: datetime) -> list[DatasetCard]:
        """Give the datasets that a reader may know of, each told whether it may be read."""
        may_read = set(readable(self.policies, reader, self.cards, now))
        seen = discoverable(self.policies, reader, self.cards, now)
        return [replace(self.cards[iri], readable=iri in may_read) for iri in seen]

    def dataset(self, reader: Reader, now: datetime) -> Dataset | None:
        """Give the graphs that a reader's queries are confined to.

        None for an anonymous reader while every decision stands as it was when the open store
        was built: that store holds nothing else.
        """
        if reader.iri is None and not self.generation.confined(now):
            return None
        return Dataset.of(self.graphs(reader, now))

    def graphs(self, reader: Reader, now: datetime) -> set[str]:
        """Give the graphs that a reader may read in the store that answers it.

        A graph that is neither a dataset's nor parvis's own was loaded as it was: it is decided
        on by its own IRI.
        """
        manifest = self.generation.manifest
        held = (manifest.open if reader.iri is None else manifest.members).graphs.keys()
        may_read = [self.cards[i].key for i in readable(self.policies, reader, self.cards, now)]
        known = [self.cards[i].key for i in discoverable(self.policies, reader, self.cards, now)]
        graphs = {self.iris.ontology_graph, *map(self.iris.graph, may_read)}
        graphs |= {self.iris.record_graph(key) for key in known}
        if self._catalog_is_sound(known):
            graphs.add(self.iris.catalog_graph)
        loaded = held - {self.iris.graph(card.key) for card in self.cards.values()}
        graphs |= set(readable(self.policies, reader, sorted(loaded), now))
        return graphs & held

    def _catalog_is_sound(self, known: Iterable[DatasetKey]) -> bool:
        """Say whether the common catalogue graph names nothing that this reader may not know."""
        apart = {self.iris.record_graph(card.key) for card in self.cards.values()}
        alone = apart & self.generation.manifest.members.graphs.keys()
        common = {c.key for c in self.cards.values() if self.iris.record_graph(c.key) not in alone}
        return common <= set(known)

    def catalogue(self, keys: Iterable[DatasetKey]) -> Graph:
        """Give the catalogue's graph with the records of some datasets."""
        graph = to_graph(self.generation.site / "catalog.nt")
        for key in keys:
            graph += self.record(key)
        return graph

    def record(self, key: DatasetKey) -> Graph:
        """Give one dataset's record."""
        return to_graph(self.generation.site / "records" / f"{key}.nt")


def _plain(generation: Generation, name: str) -> list[dict[str, Any]]:
    """Read a file of plain data."""
    found: list[dict[str, Any]] = json.loads((generation.site / name).read_bytes())
    return found
