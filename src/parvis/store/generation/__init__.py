"""Generations: immutable stores built from the record."""
