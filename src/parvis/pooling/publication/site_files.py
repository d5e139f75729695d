"""Build the small files of a generation, which the site reads."""

import json
from pathlib import Path

from parvis.catalog import THEMES
from parvis.config.json_data import to_json
from parvis.i18n import both
from parvis.pooling.cards import ExampleQuery
from parvis.pooling.linking.links import FILE as LINKED
from parvis.pooling.linking.links import PARTNERS as LINKED_PARTNERS
from parvis.pooling.linking.links import LinkGraphs
from parvis.pooling.publication.cards import describe_datasets, describe_partners
from parvis.pooling.publication.counts import FOLDER as STATISTICS
from parvis.pooling.publication.counts import ContentFigures
from parvis.pooling.publication.dumps import NAME as DUMPS
from parvis.pooling.publication.dumps import DownloadFiles
from parvis.pooling.publication.records import CatalogRecords
from parvis.pooling.publication.state import PoolState
from parvis.pooling.publics.reaches import FILE as REACHES
from parvis.pooling.publics.reaches import build_reaches
from parvis.pooling.site import (
    DATASETS,
    MADE_OF,
    PARTNERS,
    PROJECTS,
    QUERIES,
    RECEIVED,
    STRATA,
    TOMBSTONES,
    encode_instants,
    encode_json,
    encode_sets,
)
from parvis.rdf.files import serialise


def build_site_files(
    state: PoolState,
    figures: ContentFigures,
    downloads: DownloadFiles,
    records: CatalogRecords,
    links: LinkGraphs,
) -> dict[str, bytes | Path]:
    """Return the small files by their path under ``site/``, but those of the feed."""
    catalog, policies = state.pool.catalog, state.pool.catalog.policies
    datasets = describe_datasets(state, figures, downloads, records.summaries)
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
        for query in state.queries
    ]
    # Only what everyone could know of leaves a public tombstone.
    withdrawn = map(dict, state.pool.record.withdrawn().values())
    return {
        **records.paths,
        "catalog.nt": records.catalog,
        "agreements.nt": serialise(catalog.law, "nt"),
        DATASETS: encode_json(datasets),
        PARTNERS: encode_json(describe_partners(state.pool)),
        PROJECTS: encode_json([*catalog.projects.values()]),
        STRATA: encode_sets(policies.strata),
        RECEIVED: encode_instants(policies.received),
        MADE_OF: encode_sets(policies.made_of),
        QUERIES: encode_json(examples),
        "queries.nt": state.query_lines,
        "void.nt": figures.pool,
        **{f"void/{key}.nt": lines for key, lines in figures.descriptions.items()},
        # The next publication reads these.
        **{
            f"{STATISTICS}/{digest}.json": json.dumps(to_json(statistics)).encode()
            for digest, statistics in figures.statistics.items()
            if statistics is not None
        },
        DUMPS: encode_json({str(key): entry for key, entry in downloads.index.items()}),
        REACHES: build_reaches(state.pool),
        TOMBSTONES: encode_json([entry for entry in withdrawn if entry["public"]]),
        LINKED: links.told(),
        LINKED_PARTNERS: links.partners({partner.iri for partner in catalog.partners.values()}),
    }
