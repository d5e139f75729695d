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
from parvis.store.manifest import StoreFacts
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
        return Dataset.of(self._graphs(reader, now) & self._held(reader).graphs.keys())

    def repeated(self, older: Self, reader: Reader, now: datetime) -> Dataset | None:
        """Give the graphs of another generation to which a reader's queries of it are confined.

        They are readable by what is decided now *and* by what that generation knew. None when
        that is all which its store holds, for an anonymous reader.
        """
        held = older._held(reader).graphs.keys()
        known = [card.key for card in self.known(reader, now)]
        graphs = self._graphs(reader, now) & older._graphs(reader, now) & held
        if not older._catalog_is_sound(known):
            graphs.discard(self.iris.catalog_graph)
        everything = reader.iri is None and graphs == set(held)
        return None if everything else Dataset.of(graphs)

    def _held(self, reader: Reader) -> StoreFacts:
        """Tell what the store holds that a reader's queries are put to."""
        manifest = self.generation.manifest
        return manifest.open if reader.iri is None else manifest.members

    def _graphs(self, reader: Reader, now: datetime) -> set[str]:
        """Name the graphs that a reader may read."""
        keys = [self.cards[iri].key for iri in readable(self.policies, reader, self.cards, now)]
        known = [
            self.cards[iri].key for iri in discoverable(self.policies, reader, self.cards, now)
        ]
        graphs = {self.iris.ontology_graph, *map(self.iris.graph, keys)}
        graphs |= {self.iris.record_graph(key) for key in known}
        if self._catalog_is_sound(known):
            graphs.add(self.iris.catalog_graph)
        return graphs

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
