"""A generation as the site reads it: everything it says comes from the generation's own files."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from rdflib import Graph, URIRef

from parvis.catalog import Project, Tombstone, broader_purposes, loaded_void
from parvis.catalog.ontology import names_in
from parvis.errors import UnknownThing
from parvis.governance import (
    ANONYMOUS,
    READ,
    Policies,
    Reader,
    decide,
    discoverable,
    from_graph,
    may_all_reach,
    readable,
)
from parvis.i18n import N_
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard
from parvis.pooling.linking.links import linked, partners_named
from parvis.pooling.publication.feed import Changes, Feed
from parvis.pooling.publication.records import BOUND, CLOSED, prefixes
from parvis.pooling.publication.records import FOLDER as RECORDS
from parvis.pooling.publics.reaches import DERIVED, Declared, codes, declared
from parvis.pooling.serving.access import Decided, Verdict
from parvis.pooling.site import (
    DATASETS,
    PARTNERS,
    PROJECTS,
    QUERIES,
    TOMBSTONES,
    later_rows,
    made_of,
    received,
    rows,
    strata,
)
from parvis.rdf.files import bound, graph_of, to_graph
from parvis.rdf.joining import bodies
from parvis.statistics.cube import derived
from parvis.statistics.relays import Reach
from parvis.store.generation.generation import Generation
from parvis.store.generation.manifest import Bundle, StoreFacts
from parvis.store.query.request import Dataset
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import PARVIS, SCHEMA

Shut = Collection[DatasetKey]
"""Datasets of whose files and content nothing more is told."""

NO_RECORD = N_("the record of {key} cannot be told: it is left out of the catalogue")


@dataclass(frozen=True)
class Published:
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
        """Read a generation's small files."""
        site = generation.site
        cards = [DatasetCard.from_json(one) for one in rows(site, DATASETS)]
        partners = [PartnerCard(**one) for one in rows(site, PARTNERS)]
        tombstones = [Tombstone.from_json(one) for one in later_rows(site, TOMBSTONES)]
        projects = [Project.from_json(one) for one in later_rows(site, PROJECTS)]
        law = to_graph(site / "agreements.nt")
        return cls(
            generation=generation,
            iris=iris,
            policies=replace(
                from_graph(law, broader_purposes()),
                strata=strata(site),
                received=received(site),
                made_of=made_of(site),
            ),
            cards={card.iri: card for card in cards},
            partners={partner.slug: partner for partner in partners},
            names=names_in(law),
            queries=tuple(ExampleQuery(**one) for one in rows(site, QUERIES)),
            tombstones={one.key: one for one in tombstones},
            projects={one.slug: one for one in projects},
        )

    def known(self, reader: Reader, now: datetime) -> list[DatasetCard]:
        """Give the datasets that a reader may know of, each told whether it may be read."""
        return list(self._decided.cards(reader, now).values())

    def card(self, reader: Reader, now: datetime, key: DatasetKey) -> DatasetCard | None:
        """Give one dataset, if the reader may know of it."""
        return self._decided.cards(reader, now).get(key)

    @cached_property
    def _decided(self) -> Decided:
        """Remember what was decided."""
        return Decided(self.policies, self._decide)

    def _decide(self, reader: Reader, now: datetime) -> dict[DatasetKey, DatasetCard]:
        """Decide on every dataset, by the IRIs as they were published, under whatever base."""
        may_read = set(readable(self.policies, reader, self.cards, now))
        seen = discoverable(self.policies, reader, self.cards, now)
        cards = [replace(self.cards[iri], readable=iri in may_read) for iri in seen]
        held = self.facts(reader).graphs.keys()
        if not self._figures_are_sound(self._contents(cards, held, reader, now)):
            cards = [replace(card, duplicates=None) for card in cards]
        return {card.key: card for card in cards}

    def explained(self, card: DatasetCard, reader: Reader, now: datetime) -> Verdict:
        """Say whether a reader may read a dataset, and by which rule."""
        return Verdict.of(decide(self.policies, reader, READ, card.iri, now), self.names)

    def facts(self, reader: Reader) -> StoreFacts:
        """Give what is known of the store that answers a reader."""
        manifest = self.generation.manifest
        return manifest.open if reader.iri is None else manifest.members

    def dataset(self, reader: Reader, now: datetime) -> Dataset | None:
        """Give the graphs that a reader's queries are confined to.

        None for an anonymous reader while every decision stands as it was when the open store
        was built: that store holds nothing else.
        """
        if reader.iri is None and not self.generation.confined(now):
            return None
        return Dataset.of(self.graphs(reader, now))

    def repeated(self, older: Self, reader: Reader, now: datetime) -> Dataset | None:
        """Give the graphs of another generation to which a reader's queries of it are confined.

        They are readable by what is decided now *and* by what that generation knew. None when
        that is all which its store holds, for an anonymous reader.
        """
        held = older.facts(reader).graphs.keys()
        known = [card.key for card in self.known(reader, now)]
        graphs = self._readable(held, reader, now) & older.graphs(reader, now)
        graphs -= older.kept_from(reader, self.policies)
        if not older._catalog_is_sound(known) or older.shut_by(self.policies, now):
            graphs.discard(self.iris.catalog_graph)
        if not older._figures_are_sound(graphs):
            graphs.discard(self.iris.statistics_graph)
        graphs -= {name for name, behind in older.linked.items() if not behind <= graphs}
        everything = reader.iri is None and graphs == set(held)
        return None if everything else Dataset.of(graphs)

    def kept_from(self, reader: Reader, policies: Policies) -> set[str]:
        """Give the releases of this generation that hold what agreements now keep from a reader."""
        return {
            self.iris.graph(self.cards[iri].key)
            for iri, sources in self.policies.made_of.items()
            if iri in self.cards and not may_all_reach(policies, sources, reader)
        }

    def graphs(self, reader: Reader, now: datetime) -> set[str]:
        """Give the graphs that a reader may read in the store that answers it."""
        return self._readable(self.facts(reader).graphs.keys(), reader, now)

    def _readable(self, held: Collection[str], reader: Reader, now: datetime) -> set[str]:
        """Give those of some graphs that a reader may read.

        A graph that is neither a dataset's nor parvis's own was loaded as it was: it is decided
        on by its own IRI.
        """
        cards = self._decided.cards(reader, now)
        may_read = [key for key, card in cards.items() if card.readable]
        known = list(cards)
        graphs = self._contents(cards.values(), held, reader, now)
        graphs |= {self.iris.ontology_graph, self.iris.queries_graph}
        graphs |= {self.iris.record_graph(key) for key in known}
        graphs |= {self.iris.statistics_of(key) for key in may_read}
        if self._catalog_is_sound(known) and not self.shut(now):
            graphs.add(self.iris.catalog_graph)
        if self._figures_are_sound(graphs):
            graphs.add(self.iris.statistics_graph)
        graphs |= {name for name, behind in self.linked.items() if behind <= graphs}
        return graphs & set(held)

    def _contents(
        self, cards: Iterable[DatasetCard], held: Collection[str], reader: Reader, now: datetime
    ) -> set[str]:
        """Give the graphs that a reader may read of datasets, and of what was loaded as it was."""
        loaded = self._loaded({*held, *self.generation.manifest.open.graphs})
        graphs = {self.iris.graph(card.key) for card in cards if card.readable}
        return graphs | set(readable(self.policies, reader, sorted(loaded), now))

    def _loaded(self, held: Collection[str]) -> set[str]:
        """Give those of some graphs that are neither a dataset's nor parvis's own."""
        datasets = {self.iris.graph(card.key) for card in self.cards.values()}
        return {name for name in held if not self.iris.is_ours(name)} - datasets

    def _catalog_is_sound(self, known: Iterable[DatasetKey]) -> bool:
        """Say whether the common catalogue graph names nothing that this reader may not know."""
        apart = {self.iris.record_graph(card.key) for card in self.cards.values()}
        alone = apart & self.generation.manifest.members.graphs.keys()
        common = {c.key for c in self.cards.values() if self.iris.record_graph(c.key) not in alone}
        return common <= set(known)

    def _figures_are_sound(self, readable: Collection[str]) -> bool:
        """Say whether the common graph of statistics counts nothing but readable graphs."""
        served = self.generation.manifest.open.graphs
        return {name for name in served if not self.iris.is_ours(name)} <= set(readable)

    def shut(self, now: datetime) -> frozenset[DatasetKey]:
        """Give the datasets that everyone could read when this was published, and cannot now.

        Of their files and content nothing more is told.
        """
        return self.shut_by(self.policies, now) if self.generation.confined(now) else frozenset()

    def shut_by(self, policies: Policies, now: datetime) -> frozenset[DatasetKey]:
        """Give them by what is agreed now, whatever was agreed then."""
        still = set(readable(policies, ANONYMOUS, self.cards, now))
        over = (card.key for iri, card in self.cards.items() if iri not in still)
        return frozenset(key for key in over if self._is_told_less(key))

    def _is_told_less(self, key: DatasetKey) -> bool:
        """Say whether a record stands ready as it is told once its dataset is shut."""
        former = self.generation.site / CLOSED / RECORDS / f"{key}.nt"
        return self._closed_records.has(str(key), "nt") or former.is_file()

    def counted(self, reader: Reader, now: datetime) -> tuple[list[str], dict[str, int]]:
        """Tell what a reader may read: datasets by IRI, and the sizes of graphs loaded as is."""
        datasets = readable(self.policies, reader, self.cards, now)
        sizes = self.facts(reader).graphs
        loaded = readable(self.policies, reader, sorted(self._loaded(sizes)), now)
        return list(datasets), {name: sizes[name] for name in loaded}

    def statistics(self, datasets: Iterable[str], loaded: Mapping[str, int]) -> Graph:
        """Describe the pool and what is counted for a reader, in figures (VoID)."""
        graph = self._told("void.nt")
        for iri in datasets:
            graph += self._told(f"void/{self.cards[iri].key}.nt")
        for name, size in loaded.items():
            graph += loaded_void(name, size, self.iris)
        return graph

    def catalogue(self, keys: Iterable[DatasetKey], shut: Shut) -> Graph:
        """Give the catalogue's graph with the records of some datasets."""
        graph = to_graph(self.generation.site / "catalog.nt")
        for key in keys:
            with suppress(UnknownThing):
                graph += self.record(key, shut)
        return graph

    def project(self, slug: str) -> Graph:
        """Describe one project with what its members need, and the names of those it names."""
        whole, found = to_graph(self.generation.site / "catalog.nt"), bound(Graph())
        this = URIRef(self.projects[slug].iri)
        for node in (this, *whole.objects(this, PARVIS.need)):
            found += whole.triples((node, None, None))
        for party in set(found.objects()):
            found += whole.triples((party, SCHEMA.name, None))
        return found

    def questions(self) -> Graph:
        """Give the example queries as RDF."""
        return self._told("queries.nt")

    def _told(self, name: str) -> Graph:
        """Read a small graph; one that the generation lacks is empty, as in older ones."""
        file = self.generation.site / name
        return to_graph(file) if file.is_file() else bound(Graph())

    @cached_property
    def changes(self) -> Changes:
        """Tell since when each record is what it is."""
        return Changes.read(self.generation.site)

    @cached_property
    def reaches(self) -> dict[str, Declared]:
        """Tell which publics the graphs of the record say are reached, by graph."""
        return declared(self.generation)

    @cached_property
    def linked(self) -> Mapping[str, frozenset[str]]:
        """Tell which graphs stand behind each graph of links: who reads them reads it."""
        return linked(self.generation)

    @cached_property
    def partner_of(self) -> Mapping[str, str]:
        """Tell which partner a thing is that others name otherwise, as everyone may know."""
        return partners_named(self.generation)

    @cached_property
    def shown(self) -> list[Reach]:
        """Tell which publics published figures show to be reached, more than by all together."""
        cells = (cell for one in self.reaches.values() for cell in one.cells)
        return derived(cells, codes(), DERIVED)

    @cached_property
    def feed(self) -> Feed:
        """Give what happened to the datasets that everyone may know of."""
        return Feed.of(self.generation.site)

    def lines(self, key: DatasetKey, shut: Shut) -> bytes:
        """Give one dataset's record in N-Triples; raises `UnknownThing` where it was left out."""
        ready = f"{_form(key, shut)}{RECORDS}/{key}.nt"
        found = self._told_of(key, shut).get(str(key), "nt") or self._ready(ready)
        if not found:
            raise UnknownThing(NO_RECORD, key=key)
        return found

    def bodies(self, keys: Iterable[DatasetKey], ending: str, shut: Shut) -> Iterable[bytes]:
        """Give datasets' records in a format, each without head and end (`parvis.rdf.joining`).

        Those of a generation that an older version wrote are written now.
        """
        if self._records.get(BOUND, "json") != prefixes():
            return (bodies(self.lines(key, shut), (ending,))[ending] for key in keys)
        if not shut:
            return self._records.all(map(str, keys), ending)
        return (next(self._told_of(key, shut).all([str(key)], ending)) for key in keys)

    @cached_property
    def _records(self) -> Bundle:
        """Give the records as they stand ready."""
        return Bundle(self.generation.site / RECORDS)

    @cached_property
    def _closed_records(self) -> Bundle:
        """Give the records of open datasets as they are told once these are shut."""
        return Bundle(self.generation.site / CLOSED / RECORDS)

    def _told_of(self, key: DatasetKey, shut: Shut) -> Bundle:
        """Tell among which records one is told; less is told of those that are shut."""
        return self._closed_records if key in shut else self._records

    def dump(self, key: DatasetKey, ending: str) -> Path:
        """Tell where a dataset's file is; it may have none."""
        return self.generation.dumps / f"{key}.{ending}"

    def record(self, key: DatasetKey, shut: Shut) -> Graph:
        """Give one dataset's record; raises `UnknownThing` where it was left out."""
        return graph_of(self.lines(key, shut))

    def told(self, kind: str, key: DatasetKey, lang: str, shut: Shut) -> dict[str, Any] | None:
        """Give what a dataset is for other people's programs: ``schema`` or ``packages``."""
        name, ready = f"{kind}.{lang}.json", f"{_form(key, shut)}{kind}/{key}.{lang}.json"
        found = self._told_of(key, shut).get(str(key), name) or self._ready(ready)
        return json.loads(found) if found else None

    def _ready(self, name: str) -> bytes | None:
        """Read a document that was written on publishing; older generations lack some."""
        try:
            return (self.generation.site / name).read_bytes()
        except FileNotFoundError:
            return None


def _form(key: DatasetKey, shut: Shut) -> str:
    """Tell in which folder of the site a dataset is told, as much as may be told of it."""
    return CLOSED if key in shut else ""
