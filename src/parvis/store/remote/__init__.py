"""The store of another server, by the SPARQL protocols."""
