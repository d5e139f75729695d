"""From the record to what is served: a new generation."""

import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, SKOS

from parvis.catalog import (
    THEMES,
    Dataset,
    Holdings,
    Partner,
    Submission,
    catalog_graph,
    load_queries,
    pool_void,
    queries_graph,
    record_graph,
)
from parvis.governance import ANONYMOUS, DISCOVER, decide, good_until, readable_by_some
from parvis.governance.access import readable
from parvis.governance.summary import who_may_read
from parvis.i18n import LANGUAGES, both
from parvis.pooling.cards import DatasetCard, ExampleQuery, PartnerCard
from parvis.pooling.counts import Counts
from parvis.pooling.dumps import NAME as DUMPS
from parvis.pooling.dumps import Dumps
from parvis.pooling.generations import told
from parvis.pooling.law import in_force, loaded
from parvis.pooling.pool import Pool
from parvis.pooling.versions import remembered
from parvis.rdf.files import serialise, sorted_lines
from parvis.store import generation as store
from parvis.store.generation import Content
from parvis.store.lock import writing
from parvis.store.record import Version
from parvis.store.workplace import workplace
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT


def publish(pool: Pool, *, anew: bool = False) -> dict[str, Any]:
    """Build a generation from the record and serve it; gives its number and sizes.

    ``uncounted`` names the datasets of which only the number of triples is told, ``left_out`` the
    files to take away that could not be made, with the reason.

    What everyone may read now goes into the open store; what some reader with an agreement may
    read, into the members' store; nothing else is served. `anew` builds both from nothing, as
    must be done when something was erased inside a graph that stays. Versions of the record that
    no kept generation was built from are deleted.
    """
    data, now = pool.settings.data, datetime.now(UTC)
    pool = in_force(pool)
    with writing(data), workplace(data) as folder, closing(Counts(pool)) as counts:
        with closing(Dumps(pool, folder)) as dumps:
            content = _Publication(pool, now, folder, counts, dumps).content()
        built = store.build(data, content, pool.settings.keep_generations, anew=anew)
        pool.record.prune(store.kept_digests(data))
    return told(built) | {"uncounted": counts.uncounted, "left_out": dumps.left_out()}


