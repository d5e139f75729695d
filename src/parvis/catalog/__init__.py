"""The metadata of the pooled data: the catalogue folder, DCAT records, provenance.

A dataset is put together once, as a typed `DatasetRecord`; each form it is published in is a
function of that record: `to_dcat`, `to_statdcat`, `to_dqv`, `to_schema_org`, `to_data_package`.
"""

from parvis.catalog.certificate import Certificate
from parvis.catalog.dcat import cube_of, to_dcat, to_dqv, to_statdcat
from parvis.catalog.distributions import (
    DatasetFile,
    catalog_graph,
    entry_graph,
    file_distributions,
    public_record,
    record_graph,
    restricted_record,
)
from parvis.catalog.entries import Dataset, Partner, period_of
from parvis.catalog.exports import to_data_package, to_schema_org
from parvis.catalog.folder import Catalog, broader_purposes
from parvis.catalog.projects import Party, Project
from parvis.catalog.provenance import (
    Anonymisation,
    Submission,
    anonymisations,
    by_dataset,
    provenance,
)
from parvis.catalog.quality import MOST, DuplicateCounts, Quality, assess, duplicates_dqv, proofread
from parvis.catalog.queries import THEMES, Query, load_queries, require_query
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import Cube, DatasetRecord, Distribution, Term
from parvis.catalog.versions import Citation, DatasetVersion, Tombstone
from parvis.catalog.void import dataset_void, loaded_void, pool_void, queries_graph

__all__ = [
    "MOST",
    "THEMES",
    "Anonymisation",
    "Catalog",
    "Certificate",
    "Citation",
    "Cube",
    "Dataset",
    "DatasetFile",
    "DatasetRecord",
    "DatasetState",
    "DatasetVersion",
    "Distribution",
    "DuplicateCounts",
    "Partner",
    "Party",
    "Project",
    "Quality",
    "Query",
    "Submission",
    "Term",
    "Tombstone",
    "anonymisations",
    "assess",
    "broader_purposes",
    "by_dataset",
    "catalog_graph",
    "cube_of",
    "dataset_record",
    "dataset_void",
    "duplicates_dqv",
    "entry_graph",
    "file_distributions",
    "load_queries",
    "loaded_void",
    "period_of",
    "pool_void",
    "proofread",
    "provenance",
    "public_record",
    "queries_graph",
    "record_graph",
    "require_query",
    "restricted_record",
    "to_data_package",
    "to_dcat",
    "to_dqv",
    "to_schema_org",
    "to_statdcat",
]
