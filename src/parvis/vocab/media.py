"""Media types, by the ending that people write in an address."""

RDF = {
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
RESULTS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROBLEM = "application/problem+json"
DUMPS = {
    "xlsx": XLSX,
    "csv.zip": "application/zip",
    "ttl": RDF["ttl"],
    "jsonld": RDF["jsonld"],
    "nq.gz": "application/gzip",
}
"""The files of a dataset, those for people first."""
