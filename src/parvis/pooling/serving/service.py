"""Answer readers' requests on the published generation: the entry point of the web."""

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from rdflib import URIRef

from parvis.catalog.distributions import dump_path
from parvis.catalog.feed import Activity
from parvis.catalog.projects import Project
from parvis.catalog.quality import MOST
from parvis.catalog.turtle import read_turtle
from parvis.catalog.versions import Tombstone
from parvis.config import Settings, clock
from parvis.errors import (
    CatalogError,
    ClosedDataset,
    NoLongerKept,
    NothingPublished,
    UnknownThing,
    Withdrawn,
)
from parvis.governance import ANONYMOUS, READ, Reader, decide
from parvis.i18n import DEFAULT, N_
from parvis.pooling.audit import require_confirmed
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard
from parvis.pooling.serving.access import Verdict
from parvis.pooling.serving.datascene.export import STATEMENTS, DatasceneExport, export_rows
from parvis.pooling.serving.description import QUERY, ResourceDescription, parse_description
from parvis.pooling.serving.events.entities import Entity
from parvis.pooling.serving.events.index import EventIndexes, describe_entity
from parvis.pooling.serving.events.selection import ReaderEvents
from parvis.pooling.serving.exchange import Exchange, list_exchange
from parvis.pooling.serving.figures.relays import ReachView
from parvis.pooling.serving.harvest.records import Listing, find_earlier_state, list_records
from parvis.pooling.serving.query import DownloadFile, QueryAnswer, QueryRequest, QueryService
from parvis.pooling.serving.search import Graphs, SearchResults, TextIndexes, search, suggest
from parvis.rdf.files import serialise
from parvis.rdf.literals import read_texts
from parvis.rdf.table_schema import list_table_resources
from parvis.store.generation.generation import Generation, numbers
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import SCHEMA

if TYPE_CHECKING:
    from parvis.store.search.search import TextIndex

__all__ = [
    "MOST",
    "NO_DATASET",
    "NO_DUMP",
    "DatasetCard",
    "ExampleQuery",
    "Generation",
    "Graphs",
    "PoolService",
    "QueryAnswer",
    "QueryRequest",
]

T = TypeVar("T")

NO_DATASET = N_("there is no dataset {key}")
NO_STATE = N_("the state {state} of the catalogue is no longer kept: begin again at its first page")
NO_PARTNER = N_("there is no partner {slug}")
NO_PROJECT = N_("there is no project {slug}")
NO_DUMP = N_("there is no file {form} of the dataset {key}")
WITHDRAWN = N_("the dataset {key} was withdrawn from the pool")
CLOSED = N_("the dataset {key} is not open to you: its page says who may read it")
NO_STATEMENT = N_("nothing is said here of {iri}")


