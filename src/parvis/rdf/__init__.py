"""RDF without opinions: files, terms, result formats. The door of pyoxigraph's parsers."""
