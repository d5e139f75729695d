"""What is known of the pooled data: the catalogue folder, DCAT records, provenance."""

from parvis.catalog.entries import Dataset, Partner
from parvis.catalog.folder import Catalog
from parvis.catalog.parties import Party
from parvis.catalog.provenance import Submission, provenance
from parvis.catalog.queries import Query, load_queries, require_query
from parvis.catalog.record import dataset_record
from parvis.catalog.visible import catalog_graph, record_graph

__all__ = [
    "Catalog",
    "Dataset",
    "Partner",
    "Party",
    "Query",
    "Submission",
    "catalog_graph",
    "dataset_record",
    "load_queries",
    "provenance",
    "record_graph",
    "require_query",
]
