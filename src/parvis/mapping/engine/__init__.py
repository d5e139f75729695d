"""A plan run over files: rows in, N-Triples and places out."""
