"""RDF files, terms and result formats: the only users of pyoxigraph's parsers."""
