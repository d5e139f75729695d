"""Entities of the pool that are one: candidates, judgements, links."""
