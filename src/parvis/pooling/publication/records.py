"""Write the catalogue records of one publication, each once and in every format that is served.

A page of the catalogue is then joined from files. A record that cannot be built or written is left
out and reported; the others are published.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from rdflib import Graph

from parvis.catalog.distributions import (
    catalog_graph,
    entry_graph,
    file_distributions,
    public_record,
    restrict,
)
from parvis.catalog.folder import Catalog
from parvis.catalog.forms import cube_of, to_data_package, to_schema_org
from parvis.catalog.ontology import ontology
from parvis.catalog.record import DatasetState
from parvis.catalog.records import DatasetRecord
from parvis.config.json_data import to_json
from parvis.errors import CatalogError, SourceError
from parvis.governance import ANONYMOUS, READ, decide
from parvis.i18n import LANGUAGES, N_, both
from parvis.pooling.publication.cards import summarise_record
from parvis.pooling.publication.contents import ContentFigures, DownloadFiles
from parvis.pooling.publication.state import Access, PoolState
from parvis.pooling.publication.unchanged import BASES, digest_basis, digest_graph, read_served
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.joining import bodies, prefix_blank_nodes, require_portable
from parvis.store.generation.generation import Generation
from parvis.store.generation.manifest import Bundle, BundleWriter
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

UNWRITABLE = N_("it cannot be written as RDF: {reason}")

FOLDER = "records"
"""The site folder of the records."""
CLOSED = "closed/"
"""The site folder of the records that apply once an open dataset is not open any more."""
BOUND = "prefixes"
"""The entry with the prefixes the records were written with."""

_JSON_FORMATS = {"schema": to_schema_org, "packages": to_data_package}
"""The formats that other programs read instead of RDF, in each language."""


@dataclass(frozen=True)
class WrittenRecord:
    """The record of a dataset in every format, and what its card says of it.

    `basis` is of all that it depends on. `closed` are the texts that apply once an open dataset is
    not open any more.
    """

    basis: str
    digest: str
    summary: Mapping[str, Any]
    forms: Mapping[str, bytes]
    closed: Mapping[str, bytes]

    def to_entry(self) -> dict[str, Any]:
        """Return all but the texts, and their digest, as JSON."""
        fields = {"basis": self.basis, "digest": self.digest, "summary": self.summary}
        return fields | {"texts": _digest_texts(self.forms, self.closed)}


@dataclass(frozen=True)
class CatalogRecords:
    """The records of one publication, whose texts are on the disk.

    `catalog` describes the catalogue without any dataset, in N-Triples. `digests` are of each
    record, `listed` those of the records that everyone may discover. `paths` are all files by
    their path under ``site/``. `left_out` says which datasets have no record, and why in each
    language. `entries` are for the next publication, by dataset (`WrittenRecord.to_entry`).
    """

    catalog: bytes
    bundle: Bundle
    digests: Mapping[DatasetKey, str]
    listed: Mapping[DatasetKey, str]
    summaries: Mapping[DatasetKey, Mapping[str, Any]]
    paths: Mapping[str, Path]
    left_out: Sequence[dict[str, Any]]
    entries: Mapping[str, dict[str, Any]]

    def lines(self, key: DatasetKey) -> bytes:
        return self.bundle.get(str(key), "nt") or b""


def write_records(
    state: PoolState,
    access: Access,
    figures: ContentFigures,
    downloads: DownloadFiles,
    folder: Path,
) -> CatalogRecords:
    """Write the record of each dataset in every format: the served one, where it is the same.

    The record of a dataset that is open is also written as it applies once it is not open any
    more: an agreement ends at its instant, whether or not anything is published then.
    """
    catalog, former = state.pool.catalog, _FormerRecords(state.served)
    digests, summaries, entries, left_out = {}, {}, {}, []
    with BundleWriter(folder / FOLDER) as writer, BundleWriter(folder / "closed") as closed:
        for bundle in (writer, closed):
            bundle.put(BOUND, {"json": prefixes()})
        # One after the other: ten thousand graphs at a time would take some ten gigabytes.
        for key in catalog.datasets:
            facts = _collect_facts(state, access, figures, downloads, key)
            try:
                record = former.find_or_build(catalog, key, facts, state.now)
            except (CatalogError, SourceError) as error:
                # With one bad record, a harvester would lose the whole catalogue.
                reason = both(error.template, **error.fields)
                left_out.append({"dataset": str(key), "reason": reason})
                continue
            writer.put(str(key), record.forms)
            closed.put(str(key), record.closed)
            digests[key], summaries[key] = record.digest, record.summary
            entries[str(key)] = record.to_entry()
    files = {f"{FOLDER}/{name}": path for name, path in writer.paths().items()}
    closed_files = {f"{CLOSED}{FOLDER}/{n}": path for n, path in closed.paths().items()}
    return CatalogRecords(
        catalog=serialise(catalog_graph(catalog, [], [], state.now), "nt"),
        bundle=Bundle(folder / FOLDER),
        digests=digests,
        listed={key: digests[key] for key in digests if catalog.datasets[key].iri in access.listed},
        summaries=summaries,
        paths=files | closed_files,
        left_out=left_out,
        entries=entries,
    )


def _collect_facts(
    state: PoolState,
    access: Access,
    figures: ContentFigures,
    downloads: DownloadFiles,
    key: DatasetKey,
) -> DatasetState:
    pool, version = state.pool, state.versions.get(key)
    dataset, cube = pool.catalog.datasets[key], None
    # The structure of a cube tells of its content: it is described where everyone may read it.
    if version is not None and dataset.graph in access.open:
        counted = figures.statistics[version.digest]
        cube = cube_of(counted, ontology()) if counted else None
    return DatasetState(
        submissions=state.submissions.get(key, ()),
        distributions=file_distributions(downloads.files.get(key, ()), dataset, pool.iris),
        versions=state.history.get(key, ()),
        cube=cube,
    )


def _digest_record_basis(
    catalog: Catalog,
    key: DatasetKey,
    facts: DatasetState,
    now: datetime,
    digest: Callable[[Graph], str],
) -> str:
    """Return the digest of all that the record of a dataset depends on."""
    dataset, partner = catalog.datasets[key], catalog.partners[key.partner]
    return digest_basis(
        *(catalog.iri, catalog.iris.base, catalog.title, catalog.third_party.iri),
        *(dataset, partner, facts, digest_graph(dataset.metadata)),
        *(digest(partner.metadata), digest(catalog.third_party.metadata)),
        next((rule.agreement for rule in catalog.policies.rules_on(dataset.iri)), None),
        decide(catalog.policies, ANONYMOUS, READ, dataset.iri, now).allowed,
        now.year,  # a period without end lasts until now
    )


def _build_record(
    catalog: Catalog, key: DatasetKey, facts: DatasetState, now: datetime, basis: str
) -> WrittenRecord:
    """Write a record in every format. Raises `CatalogError` and `SourceError`."""
    record = public_record(catalog, key, facts, now)
    summary = to_json(summarise_record(record, now))
    forms, closed = _write_forms(catalog, record, facts), dict[str, bytes]()
    if record.public:
        with suppress(SourceError):
            closed = _write_forms(catalog, restrict(record, facts), facts)
    return WrittenRecord(basis, sha256(forms["nt"]).hexdigest(), summary, forms, closed)


def _write_forms(catalog: Catalog, record: DatasetRecord, facts: DatasetState) -> dict[str, bytes]:
    graph = entry_graph(catalog, record, facts)
    try:
        lines = serialise(graph, "nt")
    except (TypeError, ValueError) as error:  # rdflib holds terms that RDF does not have
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    # Records are joined as text: their blank nodes must not have the same labels.
    mark = sha256(str(record.key).encode()).hexdigest()[:12]
    lines = prefix_blank_nodes(lines, f"r{mark}")
    forms = bodies(lines, GRAPH_TYPES)
    for name, convert in _JSON_FORMATS.items():
        for lang in LANGUAGES:
            text = json.dumps(convert(record, lang), ensure_ascii=False, indent=1)
            forms[f"{name}.{lang}.json"] = text.encode()
    return forms


class _FormerRecords:
    """The records of the served generation, to be taken where their basis is the same."""

    def __init__(self, served: Generation | None) -> None:
        index = json.loads(read_served(served, BASES) or b"{}")
        self._entries: Mapping[str, dict[str, Any]] = index.get("records", {})
        site = served.site if served else Path()
        self._digest = cache(digest_graph)  # of parties, each of which has many datasets
        self._records, self._closed = Bundle(site / FOLDER), Bundle(site / CLOSED / FOLDER)

    def find_or_build(
        self, catalog: Catalog, key: DatasetKey, facts: DatasetState, now: datetime
    ) -> WrittenRecord:
        """Return the record of a dataset. Raises `CatalogError` and `SourceError`."""
        basis = _digest_record_basis(catalog, key, facts, now, self._digest)
        return self._find(key, basis) or _build_record(catalog, key, facts, now, basis)

    def _find(self, key: DatasetKey, basis: str) -> WrittenRecord | None:
        entry = self._entries.get(str(key))
        if entry is None or entry["basis"] != basis:
            return None
        try:
            forms, closed = self._records.forms(str(key)), self._closed.forms(str(key))
        except (OSError, ValueError):  # damaged: it is built again
            return None
        if _digest_texts(forms, closed) != entry["texts"]:
            return None
        return WrittenRecord(basis, entry["digest"], entry["summary"], forms, closed)


def _digest_texts(*texts: Mapping[str, bytes]) -> str:
    digests = [sorted((form, sha256(text).hexdigest()) for form, text in t.items()) for t in texts]
    return sha256(repr(digests).encode()).hexdigest()


def prefixes() -> bytes:
    """Return the prefixes that records are written with now, as JSON."""
    return json.dumps(PREFIXES).encode()