class PoolService(QueryService):
    """A pool as it is served: opened once per process, it follows what is published."""

    def __init__(self, settings: Settings) -> None:
        require_confirmed(settings.data)
        super().__init__(settings)
        self._searches = TextIndexes()
        self._events = EventIndexes()
        self._listed: Listing | None = None
        self._began = time.monotonic()

    def generation(self) -> Generation:
        """Return the served generation; raises `NothingPublished`."""
        generation = super().generation()
        self._events.follow(generation, self)
        return generation

    def health(self) -> dict[str, Any]:
        """Return the generation, its size and the uptime in seconds; raises `NothingPublished`.

        `edition` grows with every publication and rollback, and is the same on every copy.
        `engine_away_since` is the instant since which an engine does not answer, None if all do.
        """
        published = self.snapshot()
        since = self.engines.watch.absent_since() if self.engines else None
        return {
            "edition": self.edition(),
            "engine_away_since": since and since.isoformat(timespec="seconds"),
            "generation": published.generation.number,
            "quads": sum(self.graphs(ANONYMOUS).values()),
            "uptime": round(time.monotonic() - self._began, 1),
        }

    def datasets(self, reader: Reader) -> list[DatasetCard]:
        """Return the datasets that the reader may discover."""
        return self.snapshot().discoverable_cards(reader, self.decision_instant())

    def datasets_by_graph(self, reader: Reader) -> dict[str, DatasetCard]:
        """Return the datasets that the reader may discover, by their graphs."""
        return {self.iris.graph(card.key): card for card in self.datasets(reader)}

    def dataset(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Return a dataset that the reader may discover; raises `UnknownThing`.

        Raises `Withdrawn` for a withdrawn one that everyone could discover.
        """
        published = self.snapshot()
        card = published.decisions.cards(reader, self.decision_instant()).get(key)
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
            older = self.stored_snapshot(number)
            earlier = find_earlier_state(
                older, str(state), reader, current, self.decision_instant()
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
        published, key = self.snapshot(), self.dataset(reader, key).key
        now = self.decision_instant()
        change = published.changes.records.get(str(key))
        if change is None and published.changes.catalog is not None:
            raise UnknownThing(NO_DATASET, key=key)
        lines = published.lines(key, published.closed_since_publication(now))
        steady = not published.generation.must_confine(now)
        return lines, change.since if change and steady else None

    def _listing(self, reader: Reader) -> Listing:
        published, now = self.snapshot(), self.decision_instant()
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
        published, now = self.snapshot(), self.decision_instant()
        facts = published.store_facts(reader)
        confined = published.dataset(reader, now)
        names = facts.graphs if confined is None else confined.named
        return {name: facts.graphs[name] for name in sorted(names)}

    def data_package(self, reader: Reader, key: DatasetKey, lang: str) -> dict[str, Any]:
        """Return a dataset as a Data Package; raises `UnknownThing`."""
        package = self.json_record("packages", reader, key, lang)
        if package is None:
            raise UnknownThing(NO_DATASET, key=key)
        with suppress(ClosedDataset, UnknownThing):  # its files are not this reader's, or lack it
            tables = self.dump(reader, key, "csv.zip")
            resources = package["resources"]
            package["resources"] = list_table_resources(resources, tables.path, tables.sha256)
        return package

    def json_record(
        self, kind: str, reader: Reader, key: DatasetKey, lang: str
    ) -> dict[str, Any] | None:
        """Return a dataset's record as JSON, of kind ``schema`` (schema.org) or ``packages``.

        None if it was left out.
        """
        published, key = self.snapshot(), self.dataset(reader, key).key
        closed = published.closed_since_publication(self.decision_instant())
        return published.json_record(kind, key, lang, closed)

    def readable(self, reader: Reader, key: DatasetKey) -> DatasetCard:
        """Return a dataset that the reader may read.

        Raises `UnknownThing`, also for a hidden one, and `ClosedDataset` for one that the reader
        may discover but not read.
        """
        card = self.dataset(reader, key)
        if not card.readable:
            raise ClosedDataset(CLOSED, key=key)
        return card

    def dump(self, reader: Reader, key: DatasetKey, form: str) -> DownloadFile:
        """Return a dataset's download file, by a form as `DatasetFile.form` has it.

        Raises as `readable` does, and `UnknownThing` for a form that is left out.
        """
        published, card = self.snapshot(), self.readable(reader, key)
        for download in card.downloads:
            if download.form == form:
                path = published.generation.dumps / dump_path(key, form)
                return DownloadFile(path, download.sha256, published.generation.number)
        raise UnknownThing(NO_DUMP, key=key, form=form)

    def shows(self, reader: Reader, key: DatasetKey) -> DatasceneExport:
        """Return a dataset's shows for Datascène, by a query that the reader's share pays.

        Raises as `readable` and `ask` do, and `LimitError` for too many statements.
        """
        self.readable(reader, key)
        return export_rows(self.rows(reader, STATEMENTS, (self.iris.graph(key),)))

    def partner(self, reader: Reader, slug: str) -> PartnerCard:
        """Return a partner, with the datasets the reader may discover; raises `UnknownThing`."""
        card = self.snapshot().partners.get(slug)
        if card is None:
            raise UnknownThing(NO_PARTNER, slug=slug)
        datasets = [dataset for dataset in self.datasets(reader) if dataset.key.partner == slug]
        return replace(card, datasets=tuple(datasets))

    def count_partners(self, iris: Collection[str] | None = None) -> int:
        """Count the partners of the pool, or those among some IRIs, without the third party.

        This is the only definition: whether a reader may know of their datasets does not matter.
        """
        cards = self.snapshot().partners.values()
        partners = {self.iris.partner(card.slug) for card in cards if not card.third_party}
        return len(partners if iris is None else partners.intersection(iris))

    def list_projects(self) -> list[Project]:
        """Return the pooling projects, the latest to start first."""
        projects = self.snapshot().projects.values()
        return sorted(projects, key=lambda project: project.start, reverse=True)

    def find_project(self, slug: str) -> Project:
        """Return a pooling project; raises `UnknownThing`."""
        project = self.snapshot().projects.get(slug)
        if project is None:
            raise UnknownThing(NO_PROJECT, slug=slug)
        return project

    def explain_access(
        self, reader: Reader, cards: Iterable[DatasetCard]
    ) -> dict[DatasetKey, Verdict]:
        """Return for each dataset whether a signed-in reader may read it, and by which rule."""
        if reader.iri is None:
            return {}  # the pages of an anonymous reader show who may read instead
        published, now = self.snapshot(), clock.now()
        return {
            card.key: Verdict.of(
                decide(published.policies, reader, READ, card.iri, now), published.names
            )
            for card in cards
        }

    def exchange(self, reader: Reader, slug: str) -> Exchange:
        """Return a partner's contributions and what it receives, for itself and the steward alone.

        Raises `UnknownThing` for anyone else, as for a partner that does not exist.
        """
        return list_exchange(self.snapshot(), self.settings, reader, slug, self.decision_instant())

    def describe(self, reader: Reader, iri: str, lang: str = DEFAULT) -> ResourceDescription:
        """Return the statements about a resource; raises `UnknownThing` if there are none."""
        answer = b"".join(self.ask(reader, QueryRequest(QUERY, values={"thing": iri})).chunks)
        description = parse_description(iri, answer, lang, f"{self.settings.base}graph/")
        if description is None:
            raise UnknownThing(NO_STATEMENT, iri=iri)
        return description

    def names(self, party: str) -> dict[str, str]:
        """Return the names of a party by language; its IRI where none is written anywhere."""
        try:
            if names := self.snapshot().names.get(party):
                return names
        except NothingPublished:
            pass
        # A party that was added since then signs in before the next publication.
        kind, _, slug = party.removeprefix(f"{self.settings.base}id/").partition("/")
        try:
            graph = read_turtle(self.settings.catalog / slug / f"{kind}.ttl", self.settings.base)
        except (CatalogError, OSError):
            return {"": party}
        return read_texts(graph, URIRef(party), SCHEMA.name) or {"": party}

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

    def third_party(self) -> str | None:
        """Return the IRI of the third party; None while nothing is published."""
        try:
            return self.snapshot().policies.parties.host
        except NothingPublished:
            return None

    def search(
        self, reader: Reader, query: str, lang: str = DEFAULT, part: slice = slice(None)
    ) -> SearchResults:
        """Return a part of the readable resources whose texts hold all words of a query."""

        def search_index(index: "TextIndex", graphs: Graphs) -> SearchResults:
            published, now = self.snapshot(), self.decision_instant()
            find_dataset = partial(published.dataset_of, reader, now)
            return search(index, graphs, query, lang, published.partner_words, find_dataset, part)

        return self.use_text_index(reader, search_index)

    def suggest(self, reader: Reader, beginning: str, lang: str = DEFAULT) -> list[str]:
        """Return readable names that complete the beginning of a query."""
        return self.use_text_index(
            reader, lambda index, graphs: suggest(index, graphs, beginning, lang)
        )

    def event_index(self, reader: Reader) -> ReaderEvents:
        """Return the events that a reader may know of; raises `StoreError`, `NothingPublished`."""
        return self._events.of(self, reader)

    def describe_entity(self, reader: Reader, iri: str) -> Entity | None:
        """Return an event, a place, a party or a work, None for others; raises as `ask` does."""
        return describe_entity(self, reader, iri)

    def reaches(self, reader: Reader) -> ReachView:
        """Return which relays reach which public, as far as the reader may know."""
        return ReachView(self.snapshot(), reader, self.decision_instant())

    def queries(self) -> list[ExampleQuery]:
        return list(self.snapshot().queries)

    def tables_hold(self, reader: Reader, generation: int | None = None) -> bool:
        """Return whether the tables of events count all that a reader may read now."""
        return self.snapshot().tables_hold(reader, self.decision_instant(), generation)

    def queries_rdf(self, ending: str) -> bytes:
        """Return the example queries as RDF, in the format of an ending."""
        published = self.snapshot()
        key = ("questions", ending, published.generation.number)
        return self.answers.document(
            published.generation, key, lambda: serialise(published.site_graph("queries.nt"), ending)
        )

    def statistics(self, reader: Reader, ending: str) -> bytes:
        """Return the VoID description of the pool and of the graphs that the reader may read."""
        published, now = self.snapshot(), self.decision_instant()
        datasets, loaded = published.readable_sizes(reader, now)
        # The document is shared by all readers who may read the same graphs.
        digest = sha256(repr((sorted(datasets), sorted(loaded.items()))).encode()).hexdigest()
        key = ("statistics", ending, published.generation.number, digest)
        return self.answers.document(
            published.generation,
            key,
            lambda: serialise(published.statistics(datasets, loaded), ending),
        )

    def close(self) -> None:
        """End the query workers, and close the text indexes."""
        super().close()
        self._searches.close()

    def use_text_index(self, reader: Reader, use: Callable[["TextIndex", Graphs], T]) -> T:
        """Call `use` with the text index of the reader's store and the graphs they may read."""
        return self._searches.use(self, reader, use)
