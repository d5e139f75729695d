"""Formats by the ending that people write in an address, and their media types."""

from pyoxigraph import QueryResultsFormat, RdfFormat

from parvis.i18n import N_

GRAPHS: dict[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
"""Formats of one graph."""

DATASETS: dict[str, RdfFormat] = {
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "jsonld": RdfFormat.JSON_LD,
}
"""Formats of named graphs."""

RESULTS: dict[str, QueryResultsFormat] = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
"""Formats of bindings and booleans (SPARQL 1.1 Results: JSON, XML, CSV and TSV)."""

BOOLEANS = frozenset({"json", "xml"})
"""Formats of booleans that a standard defines."""

NO_JSON_LD = N_(
    "JSON-LD has no form for statements about statements (triple terms), and there are some here:"
    " take Turtle or N-Triples, of a feed TriG or N-Quads"
)
NOT_WRITTEN = "JSON-LD does not support RDF 1.2"
"""The beginning of the engine's own message for the same."""

GRAPH_TYPES = {ending: rdf_format.media_type for ending, rdf_format in GRAPHS.items()}
RESULT_TYPES = {
    ending: results_format.media_type.partition(";")[0]
    for ending, results_format in RESULTS.items()
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
PARQUET_ENDING = "parquet"
DUMP_TYPES = {
    "xlsx": XLSX,
    "csv.zip": "application/zip",
    "ttl": GRAPH_TYPES["ttl"],
    "jsonld": GRAPH_TYPES["jsonld"],
    "nq.gz": "application/gzip",
}
"""The files of a dataset, those for people first; in Parquet it has a file per class."""
CSVW_NAME = "csv-metadata.json"
"""The standard name of the description of the files in a folder (Tabular Data Model §5.3)."""
