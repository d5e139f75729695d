"""Publish the pool: build a new generation of the served stores and site files."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from rdflib import Literal, URIRef
from rdflib.namespace import SKOS

from parvis.catalog import (
    THEMES,
    Dataset,
    DuplicateCounts,
    Partner,
    duplicates_dqv,
    load_queries,
    loaded_void,
    pool_void,
    queries_graph,
)
from parvis.catalog.ontology import names_in, vocabulary
from parvis.governance import (
    ANONYMOUS,
    DISCOVER,
    decide,
    filter_readable_by_some,
    good_until,
)
from parvis.governance.access import filter_readable
from parvis.governance.wording import describe_readers
from parvis.i18n import LANGUAGES, both
from parvis.ledger import Act, Deletions
from parvis.pooling.agreements import loaded_graphs, with_agreements, without_withdrawn
from parvis.pooling.audit import record_act
from parvis.pooling.cards import DatasetCard, ExampleQuery, MissingElement, PartnerCard
from parvis.pooling.linking.duplicates import public_duplicates
from parvis.pooling.linking.links import FILE as LINKED
from parvis.pooling.linking.links import PARTNERS, LinkGraphs
from parvis.pooling.pool import Pool
from parvis.pooling.publication.counts import PublicationStatistics
from parvis.pooling.publication.dumps import NAME as DUMPS
from parvis.pooling.publication.dumps import DownloadFiles
from parvis.pooling.publication.feed import (
    CHANGES,
    CatalogChanges,
    Feed,
    last_feed_folder,
    write_feed,
)
from parvis.pooling.publication.records import (
    CLOSED,
    Holdings,
    RecordFiles,
    Records,
    RecordSources,
    content_facets,
)
from parvis.pooling.publication.records import FOLDER as RECORDS
from parvis.pooling.publics.contributions import settle_contributions
from parvis.pooling.publics.editions import version_of
from parvis.pooling.publics.reaches import FILE as REACHES
from parvis.pooling.publics.reaches import build_reaches
from parvis.pooling.site import (
    DATASETS,
    MADE_OF,
    PROJECTS,
    QUERIES,
    RECEIVED,
    STRATA,
    TOMBSTONES,
    encode_instants,
    encode_json,
    encode_sets,
)
from parvis.pooling.site import PARTNERS as PARTNER_CARDS
from parvis.pooling.submissions import submission_of
from parvis.pooling.versions import recorded_versions, versions_of
from parvis.rdf.files import serialise, sorted_lines
from parvis.store.files import workplace, writing
from parvis.store.generation import generation as store
from parvis.store.generation.builder import LocalStores, StoreMaker
from parvis.store.generation.generation import GenerationContent
from parvis.vocab.iris import DatasetKey


def publish(pool: Pool, *, anew: bool = False) -> dict[str, Any]:
    """Build a generation from the record, serve it, and return its number and sizes.

    `anew` builds both stores from nothing, which is needed when something was erased inside a
    graph that stays. Of the result, ``uncounted`` lists the datasets described only by their
    number of triples, ``left_out`` those without a catalogue record (with the reason in each
    language) and ``no_file`` the download files that could not be written.
    """
    with writing(pool.settings.data):
        settle_contributions(without_withdrawn(pool))
        pool = with_agreements(pool)
        data = pool.settings.data
        now = store.not_before(data, datetime.now(UTC))
        maker_context: AbstractContextManager[StoreMaker] = nullcontext(LocalStores())
        if pool.settings.remote:
            from parvis.pooling.publication.remote import open_shipping  # noqa: PLC0415 - HTTP, which few pools need

            maker_context = open_shipping(pool.settings)
        with workplace(data) as folder, closing(PublicationStatistics(pool)) as counts:
            with closing(DownloadFiles(pool, folder)) as dumps:
                publication = _Publication(pool, now, folder, counts, dumps)
                content = publication.content()
            with maker_context as maker:
                generation = store.build(
                    data, content, pool.settings.keep_generations, anew=anew, maker=maker
                )
            # Versions that no stored generation was built from are not needed any more.
            pool.record.prune(store.needed_digests(data) | Deletions(data).digests())
            record_act(data, Act.PUBLISH, now, generation.audit_fields())
        return generation.to_json() | {
            "uncounted": counts.uncounted,
            "left_out": publication.records.left_out + publication.portable.told(),
            "no_file": dumps.left_out(),
        }


class _Publication:
    """The content of one generation; the record and the agreements are read once, for one instant.

    The open store holds what everyone may read now, the members' store what some party with an
    agreement may read. Nothing else is served.
    """

    def __init__(
        self,
        pool: Pool,
        now: datetime,
        folder: Path,
        counts: PublicationStatistics,
        dumps: DownloadFiles,
    ) -> None:
        self.pool, self.now, self.folder, self.counts = pool, now, folder, counts
        self.dumps = dumps
        self.versions = versions_of(pool)
        self.loaded = loaded_graphs(pool.record)
        self.submissions = [submission_of(version) for version in self.versions.values()]
        self.queries = list(load_queries(pool.catalog.folder).values())
        self.query_lines = sorted_lines(queries_graph(self.queries, pool.iris))
        self.pool_statistics = sorted_lines(pool_void(pool.catalog))
        self.duplicates: Mapping[str, DuplicateCounts] = {}

    def content(self) -> GenerationContent:
        """Distribute the graphs over the open store and the members' store."""
        policies, record = self.pool.catalog.policies, self.pool.record
        files = {d.iri: (d.graph, record.path(self.versions[d.key])) for d in self._datasets()}
        files |= {graph: (graph, record.path(v)) for graph, v in self.loaded.items()}
        targets = list(files)
        open_targets = set(filter_readable(policies, ANONYMOUS, targets, self.now))
        member_targets = set(filter_readable_by_some(policies, targets, self.now))
        for dataset in self._datasets():
            if dataset.iri in open_targets | member_targets:
                self.dumps.make(dataset, self.versions[dataset.key])
        listed, hidden = self.record_graphs()
        open_graphs = {files[iri][0] for iri in open_targets} | {self.pool.iris.catalog_graph}
        member_graphs = {files[iri][0] for iri in member_targets}
        # Names by which the partners mean the same entity: of the graphs that are served alone.
        links = LinkGraphs.of(self.pool, open_graphs, open_graphs | member_graphs)
        self.duplicates = public_duplicates(self.pool, links, open_graphs)
        statistics, restricted_statistics = self.statistics(
            open_targets, member_targets - open_targets
        )
        partners = frozenset(partner.iri for partner in self.pool.catalog.partners.values())
        return GenerationContent(
            open=dict(files[iri] for iri in open_targets)
            | listed
            | statistics
            | self._write_graphs(links.common(), "linked"),
            members=dict(files[iri] for iri in member_targets)
            | hidden
            | restricted_statistics
            | self._write_graphs(links.others(), "linked-apart"),
            good_until=good_until(policies, self.now),
            files=self.site_files()
            | self.counts.files()
            | {LINKED: links.told(), PARTNERS: links.partners(partners)},
            dumps=self.dumps.paths,
        )

    # Records tell the sizes of the download files: they are computed after these are written.

    @cached_property
    def records(self) -> Records:
        sources = RecordSources(self.versions, self.submissions, self.holdings)
        return Records(self.pool, sources, self.counts, self.now)

    @cached_property
    def portable(self) -> RecordFiles:
        return RecordFiles.write(self.records.each(), self.folder / RECORDS)

    @cached_property
    def closed_records(self) -> RecordFiles:
        """Return the records that apply once not everyone may read their datasets any more."""
        return RecordFiles.write(self.records.closed(self.portable.digests), self.folder / "closed")

    @cached_property
    def holdings(self) -> Holdings:
        versions = recorded_versions(self.pool, [dataset.graph for dataset in self._datasets()])
        return Holdings(
            {key: self.dumps.downloads(key) for key in self.versions},
            {dataset.key: versions[dataset.graph] for dataset in self._datasets()},
        )

    def statistics(
        self, open_targets: set[str], member_targets: set[str]
    ) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write the statistics of open graphs to one graph, of each other graph to its own."""
        iris, common, restricted = self.pool.iris, [self.pool_statistics], {}
        common.extend(
            sorted_lines(loaded_void(graph, self.loaded[graph].triples, iris))
            for graph in sorted(self.loaded.keys() & open_targets)
        )
        for dataset in self._datasets():
            if dataset.iri in open_targets:
                common.append(self.counts.describe(dataset, self.versions[dataset.key]))
                if dataset.graph in self.duplicates:
                    measures = duplicates_dqv(dataset.iri, self.duplicates[dataset.graph])
                    common.append(sorted_lines(measures))
            elif dataset.iri in member_targets:
                # Who may not read a graph may not read its counts either.
                lines = self.counts.describe(dataset, self.versions[dataset.key])
                restricted[iris.statistics_of(dataset.key)] = [lines]
        return (
            self._write_graphs({iris.statistics_graph: common}, "counted"),
            self._write_graphs(restricted, "apart"),
        )

    def _datasets(self) -> Iterable[Dataset]:
        """Return the datasets that have content."""
        return [self.pool.catalog.datasets[key] for key in self.versions]

    def record_graphs(self) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write the graphs of which parvis is the author: for everyone, and for members."""
        iris, records = self.pool.iris, self.portable
        catalog_parts = chain([self.catalog_lines], map(records.lines, self.public_keys))
        graphs = {
            iris.ontology_graph: vocabulary(),
            iris.catalog_graph: self._without_ontology(catalog_parts),
            iris.queries_graph: [self.query_lines],
        }
        hidden = {
            iris.record_graph(key): self._without_ontology([records.lines(key)])
            for key in records.digests.keys() - self.public_keys
        }
        return self._write_graphs(graphs, "open"), self._write_graphs(hidden, "hidden")

    def _without_ontology(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        # The default graph is the union of the graphs: the engine would count twice a triple that
        # the ontology's graph holds too.
        for part in parts:
            lines = part.splitlines(keepends=True)
            yield from (line for line in lines if line not in self.ontology_lines)

    @cached_property
    def ontology_lines(self) -> frozenset[bytes]:
        return frozenset(vocabulary())

    @cached_property
    def catalog_lines(self) -> bytes:
        """Describe the catalogue without any dataset, in N-Triples."""
        return serialise(self.records.base, "nt")

    @cached_property
    def public_keys(self) -> Mapping[DatasetKey, None]:
        """Return the keys of the records that everyone may discover, in their order."""
        catalog = self.pool.catalog
        return dict.fromkeys(
            key
            for key in self.portable.digests
            if decide(
                catalog.policies, ANONYMOUS, DISCOVER, catalog.datasets[key].iri, self.now
            ).allowed
        )

    def _write_graphs(self, graphs: Mapping[str, Iterable[bytes]], kind: str) -> dict[str, Path]:
        """Write each graph, whose lines come in parts, to a file."""
        paths = {}
        for number, (name, parts) in enumerate(graphs.items()):
            paths[name] = self.folder / f"{kind}-{number}.nt"
            with paths[name].open("wb") as file:
                file.writelines(parts)
        return paths

    def site_files(self) -> dict[str, bytes | Path]:
        """Return the small files of the generation that the site reads."""
        catalog = self.pool.catalog
        records, listed = self.portable, self.public_keys.keys()
        previous_site = last_feed_folder(self.pool.settings.data)
        digest = sha256(self.catalog_lines).hexdigest()
        changes = CatalogChanges.read(previous_site).then(digest, records.digests, listed, self.now)
        examples = [
            ExampleQuery(
                query.slug,
                query.question,
                query.text,
                both(THEMES[query.theme]),
                query.form,
                query.chart,
                query.columns,
            )
            for query in self.queries
        ]
        # Only what everyone could know of leaves a public tombstone.
        tombstones = [
            entry for entry in map(dict, self.pool.record.withdrawn().values()) if entry["public"]
        ]
        return {
            **{f"{RECORDS}/{name}": path for name, path in records.paths.items()},
            **{
                f"{CLOSED}{RECORDS}/{name}": path
                for name, path in self.closed_records.paths.items()
            },
            "catalog.nt": self.catalog_lines,
            CHANGES: changes.to_json(),
            **write_feed(Feed.of(previous_site), records, listed, self.now, self.folder),
            "agreements.nt": serialise(catalog.law, "nt"),
            DATASETS: encode_json(
                [self.dataset_card(d).to_json() for d in catalog.datasets.values()]
            ),
            PARTNER_CARDS: encode_json(
                [self.partner_card(p).to_json() for p in catalog.partners.values()]
            ),
            PROJECTS: encode_json([project.to_json() for project in catalog.projects.values()]),
            STRATA: encode_sets(catalog.policies.strata),
            RECEIVED: encode_instants(catalog.policies.received),
            MADE_OF: encode_sets(catalog.policies.made_of),
            QUERIES: encode_json([vars(example) for example in examples]),
            "queries.nt": self.query_lines,
            "void.nt": self.pool_statistics,
            DUMPS: self.dumps.told(),
            REACHES: build_reaches(self.pool),
            TOMBSTONES: encode_json(tombstones),
        }

    def dataset_card(self, dataset: Dataset) -> DatasetCard:
        version = self.versions.get(dataset.key)
        summary = self.records.summaries.get(dataset.key)
        return DatasetCard(
            key=dataset.key,
            iri=dataset.iri,
            title=dataset.title,
            description=dataset.description,
            partner_name=self.pool.catalog.partners[dataset.key.partner].names,
            licence=dataset.licence,
            license_label=dict(summary.licence) if summary else {},
            access=describe_readers(self.pool.catalog.policies, dataset.iri, self.names, self.now),
            triples=version.triples if version else 0,
            modified=version.submitted if version else None,
            invented=dataset.invented,
            version_of=version_of(dataset),
            points=summary.quality.points if summary else None,
            unmet=tuple(MissingElement(c.points, both(c.wanted)) for c in summary.quality.unmet)
            if summary
            else (),
            duplicates=self.duplicates.get(dataset.graph),
            downloads=tuple(self.holdings.downloads.get(dataset.key, ())),
            versions=tuple(self.holdings.versions.get(dataset.key, ())),
            pool=self.pool.catalog.title,
            themes=summary.themes if summary else (),
            **(summary.about if summary else {}),
            **content_facets(self.pool.ontology, self.counts.known(version)),
        )

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Return the names of partners and kinds of organisation; the site shows no other party."""
        parties = {party.iri for party in self.pool.catalog.parties.values()}
        names = names_in(self.pool.catalog.law)
        return {iri: texts for iri, texts in names.items() if iri not in parties}

    def partner_card(self, partner: Partner) -> PartnerCard:
        labels = self.pool.ontology.objects(URIRef(partner.kind), SKOS.prefLabel)
        return PartnerCard(
            slug=partner.slug,
            name=partner.names,
            type_label={
                label.language: str(label)
                for label in labels
                if isinstance(label, Literal) and label.language in LANGUAGES
            },
            url=partner.url,
            invented=partner.invented,
        )
