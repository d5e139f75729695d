"""Questions of a catalogue folder: their queries, who they are for, and how they are answered."""

from parvis.catalog.queries.presentation import FIELD, NO, READERS, ROWS, YES, ChartColumns
from parvis.catalog.queries.query import (
    FORMS,
    OTHER,
    THEMES,
    Query,
    load_columns,
    load_queries,
    localize_query,
    require_query,
)

__all__ = [
    "FIELD",
    "FORMS",
    "NO",
    "OTHER",
    "READERS",
    "ROWS",
    "THEMES",
    "YES",
    "ChartColumns",
    "Query",
    "load_columns",
    "load_queries",
    "localize_query",
    "require_query",
]
