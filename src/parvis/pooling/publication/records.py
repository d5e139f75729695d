"""Write the catalogue records of one publication, each once and in every format that is served.

A page of the catalogue is then joined from files. A record that cannot be built or written is left
out and reported; the others are published.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from parvis.catalog.distributions import (
    catalog_graph,
    entry_graph,
    file_distributions,
    public_record,
    restricted_record,
)
from parvis.catalog.folder import Catalog
from parvis.catalog.forms import cube_of, to_data_package, to_schema_org
from parvis.catalog.ontology import ontology
from parvis.catalog.record import DatasetState
from parvis.catalog.records import DatasetRecord
from parvis.errors import CatalogError, SourceError
from parvis.i18n import LANGUAGES, N_, both
from parvis.pooling.publication.cards import summarise_record
from parvis.pooling.publication.contents import ContentFigures, DownloadFiles
from parvis.pooling.publication.state import Access, PoolState
from parvis.rdf.files import serialise
from parvis.rdf.formats import GRAPH_TYPES
from parvis.rdf.joining import bodies, prefix_blank_nodes, require_portable
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
class CatalogRecords:
    """The records of one publication, whose texts are on the disk.

    `catalog` describes the catalogue without any dataset, in N-Triples. `digests` are of each
    record, `listed` those of the records that everyone may discover. `paths` are all files by
    their path under ``site/``. `left_out` says which datasets have no record, and why in each
    language.
    """

    catalog: bytes
    bundle: Bundle
    digests: Mapping[DatasetKey, str]
    listed: Mapping[DatasetKey, str]
    summaries: Mapping[DatasetKey, dict[str, Any]]
    paths: Mapping[str, Path]
    left_out: Sequence[dict[str, Any]]

    def lines(self, key: DatasetKey) -> bytes:
        return self.bundle.get(str(key), "nt") or b""


def write_records(
    state: PoolState,
    access: Access,
    figures: ContentFigures,
    downloads: DownloadFiles,
    folder: Path,
) -> CatalogRecords:
    """Build the record of each dataset, and write it in every format.

    The record of a dataset that is open is also written as it applies once it is not open any
    more: an agreement ends at its instant, whether or not anything is published then.
    """
    catalog = state.pool.catalog
    digests, summaries, left_out = {}, {}, []
    with BundleWriter(folder / FOLDER) as writer, BundleWriter(folder / "closed") as closed:
        for bundle in (writer, closed):
            bundle.put(BOUND, {"json": prefixes()})
        # One after the other: ten thousand graphs at a time would take some ten gigabytes.
        for key in catalog.datasets:
            facts = _collect_facts(state, access, figures, downloads, key)
            try:
                record = public_record(catalog, key, facts, state.now)
                summaries[key] = summarise_record(record, state.now)
                digests[key] = _write_record(writer, catalog, record, facts)
            except (CatalogError, SourceError) as error:
                # With one bad record, a harvester would lose the whole catalogue.
                reason = both(error.template, **error.fields)
                left_out.append({"dataset": str(key), "reason": reason})
                continue
            if record.public:
                with suppress(SourceError):
                    _write_record(closed, catalog, restricted_record(catalog, key, facts), facts)
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


def _write_record(
    writer: BundleWriter, catalog: Catalog, record: DatasetRecord, facts: DatasetState
) -> str:
    """Write a record in every format; return its digest. Raises `SourceError`."""
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
    writer.put(str(record.key), forms)
    return sha256(lines).hexdigest()


def prefixes() -> bytes:
    """Return the prefixes that records are written with now, as JSON."""
    return json.dumps(PREFIXES).encode()
