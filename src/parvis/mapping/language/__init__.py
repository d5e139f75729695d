"""Mapping documents: YARRRML with source keys, read into a plan."""
