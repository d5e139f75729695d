"""From the record to what is served: a new generation."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import SKOS

from parvis.catalog import (
    THEMES,
    Dataset,
    Duplicates,
    Partner,
    duplicates_dqv,
    load_queries,
    loaded_void,
    pool_void,
    queries_graph,
)
from parvis.catalog.ontology import names_in, vocabulary
from parvis.config import Settings
from parvis.governance import (
    ANONYMOUS,
    DISCOVER,
    decide,
    good_until,
    readable_by_some,
)
from parvis.governance.access import readable
from parvis.governance.wording import who_may_read
from parvis.i18n import LANGUAGES, both
from parvis.ledger import Act, Deletions
from parvis.pooling.agreements import in_force, loaded, standing
from parvis.pooling.audit import recorded
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard, Unmet
from parvis.pooling.linking.duplicates import of_everyone
from parvis.pooling.linking.links import FILE as LINKED
from parvis.pooling.linking.links import PARTNERS, Links
from parvis.pooling.pool import Pool
from parvis.pooling.publication.counts import Counts
from parvis.pooling.publication.dumps import NAME as DUMPS
from parvis.pooling.publication.dumps import Dumps
from parvis.pooling.publication.feed import CHANGES, Changes, Feed, feed_files, last_told
from parvis.pooling.publication.records import (
    CLOSED,
    Given,
    Holdings,
    Portable,
    Records,
    of_content,
)
from parvis.pooling.publication.records import FOLDER as RECORDS
from parvis.pooling.publics.contributions import settle_contributions
from parvis.pooling.publics.editions import version_of
from parvis.pooling.publics.reaches import FILE as REACHES
from parvis.pooling.publics.reaches import gathered
from parvis.pooling.site import (
    DATASETS,
    MADE_OF,
    PROJECTS,
    QUERIES,
    RECEIVED,
    STRATA,
    TOMBSTONES,
    instants_written,
    sets_written,
    written,
)
from parvis.pooling.site import PARTNERS as PARTNER_CARDS
from parvis.pooling.submissions import submission_of
from parvis.pooling.versions import remembered, versions_of
from parvis.rdf.files import serialise, sorted_lines
from parvis.store.files import workplace, writing
from parvis.store.generation import generation as store
from parvis.store.generation.builder import Local, Maker
from parvis.store.generation.generation import Content
from parvis.vocab.iris import DatasetKey


def publish(pool: Pool, *, anew: bool = False) -> dict[str, Any]:
    """Build a generation from the record and serve it; gives its number and sizes.

    ``uncounted`` names the datasets of which only the number of triples is told, ``left_out``
    those whose record cannot be told, with the reason in each language: the others are. ``no_file``
    names the files to take away that could not be made, with the reason.

    What everyone may read now goes into the open store; what some reader with an agreement may
    read, into the members' store; nothing else is served. `anew` builds both from nothing, as
    must be done when something was erased inside a graph that stays. Versions of the record that
    no kept generation was built from are deleted.
    """
    with writing(pool.settings.data):
        settle_contributions(standing(pool))
        return _published(in_force(pool), anew=anew)


def _published(pool: Pool, *, anew: bool) -> dict[str, Any]:
    """Publish while nobody else writes."""
    data = pool.settings.data
    now = store.not_before(data, datetime.now(UTC))
    with workplace(data) as folder, closing(Counts(pool)) as counts:
        with closing(Dumps(pool, folder)) as dumps:
            publication = _Publication(pool, now, folder, counts, dumps)
            content = publication.content()
        with _maker(pool.settings) as making:
            built = store.build(
                data, content, pool.settings.keep_generations, anew=anew, maker=making
            )
        pool.record.prune(store.kept_digests(data) | Deletions(data).digests())
        recorded(data, Act.PUBLISH, now, built.audit_fields())
    return built.to_json() | {
        "uncounted": counts.uncounted,
        "left_out": publication.records.left_out + publication.portable.told(),
        "no_file": dumps.left_out(),
    }


class _Publication:
    """One generation's content, gathered at one instant."""

    def __init__(
        self, pool: Pool, now: datetime, folder: Path, counts: Counts, dumps: Dumps
    ) -> None:
        """Look at the record and the agreements once."""
        self.pool, self.now, self.folder, self.counts = pool, now, folder, counts
        self.dumps = dumps
        self.versions = versions_of(pool)
        self.loaded = loaded(pool.record)
        self.submissions = [submission_of(version) for version in self.versions.values()]
        self.queries = list(load_queries(pool.catalog.folder).values())
        self.questions = sorted_lines(queries_graph(self.queries, pool.iris))
        self.figures = sorted_lines(pool_void(pool.catalog))
        self.duplicates: Mapping[str, Duplicates] = {}

    def content(self) -> Content:
        """Decide which graph goes where."""
        policies = self.pool.catalog.policies
        files = {d.iri: (d.graph, self._file(d.key)) for d in self._datasets()}
        files |= {graph: (graph, self.pool.record.path(v)) for graph, v in self.loaded.items()}
        targets = list(files)
        open_ones = set(readable(policies, ANONYMOUS, targets, self.now))
        members = set(readable_by_some(policies, targets, self.now))
        self._take_away(open_ones | members)
        listed, hidden = self._records()
        links = self._links(
            {files[iri][0] for iri in open_ones}, {files[iri][0] for iri in members}
        )
        counted, apart = self._statistics(open_ones, members - open_ones)
        return Content(
            open=dict(files[iri] for iri in open_ones)
            | listed
            | counted
            | self._written(links.common(), "linked"),
            members=dict(files[iri] for iri in members)
            | hidden
            | apart
            | self._written(links.others(), "linked-apart"),
            good_until=good_until(policies, self.now),
            files=self._site()
            | self.counts.files()
            | {LINKED: links.told(), PARTNERS: links.partners(self._partners)},
            dumps=self.dumps.paths,
        )

    @cached_property
    def records(self) -> Records:
        """Put the records together, once the files are made."""
        given = Given(self.versions, self.submissions, self.holdings)
        return Records(self.pool, given, self.counts, self.now)

    @cached_property
    def portable(self) -> Portable:
        """Write those that every form can hold."""
        return Portable.write(self.records.each(), self.folder / RECORDS)

    @cached_property
    def closed(self) -> Portable:
        """Write the records of open datasets as they are told once not everyone may read these."""
        return Portable.write(self.records.closed(self.portable.digests), self.folder / "closed")

    def _take_away(self, readable: set[str]) -> None:
        """Make the files of each dataset that somebody may read."""
        for dataset in self._datasets():
            if dataset.iri in readable:
                self.dumps.make(dataset, self.versions[dataset.key])

    @cached_property
    def holdings(self) -> Holdings:
        """Give the files and versions of each dataset."""
        known = remembered(self.pool, [one.graph for one in self._datasets()])
        return Holdings(
            {key: self.dumps.downloads(key) for key in self.versions},
            {one.key: known[one.graph] for one in self._datasets()},
        )

    @cached_property
    def _partners(self) -> frozenset[str]:
        """Give the IRIs of the partners."""
        return frozenset(one.iri for one in self.pool.catalog.partners.values())

    def _links(self, open_ones: set[str], members: set[str]) -> Links:
        """Gather what links the things of the graphs that are served, and the partners."""
        everyones = {*open_ones, self.pool.iris.catalog_graph}
        links = Links.of(self.pool, everyones, everyones | members)
        self.duplicates = of_everyone(self.pool, links, everyones)
        return links

    def _statistics(
        self, open_ones: set[str], others: set[str]
    ) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write what is counted: of open graphs for everyone, of each other one in its own graph.

        Who may not read a graph may not read its counts either.
        """
        iris, common, apart = self.pool.iris, [self.figures], {}
        for graph in sorted(self.loaded.keys() & open_ones):
            described = loaded_void(graph, self.loaded[graph].triples, iris)
            common.append(sorted_lines(described))
        for dataset in self._datasets():
            if dataset.iri in open_ones:
                common.append(self.counts.describe(dataset, self.versions[dataset.key]))
                if dataset.graph in self.duplicates:
                    measured = duplicates_dqv(dataset.iri, self.duplicates[dataset.graph])
                    common.append(sorted_lines(measured))
            elif dataset.iri in others:
                told = self.counts.describe(dataset, self.versions[dataset.key])
                apart[iris.statistics_of(dataset.key)] = [told]
        everyone = {iris.statistics_graph: common}
        return self._written(everyone, "counted"), self._written(apart, "apart")

    def _datasets(self) -> Iterable[Dataset]:
        """Give the datasets that have content."""
        return [self.pool.catalog.datasets[key] for key in self.versions]

    def _file(self, key: DatasetKey) -> Path:
        """Tell where a dataset's content is."""
        return self.pool.record.path(self.versions[key])

    def _records(self) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write the graphs that parvis itself says: for everyone, and for some.

        What the ontology's graph says is not said again: in the union of graphs, which is the
        default one, the engine would count it twice.
        """
        iris = self.pool.iris
        records = self.portable
        graphs = {
            iris.ontology_graph: vocabulary(),
            iris.catalog_graph: self._besides(
                chain([self.described], map(records.lines, self.listed))
            ),
            iris.queries_graph: [self.questions],
        }
        hidden = {
            iris.record_graph(key): self._besides([records.lines(key)])
            for key in records.digests.keys() - self.listed
        }
        return self._written(graphs, "open"), self._written(hidden, "hidden")

    def _besides(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Give the lines of graphs that the ontology's does not hold."""
        for part in parts:
            lines = part.splitlines(keepends=True)
            yield from (line for line in lines if line not in self.said_already)

    @cached_property
    def said_already(self) -> frozenset[bytes]:
        """Give those lines to look others up among them."""
        return frozenset(vocabulary())

    @cached_property
    def described(self) -> bytes:
        """Describe the catalogue without any dataset."""
        return serialise(self.records.base, "nt")

    @cached_property
    def listed(self) -> Mapping[DatasetKey, None]:
        """List the records that everyone may know of, in their order."""
        return dict.fromkeys(key for key in self.portable.digests if self._listed(key))

    def _listed(self, key: DatasetKey) -> bool:
        """Say whether everyone may know of a dataset."""
        dataset = self.pool.catalog.datasets[key]
        policies = self.pool.catalog.policies
        return decide(policies, ANONYMOUS, DISCOVER, dataset.iri, self.now).allowed

    def _written(self, graphs: Mapping[str, Iterable[bytes]], kind: str) -> dict[str, Path]:
        """Write graphs, given in parts, as files that can be loaded."""
        found = {}
        for number, (name, parts) in enumerate(graphs.items()):
            found[name] = self.folder / f"{kind}-{number}.nt"
            with found[name].open("wb") as file:
                file.writelines(parts)
        return found

    def _site(self) -> dict[str, bytes | Path]:
        """Gather the small files from which the site speaks of this generation."""
        catalog = self.pool.catalog
        records, seen = self.portable, self.listed.keys()
        before = last_told(self.pool.settings.data)
        digest = sha256(self.described).hexdigest()
        changes = Changes.read(before).then(digest, records.digests, seen, self.now)
        examples = [
            ExampleQuery(
                one.slug,
                one.question,
                one.text,
                both(THEMES[one.theme]),
                one.form,
                one.chart,
                one.columns,
            )
            for one in self.queries
        ]
        return {
            **{f"{RECORDS}/{name}": path for name, path in records.paths.items()},
            **{f"{CLOSED}{RECORDS}/{name}": path for name, path in self.closed.paths.items()},
            "catalog.nt": self.described,
            CHANGES: changes.to_json(),
            **feed_files(Feed.of(before), records, seen, self.now, self.folder),
            "agreements.nt": serialise(catalog.law, "nt"),
            DATASETS: written([self._card(one).to_json() for one in catalog.datasets.values()]),
            PARTNER_CARDS: written([self._partner(p).to_json() for p in catalog.partners.values()]),
            PROJECTS: written([one.to_json() for one in catalog.projects.values()]),
            STRATA: sets_written(catalog.policies.strata),
            RECEIVED: instants_written(catalog.policies.received),
            MADE_OF: sets_written(catalog.policies.made_of),
            QUERIES: written([vars(one) for one in examples]),
            "queries.nt": self.questions,
            "void.nt": self.figures,
            DUMPS: self.dumps.told(),
            REACHES: gathered(self.pool),
            TOMBSTONES: written(self._tombstones()),
        }

    def _tombstones(self) -> list[dict[str, Any]]:
        """List what was withdrawn, as far as everyone could know of it."""
        return [one for one in map(dict, self.pool.record.withdrawn().values()) if one["public"]]

    def _card(self, dataset: Dataset) -> DatasetCard:
        """Describe a dataset for pages."""
        version = self.versions.get(dataset.key)
        told = self.records.summaries.get(dataset.key)
        return DatasetCard(
            key=dataset.key,
            iri=dataset.iri,
            title=dataset.title,
            description=dataset.description,
            partner_name=self.pool.catalog.partners[dataset.key.partner].names,
            licence=dataset.licence,
            license_label=dict(told.licence) if told else {},
            access=who_may_read(self.pool.catalog.policies, dataset.iri, self.names, self.now),
            triples=version.triples if version else 0,
            modified=version.submitted if version else None,
            invented=dataset.invented,
            version_of=version_of(dataset),
            points=told.quality.points if told else None,
            unmet=tuple(Unmet(one.points, both(one.wanted)) for one in told.quality.unmet)
            if told
            else (),
            duplicates=self.duplicates.get(dataset.graph),
            downloads=tuple(self.holdings.downloads.get(dataset.key, ())),
            versions=tuple(self.holdings.versions.get(dataset.key, ())),
            pool=self.pool.catalog.title,
            themes=told.themes if told else (),
            **(told.about if told else {}),
            **of_content(self.pool.ontology, self.counts.known(version)),
        )

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Name the partners, and the kinds of organisation; the site shows no other party."""
        unseen = {one.iri for one in self.pool.catalog.parties.values()}
        named = names_in(self.pool.catalog.law)
        return {iri: texts for iri, texts in named.items() if iri not in unseen}

    def _partner(self, partner: Partner) -> PartnerCard:
        """Describe a partner for pages."""
        return PartnerCard(
            slug=partner.slug,
            name=partner.names,
            type_label=_labels(self.pool.ontology, partner.kind),
            url=partner.url,
            invented=partner.invented,
        )


def _labels(graph: Graph, iri: str) -> dict[str, str]:
    """Give a concept's labels."""
    found = graph.objects(URIRef(iri), SKOS.prefLabel)
    return {
        label.language: str(label)
        for label in found
        if isinstance(label, Literal) and label.language in LANGUAGES
    }


@contextmanager
def _maker(settings: Settings) -> Iterator[Maker]:
    """Provide what builds a generation's stores: here, or in the store that the settings name."""
    if not settings.remote:
        yield Local()
        return
    from parvis.pooling.publication.remote import shipping  # noqa: PLC0415 - HTTP, which few pools need

    with shipping(settings) as remote:
        yield remote
