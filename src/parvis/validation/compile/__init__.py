"""Shapes compiled into SPARQL: terms and paths, values, constraints, queries."""
