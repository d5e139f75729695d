"""RDF files, terms and formats: the only users of pyoxigraph's parsers."""
