"""RDF files, terms and formats; the grammar of SPARQL."""
