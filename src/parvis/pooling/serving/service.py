"""Answer readers' requests on the published generation: the entry point of the web."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from parvis.catalog.feed import Activity
from parvis.catalog.quality import MOST
from parvis.catalog.versions import Tombstone
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
from parvis.pooling.serving.cache import AnswerCache
from parvis.pooling.serving.current import PublicationFollower
from parvis.pooling.serving.description import QUERY, ResourceDescription, parse_description
from parvis.pooling.serving.exchange import Exchange, list_exchange
from parvis.pooling.serving.figures.relays import ReachView
from parvis.pooling.serving.harvest import Listing, find_earlier_state, list_records
from parvis.pooling.serving.query import DownloadFile, QueryAnswer, QueryRequest, QueryService
from parvis.pooling.serving.search import SearchResults, TextIndexes, search, suggest
from parvis.pooling.serving.snapshot import Snapshot
from parvis.rdf.files import serialise
from parvis.store.generation.generation import Generation, numbers
from parvis.store.query.request import WorkerRequest
from parvis.store.search.search import TextIndex
from parvis.vocab.iris import DatasetKey, Iris

__all__ = [
    "MOST",
    "NO_DUMP",
    "DatasetCard",
    "ExampleQuery",
    "Generation",
    "Graphs",
    "PoolService",
    "QueryAnswer",
    "QueryRequest",
]

Graphs = tuple[str, ...] | None
"""The graphs that a reader may read; None for all graphs of a store."""

T = TypeVar("T")

NO_DATASET = N_("there is no dataset {key}")
NO_STATE = N_("the state {state} of the catalogue is no longer kept: begin again at its first page")
NO_PARTNER = N_("there is no partner {slug}")
NO_DUMP = N_("there is no file {form} of the dataset {key}")
WITHDRAWN = N_("the dataset {key} was withdrawn from the pool")
CLOSED = N_("the dataset {key} is not open to you: its page says who may read it")
NO_STATEMENT = N_("nothing is said here of {iri}")


class PoolService:
    """A pool as it is served: opened once per process, it follows what is published."""

    def __init__(self, settings: Settings) -> None:
        # Nothing need be published yet.
        self.settings = settings
        self.iris = Iris(settings.base)
        self.shares = Shares(settings.limits)
        self._searches = TextIndexes()
        self.answers = AnswerCache(settings.limits.kept_bytes)
        self._served = PublicationFollower(settings, self.iris, self.answers)
        self._answering = QueryService(settings, self._served, self.shares, self.answers)
        self._listed: Listing | None = None
        self._began = time.monotonic()

    def snapshot(self) -> Snapshot:
        """Return the served snapshot; raises `NothingPublished`."""
        return self._served.snapshot()

    def steady_generation(self) -> Generation | None:
        """Return the served generation if all decisions are those it was built with, else None.

        Until then the answers to anonymous readers do not change.
        """
        return self._served.steady_generation()

    def tag(self, reader: Reader, question: QueryRequest) -> str | None:
        """Return the entity tag of the answer to a query, without running it."""
        return self._answering.tag(reader, question)

    def ask(
        self, reader: Reader, question: QueryRequest, served: Generation | None = None
    ) -> QueryAnswer:
        """Run a query on what the reader may read, and return the beginning of its answer.

        `served` is the served generation, if the caller has just read it.
        Raises `QueryError`, `LimitError` (`ShareError` for the reader's own), `WorkerDied`,
        `NothingPublished` or, for a generation named in the query, `UnknownThing`.
        """
        return self._answering.ask(reader, question, served)

    def health(self) -> dict[str, Any]:
        """Return the generation, its size and the uptime in seconds; raises `NothingPublished`."""
        published = self.snapshot()
        return {
            "generation": published.generation.number,
            "quads": sum(self.graphs(ANONYMOUS).values()),
            "uptime": round(time.monotonic() - self._began, 1),
        }

    def datasets(self, reader: Reader) -> list[DatasetCard]:
        """Return the datasets that the reader may discover."""
        return self.snapshot().discoverable_cards(reader, self._served.decision_instant())

    def dataset(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Return a dataset that the reader may discover; raises `UnknownThing`.

        Raises `Withdrawn` for a withdrawn one that everyone could discover.
        """
        published = self.snapshot()
        card = published.card(reader, self._served.decision_instant(), key)
        if card is None and key in published.tombstones:
            raise Withdrawn(WITHDRAWN, key=key)
        if card is None:
            # A hidden dataset is answered like one that does not exist.
            raise UnknownThing(NO_DATASET, key=key)
        return card

    def listing(self, reader: Reader, state: str | None = None) -> Listing:
        """Return what a reader may harvest now, or in an earlier state.

        Raises `NoLongerKept` for a state of which no generation is stored any more.
        """
        current = self._listing(reader)
        if state in {None, current.state}:
            return current
        # Several generations may have one state: the newest of them answers.
        for number in reversed(numbers(self.settings.data)):
            older = self._served.following.stored_snapshot(number)
            earlier = find_earlier_state(
                older, str(state), reader, current, self._served.decision_instant()
            )
            if earlier is not None:
                return earlier
        raise NoLongerKept(NO_STATE, state=state)

    def feed(self, reader: Reader, page: int | None = None) -> list[Activity]:
        """Return the activities of a page with their descriptions, or all without them."""
        activities = self.snapshot().feed.activities(described=page is not None, page=page)
        public = self._listing(ANONYMOUS)
        # The feed is the same for everyone, except for datasets that are closed to this reader
        # alone.
        barred = {item.key for item in public.items} - {
            item.key for item in self._listing(reader).items
        }
        # A description is empty if its dataset is hidden now, or if it was written while everyone
        # could read what not everyone may read now.
        return [
            activity if public.allows_description(activity) else replace(activity, lines=b"")
            for activity in activities
            if activity.key not in barred
        ]

    def item(self, reader: Reader, key: DatasetKey) -> tuple[bytes, datetime | None]:
        """Return a dataset's record in N-Triples, and its instant of change if that is known.

        Raises `UnknownThing`, also for a record that was left out.
        """
        published, card = self.snapshot(), self.dataset(reader, key)
        change = published.changes.records.get(str(card.key))
        if change is None and published.changes.catalog is not None:
            raise UnknownThing(NO_DATASET, key=key)
        steady = change is not None and not published.generation.must_confine(
            self._served.decision_instant()
        )
        lines = published.lines(
            card.key, published.closed_since_publication(self._served.decision_instant())
        )
        return lines, change.since if change and steady else None

    def _listing(self, reader: Reader) -> Listing:
        published, now = self.snapshot(), self._served.decision_instant()
        if reader.iri is not None or published.generation.must_confine(now):
            return list_records(published, reader, now)
        # The anonymous reader's is the same until a decision changes.
        if self._listed is None or self._listed.published is not published:
            self._listed = list_records(published, reader, now)
        return self._listed

    def tombstone(self, key: DatasetKey) -> Tombstone | None:
        """Return the tombstone of a withdrawn dataset, if everyone could discover it."""
        return self.snapshot().tombstones.get(key)

    def graphs(self, reader: Reader) -> dict[str, int]:
        """Return the named graphs of the reader's dataset, each with its number of triples."""
        published, now = self.snapshot(), self._served.decision_instant()
        facts = published.store_facts(reader)
        confined = published.dataset(reader, now)
        names = facts.graphs if confined is None else confined.named
        return {name: facts.graphs[name] for name in sorted(names)}

    def schema_org(self, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any] | None:
        """Return a dataset as schema.org JSON-LD; None if its record was left out."""
        return self._json_record("schema", reader, key, lang)

    def data_package(self, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any]:
        """Return a dataset as a Data Package; raises `UnknownThing`."""
        package = self._json_record("packages", reader, key, lang)
        if package is None:
            raise UnknownThing(NO_DATASET, key=key)
        return package

    def _json_record(
        self, kind: str, reader: Reader, key: DatasetKey, lang: str
    ) -> dict[str, Any] | None:
        published, card = self.snapshot(), self.dataset(reader, key)
        return published.json_record(
            kind,
            card.key,
            lang,
            published.closed_since_publication(self._served.decision_instant()),
        )

    def readable(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Return a dataset that the reader may read.

        Raises `UnknownThing`, also for a hidden one, and `ClosedDataset` for one that the reader
        may discover but not read.
        """
        card = self.dataset(reader, key)
        if not card.readable:
            raise ClosedDataset(CLOSED, key=key)
        return card

    def dump(self, reader: Reader, key: DatasetKey, ending: str) -> DownloadFile:
        """Return a dataset's download file, by an ending of `parvis.rdf.formats.DUMP_TYPES`.

        Raises as `readable` does, and `UnknownThing` for a form that is left out.
        """
        published, card = self.snapshot(), self.readable(reader, key)
        for download in card.downloads:
            if download.ending == ending:
                path = published.dump(key, ending)
                return DownloadFile(path, download.sha256, published.generation.number)
        raise UnknownThing(NO_DUMP, key=key, form=ending)

    def partner(self, reader: Reader, slug: str) -> PartnerCard:
        """Return a partner, with the datasets the reader may discover; raises `UnknownThing`."""
        card = self.snapshot().partners.get(slug)
        if card is None:
            raise UnknownThing(NO_PARTNER, slug=slug)
        datasets = [dataset for dataset in self.datasets(reader) if dataset.key.partner == slug]
        return replace(card, datasets=tuple(datasets))

    def exchange(self, reader: Reader, slug: str) -> Exchange:
        """Return a partner's contributions and what it receives, for itself and the steward alone.

        Raises `UnknownThing` for anyone else, as for a partner that does not exist.
        """
        return list_exchange(
            self.snapshot(), self.settings, reader, slug, self._served.decision_instant()
        )

    def describe(self, reader: Reader, iri: str, lang: str = DEFAULT) -> ResourceDescription:
        """Return the statements about a resource; raises `UnknownThing` if there are none."""
        request = WorkerRequest(QUERY, base=self.settings.base, values={"thing": iri})
        answer = b"".join(self._answering.run(reader, request).chunks)
        description = parse_description(iri, answer, lang, f"{self.settings.base}graph/")
        if description is None:
            raise UnknownThing(NO_STATEMENT, iri=iri)
        return description

    def names(self, party: str) -> dict[str, str]:
        """Return the names of a party by language; its IRI where none is published."""
        try:
            return self.snapshot().names.get(party, {"": party})
        except NothingPublished:
            return {"": party}

    def has_party(self, party: str) -> bool:
        """Return whether a party is published, or was added to the catalogue folder since."""
        # A party may get a token before the next publication.
        kind, _, slug = party.removeprefix(f"{self.settings.base}id/").partition("/")
        if slug and (self.settings.catalog / slug / f"{kind}.ttl").is_file():
            return True
        try:
            return party in self.snapshot().names
        except NothingPublished:
            return False

    def search(self, reader: Reader, query: str, lang: str = DEFAULT) -> SearchResults:
        """Return the readable resources whose texts hold all words of a query."""

        def search_index(index: TextIndex, graphs: Graphs) -> SearchResults:
            cards = {self.iris.graph(card.key): card for card in self.datasets(reader)}
            return search(index, graphs, query, lang, cards)

        return self.use_text_index(reader, search_index)

    def suggest(self, reader: Reader, beginning: str, lang: str = DEFAULT) -> list[str]:
        """Return readable names that complete the beginning of a query."""
        return self.use_text_index(
            reader, lambda index, graphs: suggest(index, graphs, beginning, lang)
        )

    def reaches(self, reader: Reader) -> ReachView:
        """Return which relays reach which public, as far as the reader may know."""
        return ReachView(self.snapshot(), reader, self._served.decision_instant())

    def queries(self) -> list[ExampleQuery]:
        """Return the example queries."""
        return list(self.snapshot().queries)

    def queries_rdf(self, ending: str) -> bytes:
        """Return the example queries as RDF, in the format of an ending."""
        published = self.snapshot()
        key = ("questions", ending, published.generation.number)
        return self.answers.document(
            published.generation, key, lambda: serialise(published.queries_graph(), ending)
        )

    def statistics(self, reader: Reader, ending: str) -> bytes:
        """Return the VoID description of the pool and of the graphs that the reader may read."""
        published, now = self.snapshot(), self._served.decision_instant()
        datasets, loaded = published.readable_sizes(reader, now)
        # The document is shared by all readers who may read the same graphs.
        digest = sha256(repr((sorted(datasets), sorted(loaded.items()))).encode()).hexdigest()
        key = ("statistics", ending, published.generation.number, digest)
        return self.answers.document(
            published.generation,
            key,
            lambda: serialise(published.statistics(datasets, loaded), ending),
        )

    def load(self) -> dict[str, int]:
        """Return the number of queries by state: ``busy``, ``aside`` (long ones), ``waiting``."""
        return self._answering.load()

    def close(self) -> None:
        """End the query workers, and close the text indexes."""
        self._answering.close()
        self._searches.close()

    def generation(self) -> Generation:
        """Return the served generation; raises `NothingPublished`."""
        return self._served.generation()

    def use_text_index(self, reader: Reader, use: Callable[[TextIndex, Graphs], T]) -> T:
        """Call `use` with the text index of the reader's store and the graphs they may read."""
        generation = self.generation()
        try:
            return use(*self._index(reader))
        except MachineError:
            if generation.folder.is_dir():
                raise
        # A publication has just deleted the index: the next generation answers.
        return use(*self._index(reader))

    def _index(self, reader: Reader) -> tuple[TextIndex, Graphs]:
        published = self.snapshot()
        allowed = published.dataset(reader, self._served.decision_instant())
        generation = published.generation
        store = generation.open_store if reader.iri is None else generation.members_store
        return self._searches.of(store), None if allowed is None else allowed.default
