"""Read a published generation from its own files, as far as each reader may."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from rdflib import Graph, URIRef

from parvis.catalog.folder import broader_purposes
from parvis.catalog.ontology import names_in
from parvis.catalog.projects import Project
from parvis.catalog.versions import Tombstone
from parvis.catalog.void import loaded_void
from parvis.config.json_data import from_json
from parvis.errors import UnknownThing
from parvis.governance import (
    ANONYMOUS,
    Policies,
    Reader,
    filter_discoverable,
    filter_readable,
    may_all_reach,
    read_policies,
)
from parvis.i18n import N_
from parvis.pooling.cards import (
    DATASETS,
    PARTNERS,
    PROJECTS,
    QUERIES,
    TOMBSTONES,
    DatasetCard,
    ExampleQuery,
    PartnerCard,
    read_optional_rows,
    read_receptions,
    read_release_sources,
    read_rows,
    read_strata,
)
from parvis.pooling.linking.links import read_graphs_behind, read_partner_names
from parvis.pooling.publication.entity_feed import FeedIndex
from parvis.pooling.publication.feed import CatalogChanges, Feed
from parvis.pooling.publication.records import BOUND, CLOSED, prefixes
from parvis.pooling.publication.records import FOLDER as RECORDS
from parvis.pooling.publication.tables import read_holding
from parvis.pooling.publics.reaches import DERIVED, Declaration, read_codes, read_declarations
from parvis.pooling.serving.access import DecisionCache
from parvis.pooling.serving.search import stem_partners
from parvis.rdf.files import bind_prefixes, graph_of, to_graph
from parvis.rdf.joining import bodies
from parvis.statistics.cube import derive_reaches
from parvis.statistics.relays import AudienceReach
from parvis.store.generation.generation import Generation
from parvis.store.generation.manifest import Bundle, StoreFacts
from parvis.store.query.request import QueryDataset
from parvis.store.search.results import GraphWords
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import PARVIS, SCHEMA

ClosedKeys = Collection[DatasetKey]
"""Datasets that are not open any more: neither their files nor their content are described."""

NO_RECORD = N_("the record of {key} cannot be written: it is left out of the catalogue")


@dataclass(frozen=True)
class Snapshot:
    """One generation, with its cards and the agreements it was built under.

    `names` are those of all parties by IRI, readers that the site does not show included.
    """

    generation: Generation
    iris: Iris
    policies: Policies
    cards: dict[str, DatasetCard]
    partners: dict[str, PartnerCard]
    names: dict[str, dict[str, str]]
    queries: tuple[ExampleQuery, ...]
    tombstones: dict[DatasetKey, Tombstone]
    projects: dict[str, Project]

    @classmethod
    def read(cls, generation: Generation, iris: Iris) -> Self:
        site = generation.site
        cards = [from_json(DatasetCard, row) for row in read_rows(site, DATASETS)]
        partners = [PartnerCard(**row) for row in read_rows(site, PARTNERS)]
        tombstones = [from_json(Tombstone, row) for row in read_optional_rows(site, TOMBSTONES)]
        projects = [from_json(Project, row) for row in read_optional_rows(site, PROJECTS)]
        law = to_graph(site / "agreements.nt")
        return cls(
            generation=generation,
            iris=iris,
            policies=replace(
                read_policies(law, broader_purposes()),
                strata=read_strata(site),
                received=read_receptions(site),
                made_of=read_release_sources(site),
            ),
            cards={card.iri: card for card in cards},
            partners={partner.slug: partner for partner in partners},
            names=names_in(law),
            queries=tuple(ExampleQuery(**row) for row in read_rows(site, QUERIES)),
            tombstones={tombstone.key: tombstone for tombstone in tombstones},
            projects={project.slug: project for project in projects},
        )

    def discoverable_cards(self, reader: Reader, now: datetime) -> list[DatasetCard]:
        """Return the datasets that a reader may discover, each marked as readable or not."""
        return list(self.decisions.cards(reader, now).values())

    @cached_property
    def decisions(self) -> DecisionCache:
        def decide_cards(reader: Reader, now: datetime) -> dict[DatasetKey, DatasetCard]:
            # By the IRIs as they were published, even if the settings have another base now.
            may_read = set(filter_readable(self.policies, reader, self.cards, now))
            iris = filter_discoverable(self.policies, reader, self.cards, now)
            cards = [replace(self.cards[iri], readable=iri in may_read) for iri in iris]
            graphs = self.store_facts(reader).graphs.keys()
            # Duplicates are counted over all open graphs together.
            if not self._statistics_are_readable(self._contents(cards, graphs, reader, now)):
                cards = [replace(card, duplicates=None) for card in cards]
            return {card.key: card for card in cards}

        return DecisionCache(self.policies, decide_cards)

    def store_facts(self, reader: Reader) -> StoreFacts:
        """Return the manifest of the store that answers a reader."""
        manifest = self.generation.manifest
        return manifest.open if reader.iri is None else manifest.members

    def dataset(self, reader: Reader, now: datetime) -> QueryDataset | None:
        """Return the graphs that a reader's queries are confined to; None for the whole store."""
        # Until a decision changes, the open store holds nothing but what everyone may read.
        must_confine = self.generation.must_confine(now)
        if reader.iri is None and not must_confine:
            return None
        return self.decisions.derive(
            reader,
            now,
            ("dataset", must_confine),
            lambda: QueryDataset.of(self.graphs(reader, now)),
        )

    def readable_graphs_of(self, older: Self, reader: Reader, now: datetime) -> QueryDataset | None:
        """Return the graphs that a reader's queries of an older generation are confined to.

        They must be readable by the decisions of now *and* by the agreements of that generation.
        None for an anonymous reader who may read its whole store.
        """
        store_graphs = older.store_facts(reader).graphs.keys()
        keys = [card.key for card in self.discoverable_cards(reader, now)]
        graphs = self._readable(store_graphs, reader, now) & older.graphs(reader, now)
        # A release that was readable then may be made of sources that are closed now.
        graphs -= older.withheld_releases(reader, self.policies)
        if not older._catalog_is_readable(keys) or older.closed_by(self.policies, now):
            graphs.discard(self.iris.catalog_graph)
        if not older._statistics_are_readable(graphs):
            graphs.discard(self.iris.statistics_graph)
        graphs -= {name for name, sources in older.link_sources.items() if not sources <= graphs}
        everything = reader.iri is None and graphs == set(store_graphs)
        return None if everything else QueryDataset.of(graphs)

    def withheld_releases(self, reader: Reader, policies: Policies) -> set[str]:
        """Return the releases of this generation whose sources agreements now close to a reader."""
        return {
            self.iris.graph(self.cards[iri].key)
            for iri, sources in self.policies.made_of.items()
            if iri in self.cards and not may_all_reach(policies, sources, reader)
        }

    def graphs(self, reader: Reader, now: datetime) -> set[str]:
        """Return the graphs that a reader may read in the store that answers it."""
        return self._readable(self.store_facts(reader).graphs.keys(), reader, now)

    def _readable(self, store_graphs: Collection[str], reader: Reader, now: datetime) -> set[str]:
        """Return those of a store's graphs that a reader may read."""
        cards = self.decisions.cards(reader, now)
        graphs = self._contents(cards.values(), store_graphs, reader, now)
        graphs |= {self.iris.ontology_graph, self.iris.queries_graph}
        graphs |= {self.iris.record_graph(key) for key in cards}
        graphs |= {self.iris.statistics_of(key) for key, card in cards.items() if card.readable}
        if self._catalog_is_readable(cards) and not self.closed_since_publication(now):
            graphs.add(self.iris.catalog_graph)
        if self._statistics_are_readable(graphs):
            graphs.add(self.iris.statistics_graph)
        # A graph of links reveals what it was computed from.
        graphs |= {name for name, sources in self.link_sources.items() if sources <= graphs}
        return graphs & set(store_graphs)

    def _contents(
        self,
        cards: Iterable[DatasetCard],
        store_graphs: Collection[str],
        reader: Reader,
        now: datetime,
    ) -> set[str]:
        """Return the readable graphs of datasets, and those that were loaded as they are."""
        loaded = self._loaded_graphs({*store_graphs, *self.generation.manifest.open.graphs})
        graphs = {self.iris.graph(card.key) for card in cards if card.readable}
        return graphs | set(filter_readable(self.policies, reader, sorted(loaded), now))

    def _loaded_graphs(self, graphs: Collection[str]) -> set[str]:
        """Return the graphs that are neither a dataset's nor parvis's own.

        They were loaded as they are: decisions on them are on their own IRIs.
        """
        datasets = {self.iris.graph(card.key) for card in self.cards.values()}
        return {name for name in graphs if not self.iris.is_ours(name)} - datasets

    def _catalog_is_readable(self, keys: Iterable[DatasetKey]) -> bool:
        """Return whether the common catalogue graph holds no record but those of some datasets."""
        # The records that not everyone could discover are in graphs of their own.
        separate = self.generation.manifest.members.graphs.keys()
        common = {
            card.key
            for card in self.cards.values()
            if self.iris.record_graph(card.key) not in separate
        }
        return common <= set(keys)

    def _statistics_are_readable(self, graphs: Collection[str]) -> bool:
        """Return whether the common graph of statistics counts nothing but some graphs."""
        counted = self.generation.manifest.open.graphs
        return {name for name in counted if not self.iris.is_ours(name)} <= set(graphs)

    def tables_hold(self, reader: Reader, now: datetime, generation: int | None = None) -> bool:
        """Return whether the tables of events count all events that a reader may read.

        Never in an earlier `generation`, whose tables count what was open then.
        """
        if generation not in {None, self.generation.number} or not self._tables.get("holds"):
            return False
        if self.dataset(reader, now) is None:
            return True
        # A graph that is not open to all has groups of its own, that hold but beside some others.
        graphs = self.graphs(reader, now)
        counted = {g for g, o in self._tables.get("apart", {}).items() if graphs.isdisjoint(o)}
        counted |= self.generation.manifest.open.graphs.keys()
        uncounted = {*self._tables["graphs"]} - counted
        return self.iris.statistics_graph in graphs and graphs.isdisjoint(uncounted)

    @cached_property
    def _tables(self) -> Mapping[str, Any]:
        return read_holding(self.generation)

    def closed_since_publication(self, now: datetime) -> frozenset[DatasetKey]:
        """Return the datasets that were open when this was published, and are not any more."""
        return (
            self.closed_by(self.policies, now) if self.generation.must_confine(now) else frozenset()
        )

    def closed_by(self, policies: Policies, now: datetime) -> frozenset[DatasetKey]:
        """Return the datasets that were open at publication, and that other policies close."""
        open_now = set(filter_readable(policies, ANONYMOUS, self.cards, now))
        closed = (card.key for iri, card in self.cards.items() if iri not in open_now)
        # Those that were open have a record for this case; older generations have it as a file.
        former = self.generation.site / CLOSED / RECORDS
        return frozenset(
            key
            for key in closed
            if self._closed_records.has(str(key), "nt") or (former / f"{key}.nt").is_file()
        )

    def readable_sizes(self, reader: Reader, now: datetime) -> tuple[list[str], dict[str, int]]:
        """Return the IRIs of the datasets a reader may read, and the sizes of loaded graphs."""
        datasets = filter_readable(self.policies, reader, self.cards, now)
        sizes = self.store_facts(reader).graphs
        loaded = filter_readable(self.policies, reader, sorted(self._loaded_graphs(sizes)), now)
        return list(datasets), {name: sizes[name] for name in loaded}

    def statistics(self, datasets: Iterable[str], loaded: Mapping[str, int]) -> Graph:
        """Return the VoID description of the pool, of datasets and of loaded graphs."""
        graph = self.site_graph("void.nt")
        for iri in datasets:
            graph += self.site_graph(f"void/{self.cards[iri].key}.nt")
        graph += loaded_void(loaded, self.iris)
        return graph

    def project_graph(self, slug: str) -> Graph:
        """Return the description of a project and its needs, with the names of its parties."""
        catalog, graph = to_graph(self.generation.site / "catalog.nt"), bind_prefixes(Graph())
        project = URIRef(self.projects[slug].iri)
        for node in (project, *catalog.objects(project, PARVIS.need)):
            graph += catalog.triples((node, None, None))
        for party in set(graph.objects()):
            graph += catalog.triples((party, SCHEMA.name, None))
        return graph

    def site_graph(self, name: str) -> Graph:
        # An older generation may lack the file.
        file = self.generation.site / name
        return to_graph(file) if file.is_file() else bind_prefixes(Graph())

    @cached_property
    def changes(self) -> CatalogChanges:
        """Return the instants at which records last changed."""
        return CatalogChanges.read(self.generation.site)

    @cached_property
    def reaches(self) -> dict[str, Declaration]:
        """Return the reaches that the graphs of the record declare, by graph."""
        return read_declarations(self.generation)

    @cached_property
    def link_sources(self) -> Mapping[str, frozenset[str]]:
        """Return the source graphs of each graph of links, all of which its readers must read."""
        return read_graphs_behind(self.generation)

    def dataset_of(self, reader: Reader, now: datetime, graph: str) -> DatasetCard | None:
        """Return the dataset of a graph, if the reader may discover it."""
        key = self._keys_by_graph.get(graph)
        return self.decisions.cards(reader, now).get(key) if key else None

    @cached_property
    def _keys_by_graph(self) -> Mapping[str, DatasetKey]:
        return {self.iris.graph(card.key): card.key for card in self.cards.values()}

    @cached_property
    def partner_words(self) -> GraphWords:
        """Return the words of the partner of each graph, for a search in what may be read."""
        return stem_partners({self.iris.graph(card.key): card for card in self.cards.values()})

    @cached_property
    def partner_of(self) -> Mapping[str, str]:
        """Return the partner that each IRI of another partner means, by the open graphs."""
        return read_partner_names(self.generation)

    @cached_property
    def derived_reaches(self) -> list[AudienceReach]:
        """Return the reaches derived from published figures: those above the pool's average."""
        cells = (cell for source in self.reaches.values() for cell in source.cells)
        return derive_reaches(cells, read_codes(), DERIVED)

    @cached_property
    def feed(self) -> Feed:
        """Return the activities of the datasets that everyone may discover."""
        return Feed.of(self.generation.site)

    @cached_property
    def entities(self) -> FeedIndex:
        """Return the logs of the entities of datasets."""
        return FeedIndex.read(self.generation.site)

    def lines(self, key: DatasetKey, closed: ClosedKeys) -> bytes:
        """Return a dataset's record in N-Triples; raises `UnknownThing` if it was left out."""
        lines = self._read_record(key, "nt", f"{RECORDS}/{key}.nt", closed)
        if not lines:
            raise UnknownThing(NO_RECORD, key=key)
        return lines

    def bodies(
        self, keys: Iterable[DatasetKey], ending: str, closed: ClosedKeys
    ) -> Iterable[bytes]:
        """Yield datasets' records in a format, without head and end (`parvis.rdf.joining`)."""
        if self._records.get(BOUND, "json") != prefixes():
            # An older version wrote them with other prefixes: they are serialised again.
            return (bodies(self.lines(key, closed), (ending,))[ending] for key in keys)
        if not closed:
            return self._records.all(map(str, keys), ending)
        return (next(self._bundle(key, closed).all([str(key)], ending)) for key in keys)

    @cached_property
    def _records(self) -> Bundle:
        return Bundle(self.generation.site / RECORDS)

    @cached_property
    def _closed_records(self) -> Bundle:
        return Bundle(self.generation.site / CLOSED / RECORDS)

    def _bundle(self, key: DatasetKey, closed: ClosedKeys) -> Bundle:
        return self._closed_records if key in closed else self._records

    def record(self, key: DatasetKey, closed: ClosedKeys) -> Graph:
        """Return a dataset's record; raises `UnknownThing` if it was left out."""
        return graph_of(self.lines(key, closed))

    def json_record(
        self, kind: str, key: DatasetKey, lang: str, closed: ClosedKeys
    ) -> dict[str, Any] | None:
        """Return a dataset's record in a JSON format: ``schema`` or ``packages``."""
        text = self._read_record(key, f"{kind}.{lang}.json", f"{kind}/{key}.{lang}.json", closed)
        return json.loads(text) if text else None

    def _read_record(
        self, key: DatasetKey, form: str, former_name: str, closed: ClosedKeys
    ) -> bytes | None:
        record = self._bundle(key, closed).get(str(key), form)
        if record:
            return record
        # Older generations have a file for each record, or lack it.
        try:
            folder = CLOSED if key in closed else ""
            return (self.generation.site / folder / former_name).read_bytes()
        except FileNotFoundError:
            return None
