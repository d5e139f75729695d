"""Shapes compiled into SPARQL: paths, values, sets, conformance, constraints."""
