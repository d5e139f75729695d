"""The engine's formats for the endings of `parvis.vocab.media`."""

from pyoxigraph import QueryResultsFormat, RdfFormat

RESULTS: dict[str, QueryResultsFormat] = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
"""Formats of bindings and booleans, by ending (SPARQL 1.1 Results: JSON, XML, CSV and TSV)."""

GRAPHS: dict[str, RdfFormat] = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}
"""Formats of graphs, by ending."""

BOOLEANS: dict[str, QueryResultsFormat] = {"json": RESULTS["json"], "xml": RESULTS["xml"]}
"""Formats of booleans that a standard defines."""
