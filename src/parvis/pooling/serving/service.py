"""What a reader may ask of what is published: the only way in for the web."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from rdflib import Graph

from parvis.catalog import MOST, Tombstone
from parvis.catalog.feed import Activity
from parvis.config import Settings
from parvis.errors import (
    ClosedDataset,
    MachineError,
    NoLongerKept,
    NothingPublished,
    UnknownThing,
    Withdrawn,
)
from parvis.governance import ANONYMOUS, Reader
from parvis.i18n import DEFAULT, N_
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.cache import Answers
from parvis.pooling.serving.current import Served
from parvis.pooling.serving.description import QUERY, Description, described
from parvis.pooling.serving.exchange import Exchange, exchange
from parvis.pooling.serving.figures.relays import View
from parvis.pooling.serving.harvest import Listing, listing, repeated
from parvis.pooling.serving.query import Answer, Answering, Chunks, Dump, Question
from parvis.pooling.serving.search import Found, Searches, search, suggest
from parvis.pooling.serving.snapshot import Published
from parvis.rdf.files import serialise
from parvis.store.generation.generation import Generation, numbers
from parvis.store.query.request import Request
from parvis.store.search.search import TextIndex
from parvis.vocab.iris import DatasetKey, Iris

__all__ = [
    "MOST",
    "NO_DUMP",
    "Answer",
    "Chunks",
    "DatasetCard",
    "Description",
    "Dump",
    "ExampleQuery",
    "Found",
    "Generation",
    "Host",
    "PartnerCard",
    "Question",
]

Graphs = tuple[str, ...] | None
"""The graphs that a reader may read; None for all that a store holds."""

T = TypeVar("T")

NO_DATASET = N_("there is no dataset {key}")
NO_STATE = N_("the state {state} of the catalogue is no longer kept: begin again at its first page")
NO_PARTNER = N_("there is no partner {slug}")
NO_DUMP = N_("there is no file {form} of the dataset {key}")
WITHDRAWN = N_("the dataset {key} was withdrawn from the pool")
CLOSED = N_("the dataset {key} is not open to you: its page says who may read it")
NOTHING_SAID = N_("nothing is said here of {iri}")


class Host:
    """A pool as it is served: opened once per process, following what is published."""

    def __init__(self, settings: Settings) -> None:
        """Open the pool; nothing need be published yet."""
        self.settings = settings
        self.iris = Iris(settings.base)
        self.shares = Shares(settings.limits)
        self._searches = Searches()
        self.answers = Answers(settings.limits.kept_bytes)
        self._served = Served(settings, self.iris, self.answers)
        self._answering = Answering(settings, self._served, self.shares, self.answers)
        self._listed: Listing | None = None
        self._began = time.monotonic()

    def published(self) -> Published:
        """Give what is served now; raises `NothingPublished`."""
        return self._served.published()

    def standing(self) -> Generation | None:
        """Give the generation served while every decision stands as when it was built, else None.

        Until then an anonymous reader's answer stays the same; None also if nothing is published.
        """
        return self._served.standing()

    def tag(self, reader: Reader, question: Question) -> str | None:
        """Tell the tag that the answer to a question would have, without asking it."""
        return self._answering.tag(reader, question)

    def ask(self, reader: Reader, question: Question, served: Generation | None = None) -> Answer:
        """Begin to answer a query with what the reader may read.

        `served` is what is served, for who has just looked.
        Raises `QueryError`, `LimitError` (`ShareError` for the reader's own), `WorkerDied`,
        `NothingPublished` or, for a generation that was asked for, `UnknownThing`.
        """
        return self._answering.ask(reader, question, served)

    def health(self) -> dict[str, Any]:
        """Tell what is served and since when; raises `NothingPublished`."""
        published = self.published()
        return {
            "generation": published.generation.number,
            "quads": sum(self.graphs(ANONYMOUS).values()),
            "uptime": round(time.monotonic() - self._began, 1),
        }

    def catalogue(self, reader: Reader) -> Graph:
        """Give the catalogue as far as the reader may know of it."""
        published, now = self.published(), self._served.at()
        keys = [card.key for card in published.known(reader, now)]
        return published.catalogue(keys, published.shut(now))

    def datasets(self, reader: Reader) -> list[DatasetCard]:
        """Give the datasets that the reader may know of."""
        return self.published().known(reader, self._served.at())

    def dataset(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Give one dataset; a hidden one is like one that does not exist (`UnknownThing`).

        Raises `Withdrawn` for one that was here, as far as everyone could know of it.
        """
        published = self.published()
        card = published.card(reader, self._served.at(), key)
        if card is None and key in published.tombstones:
            raise Withdrawn(WITHDRAWN, key=key)
        if card is None:
            raise UnknownThing(NO_DATASET, key=key)
        return card

    def listing(self, reader: Reader, state: str | None = None) -> Listing:
        """Give what a reader may harvest now, or of an earlier state while it is kept.

        Raises `NoLongerKept` for a state in which no generation stands.
        """
        found = self._listing(reader)
        if state in {None, found.state}:
            return found
        for number in reversed(numbers(self.settings.data)):
            older = self._served.following.numbered(number)
            earlier = repeated(older, str(state), reader, found, self._served.at())
            if earlier is not None:
                return earlier
        raise NoLongerKept(NO_STATE, state=state)

    def feed(self, reader: Reader, page: int | None = None) -> list[Activity]:
        """Give what happened to the datasets, of one page with their descriptions, else of all.

        The feed is everyone's: what not everyone may know of now is not described, nor what was
        said while everyone could read what not everyone may now. What everyone but this reader
        may know of is not in it.
        """
        activities = self.published().feed.activities(described=page is not None, page=page)
        everyones = self._listing(ANONYMOUS)
        barred = {item.key for item in everyones.items} - {
            item.key for item in self._listing(reader).items
        }
        told = (one for one in activities if one.key not in barred)
        return [one if everyones.still_tells(one) else replace(one, lines=b"") for one in told]

    def item(self, reader: Reader, key: DatasetKey) -> tuple[bytes, datetime | None]:
        """Give one dataset's record in N-Triples, and since when it is so, if that can be known.

        Raises `UnknownThing`, also for a record that was left out.
        """
        published, card = self.published(), self.dataset(reader, key)
        change = published.changes.records.get(str(card.key))
        if change is None and published.changes.catalog is not None:
            raise UnknownThing(NO_DATASET, key=key)
        steady = change is not None and not published.generation.confined(self._served.at())
        lines = published.lines(card.key, published.shut(self._served.at()))
        return lines, change.since if change and steady else None

    def _listing(self, reader: Reader) -> Listing:
        """Gather what is to be harvested; for everyone it is remembered while decisions stand."""
        published, now = self.published(), self._served.at()
        if reader.iri is not None or published.generation.confined(now):
            return listing(published, reader, now)
        if self._listed is None or self._listed.published is not published:
            self._listed = listing(published, reader, now)
        return self._listed

    def tombstone(self, key: DatasetKey) -> Tombstone | None:
        """Give what stays of a dataset that was withdrawn, if everyone could know of it."""
        return self.published().tombstones.get(key)

    def graphs(self, reader: Reader) -> dict[str, int]:
        """Count the triples of each graph that the reader's queries range over, by its name."""
        published, now = self.published(), self._served.at()
        facts = published.facts(reader)
        confined = published.dataset(reader, now)
        names = facts.graphs if confined is None else confined.named
        return {name: facts.graphs[name] for name in sorted(names)}

    def record(self, reader: Reader, key: DatasetKey) -> Graph:
        """Give one dataset's DCAT record; raises `UnknownThing`."""
        published, card = self.published(), self.dataset(reader, key)
        return published.record(card.key, published.shut(self._served.at()))

    def schema_org(self, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any] | None:
        """Tell a dataset to search engines; None where its record was left out."""
        return self._told("schema", reader, key, lang)

    def data_package(self, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any]:
        """Tell a dataset as a Data Package; raises `UnknownThing`."""
        found = self._told("packages", reader, key, lang)
        if found is None:
            raise UnknownThing(NO_DATASET, key=key)
        return found

    def _told(self, kind: str, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any] | None:
        """Give what a dataset is for other people's programs; raises `UnknownThing`."""
        published, card = self.published(), self.dataset(reader, key)
        return published.told(kind, card.key, lang, published.shut(self._served.at()))

    def readable(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Give a dataset that the reader may read.

        Raises `UnknownThing`, also for a hidden one, and `ClosedDataset` for one that the reader
        may know of and not read.
        """
        card = self.dataset(reader, key)
        if not card.readable:
            raise ClosedDataset(CLOSED, key=key)
        return card

    def dump(self, reader: Reader, key: DatasetKey, ending: str) -> Dump:
        """Give a dataset's file, as an ending of `parvis.vocab.media.DUMPS` has it.

        Raises as `readable` does, and `UnknownThing` for a form that is left out.
        """
        published, card = self.published(), self.readable(reader, key)
        found = next((one for one in card.downloads if one.ending == ending), None)
        if found is None:
            raise UnknownThing(NO_DUMP, key=key, form=ending)
        return Dump(published.dump(key, ending), found.sha256, published.generation.number)

    def partner(self, reader: Reader, slug: str) -> PartnerCard:
        """Give a partner with the datasets that the reader may know of; raises `UnknownThing`."""
        card = self.published().partners.get(slug)
        if card is None:
            raise UnknownThing(NO_PARTNER, slug=slug)
        datasets = [one for one in self.datasets(reader) if one.key.partner == slug]
        return PartnerCard(**card.to_json(), datasets=tuple(datasets))

    def exchange(self, reader: Reader, slug: str) -> Exchange:
        """Tell what a partner gives and receives, to itself and to the steward alone.

        To anyone else it is like one that does not exist: raises `UnknownThing`.
        """
        return exchange(self.published(), self.settings, reader, slug, self._served.at())

    def describe(self, reader: Reader, iri: str, lang: str = DEFAULT) -> Description:
        """Give what is said of a thing; raises `UnknownThing` where nothing is."""
        request = Request(QUERY, base=self.settings.base, values={"thing": iri})
        answer = b"".join(self._answering.put(reader, request).chunks)
        found = described(iri, answer, lang, f"{self.settings.base}graph/")
        if found is None:
            raise UnknownThing(NOTHING_SAID, iri=iri)
        return found

    def names(self, party: str) -> dict[str, str]:
        """Give the names of a party by language; its IRI where none is published."""
        try:
            return self.published().names.get(party, {"": party})
        except NothingPublished:
            return {"": party}

    def has_party(self, party: str) -> bool:
        """Say whether a party is in what is served, or in the catalogue folder since."""
        kind, _, slug = party.removeprefix(f"{self.settings.base}id/").partition("/")
        if slug and (self.settings.catalog / slug / f"{kind}.ttl").is_file():
            return True
        try:
            return party in self.published().names
        except NothingPublished:
            return False

    def search(self, reader: Reader, query: str, lang: str = DEFAULT) -> Found:
        """Give the things that the reader may read of and whose texts hold all words of a query."""

        def found(index: TextIndex, graphs: Graphs) -> Found:
            cards = {self.iris.graph(card.key): card for card in self.datasets(reader)}
            return search(index, graphs, query, lang, cards)

        return self.texts(reader, found)

    def suggest(self, reader: Reader, beginning: str, lang: str = DEFAULT) -> list[str]:
        """Give names that complete the beginning of a query, of what the reader may read."""

        def found(index: TextIndex, graphs: Graphs) -> list[str]:
            return suggest(index, graphs, beginning, lang)

        return self.texts(reader, found)

    def reaches(self, reader: Reader) -> View:
        """Give who reaches which public, as far as the reader may be told."""
        return View(self.published(), reader, self._served.at())

    def queries(self) -> list[ExampleQuery]:
        """Give the example queries."""
        return list(self.published().queries)

    def questions(self, ending: str) -> bytes:
        """Write the example queries as RDF, in the format of an ending."""
        published = self.published()
        key = ("questions", ending, published.generation.number)
        return self.answers.document(
            published.generation, key, lambda: serialise(published.questions(), ending)
        )

    def statistics(self, reader: Reader, ending: str) -> bytes:
        """Describe the pool and the graphs that the reader may read, in figures (VoID).

        It is written once for all readers who may read the same.
        """
        published, now = self.published(), self._served.at()
        datasets, loaded = published.counted(reader, now)
        told = sha256(repr((sorted(datasets), sorted(loaded.items()))).encode()).hexdigest()
        key = ("statistics", ending, published.generation.number, told)
        return self.answers.document(
            published.generation,
            key,
            lambda: serialise(published.statistics(datasets, loaded), ending),
        )

    def load(self) -> dict[str, int]:
        """Count queries by state: ``busy``, ``aside`` (long ones) and ``waiting``."""
        return self._answering.load()

    def close(self) -> None:
        """End the query workers, and close the text indexes."""
        self._answering.close()
        self._searches.close()

    def served(self) -> Generation:
        """Give the generation that is served; raises `NothingPublished`."""
        return self._served.generation()

    def texts(self, reader: Reader, use: Callable[[TextIndex, Graphs], T]) -> T:
        """Use the text index that a reader's queries have too, and the graphs they may read.

        Once more if a publication has just deleted it.
        """
        generation = self.served()
        try:
            return use(*self._indexed(reader))
        except MachineError:
            if generation.folder.is_dir():
                raise
        return use(*self._indexed(reader))

    def _indexed(self, reader: Reader) -> tuple[TextIndex, Graphs]:
        """Give the text index of what is served, and the graphs that a reader may read."""
        published = self.published()
        allowed = published.dataset(reader, self._served.at())
        index = self._searches.of(_store(reader, published.generation))
        return index, None if allowed is None else allowed.default


def _store(reader: Reader, generation: Generation) -> Path:
    """Tell from which store a reader is answered."""
    return generation.open_store if reader.iri is None else generation.members_store
