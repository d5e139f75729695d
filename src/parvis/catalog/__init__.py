"""What is known of the pooled data: the catalogue folder, DCAT records, provenance.

A dataset is put together once, as a typed `DatasetRecord`; each form it is published in is a
function of that record: `to_dcat`, `to_statdcat`, `to_dqv`, `to_schema_org`, `to_data_package`.
"""

from parvis.catalog.certificate import Certificate
from parvis.catalog.dcat import cube_of, to_dcat, to_dqv, to_statdcat
from parvis.catalog.distributions import (
    Download,
    catalog_graph,
    closed_record,
    entry_graph,
    known_record,
    offered,
    record_graph,
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
from parvis.catalog.quality import (
    MOST,
    Criterion,
    Duplicates,
    Quality,
    assess,
    duplicates_dqv,
    proofread,
)
from parvis.catalog.queries import THEMES, Query, load_queries, require_query
from parvis.catalog.record import Known, dataset_record
from parvis.catalog.records import Cube, DatasetRecord, Distribution, Term
from parvis.catalog.versions import Cited, DatasetVersion, Tombstone
from parvis.catalog.void import dataset_void, loaded_void, pool_void, queries_graph

__all__ = [
    "MOST",
    "THEMES",
    "Anonymisation",
    "Catalog",
    "Certificate",
    "Cited",
    "Criterion",
    "Cube",
    "Dataset",
    "DatasetRecord",
    "DatasetVersion",
    "Distribution",
    "Download",
    "Duplicates",
    "Known",
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
    "closed_record",
    "cube_of",
    "dataset_record",
    "dataset_void",
    "duplicates_dqv",
    "entry_graph",
    "known_record",
    "load_queries",
    "loaded_void",
    "offered",
    "period_of",
    "pool_void",
    "proofread",
    "provenance",
    "queries_graph",
    "record_graph",
    "require_query",
    "to_data_package",
    "to_dcat",
    "to_dqv",
    "to_schema_org",
    "to_statdcat",
]
