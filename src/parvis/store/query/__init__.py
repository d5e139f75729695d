"""Queries: parsed, confined to a reader's graphs, and evaluated by workers."""