class _Publication:
    """One generation's content, gathered at one instant."""

    def __init__(
        self, pool: Pool, now: datetime, folder: Path, counts: Counts, dumps: Dumps
    ) -> None:
        """Look at the record and the agreements once."""
        self.pool, self.now, self.folder, self.counts = pool, now, folder, counts
        self.dumps = dumps
        versions = pool.record.versions()
        self.versions: dict[DatasetKey, Version] = {
            key: versions[dataset.graph]
            for key, dataset in pool.catalog.datasets.items()
            if "submission" in getattr(versions.get(dataset.graph), "about", {})
        }
        self.loaded = loaded(pool)
        self.submissions = [_submission(version) for version in self.versions.values()]
        self.queries = list(load_queries(pool.catalog.folder).values())
        self.questions = sorted_lines(queries_graph(self.queries, pool.iris))
        self.figures = sorted_lines(pool_void(pool.catalog))

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
        counted, apart = self._statistics(open_ones, members - open_ones)
        return Content(
            open=dict(files[iri] for iri in open_ones) | listed | counted,
            members=dict(files[iri] for iri in members) | hidden | apart,
            good_until=good_until(policies, self.now),
            files=self._site() | self.counts.files(),
            dumps=self.dumps.paths,
        )

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

    def _record(self, key: DatasetKey) -> Graph:
        """Describe one dataset."""
        catalog = self.pool.catalog
        return record_graph(catalog, self.submissions, key, self.now, self.holdings)

    def _statistics(
        self, open_ones: set[str], others: set[str]
    ) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write what is counted: of open graphs for everyone, of each other one in its own graph.

        Who may not read a graph may not read its counts either.
        """
        iris, common, apart = self.pool.iris, [self.figures], {}
        for dataset in self._datasets():
            if dataset.iri in open_ones:
                common.append(self.counts.describe(dataset, self.versions[dataset.key]))
            elif dataset.iri in others:
                told = self.counts.describe(dataset, self.versions[dataset.key])
                apart[iris.statistics_of(dataset.key)] = told
        everyone = {iris.statistics_graph: b"".join(common)}
        return self._written(everyone, "counted"), self._written(apart, "apart")

    def _datasets(self) -> Iterable[Dataset]:
        """Give the datasets that have content."""
        return [self.pool.catalog.datasets[key] for key in self.versions]

    def _file(self, key: DatasetKey) -> Path:
        """Tell where a dataset's content is."""
        return self.pool.record.path(self.versions[key])

    def _records(self) -> tuple[dict[str, Path], dict[str, Path]]:
        """Write the graphs that parvis itself says: for everyone, and for some."""
        iris, catalog = self.pool.iris, self.pool.catalog
        listed = [key for key in catalog.datasets if self._listed(key)]
        described = catalog_graph(catalog, self.submissions, listed, self.now, self.holdings)
        graphs: dict[str, Graph | bytes] = {
            iris.ontology_graph: self.pool.ontology,
            iris.catalog_graph: described,
            iris.queries_graph: self.questions,
        }
        hidden = {
            iris.record_graph(key): self._record(key)
            for key in catalog.datasets
            if key not in listed
        }
        return self._written(graphs, "open"), self._written(hidden, "hidden")

    def _listed(self, key: DatasetKey) -> bool:
        """Say whether everyone may know of a dataset."""
        dataset = self.pool.catalog.datasets[key]
        policies = self.pool.catalog.policies
        return decide(policies, ANONYMOUS, DISCOVER, dataset.iri, self.now).allowed

    def _written(self, graphs: Mapping[str, Graph | bytes], kind: str) -> dict[str, Path]:
        """Write graphs as files that can be loaded."""
        found = {}
        for number, (name, graph) in enumerate(graphs.items()):
            found[name] = self.folder / f"{kind}-{number}.nt"
            found[name].write_bytes(graph if isinstance(graph, bytes) else serialise(graph, "nt"))
        return found

    def _site(self) -> dict[str, bytes]:
        """Gather the small files from which the site speaks of this generation."""
        catalog = self.pool.catalog
        base = catalog_graph(catalog, [], [], self.now)
        records = {
            f"records/{key}.nt": serialise(self._record(key), "nt") for key in catalog.datasets
        }
        examples = [
            ExampleQuery(one.slug, one.question, one.text, both(THEMES[one.theme]), one.form)
            for one in self.queries
        ]
        return records | {
            "catalog.nt": serialise(base, "nt"),
            "agreements.nt": serialise(catalog.law, "nt"),
            "datasets.json": _json(
                [self._card(one).to_json() for one in catalog.datasets.values()]
            ),
            "partners.json": _json([self._partner(p).to_json() for p in catalog.partners.values()]),
            "queries.json": _json([vars(one) for one in examples]),
            "queries.nt": self.questions,
            "void.nt": self.figures,
            DUMPS: self.dumps.told(),
            "tombstones.json": _json(self._tombstones()),
        }

    def _tombstones(self) -> list[dict[str, Any]]:
        """List what was withdrawn, as far as everyone could know of it."""
        return [one for one in map(dict, self.pool.record.withdrawn().values()) if one["public"]]

    def _card(self, dataset: Dataset) -> DatasetCard:
        """Describe a dataset for pages."""
        version = self.versions.get(dataset.key)
        return DatasetCard(
            key=dataset.key,
            iri=dataset.iri,
            title=dataset.title,
            description=dataset.description,
            partner_name=self.pool.catalog.partners[dataset.key.partner].names,
            licence=dataset.licence,
            license_label=self._licence(dataset),
            access=who_may_read(self.pool.catalog.policies, dataset.iri, self.names),
            triples=version.triples if version else 0,
            modified=version.submitted if version else None,
            invented=dataset.invented,
            downloads=tuple(self.holdings.downloads.get(dataset.key, ())),
            versions=tuple(self.holdings.versions.get(dataset.key, ())),
            pool=self.pool.catalog.title,
        )

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Name the partners, and the kinds of organisation."""
        kinds = set(
            self.pool.ontology.subjects(SKOS.inScheme, URIRef(f"{CONCEPT}organization-type"))
        )
        named = {str(kind): _labels(self.pool.ontology, str(kind)) for kind in kinds}
        return named | {one.iri: one.names for one in self.pool.catalog.partners.values()}

    def _licence(self, dataset: Dataset) -> dict[str, str]:
        """Name a dataset's licence as its record does."""
        record = record_graph(self.pool.catalog, [], dataset.key, self.now)
        titles = record.objects(URIRef(dataset.licence), DCTERMS.title)
        return {lang: str(title) for title in titles for lang in _languages(title)}

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


def _languages(title: object) -> tuple[str, ...]:
    """Give the language of a title; one that has none serves for all."""
    language = title.language if isinstance(title, Literal) else None
    return (language,) if language else LANGUAGES


def _submission(version: Version) -> Submission:
    """Say who gave a version, from what was kept beside it."""
    given = Submission.from_json(json.loads(version.about["submission"]))
    return given.with_content(version.digest, version.triples)


def _json(value: object) -> bytes:
    """Write plain data."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
