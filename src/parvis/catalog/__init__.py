"""What is known of the pooled data: the catalogue folder, DCAT records, provenance."""

from parvis.catalog.citation import Cited
from parvis.catalog.distributions import Download, describe_downloads
from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.executables import queries_graph
from parvis.catalog.folder import Catalog
from parvis.catalog.parties import Party
from parvis.catalog.provenance import Submission, provenance
from parvis.catalog.queries import THEMES, Query, load_queries, require_query
from parvis.catalog.record import dataset_record
from parvis.catalog.tombstones import Tombstone
from parvis.catalog.versions import DatasetVersion, describe_versions
from parvis.catalog.visible import Holdings, catalog_graph, record_graph
from parvis.catalog.void import dataset_void, pool_void

__all__ = [
    "THEMES",
    "Catalog",
    "Cited",
    "Dataset",
    "DatasetVersion",
    "Download",
    "Holdings",
    "Partner",
    "Party",
    "Query",
    "Submission",
    "Tombstone",
    "catalog_graph",
    "dataset_record",
    "dataset_void",
    "describe_downloads",
    "describe_versions",
    "load_queries",
    "pool_void",
    "provenance",
    "queries_graph",
    "record_graph",
    "require_query",
]
