"""Guided search: a query that is put together by choices, from what the shapes tell of the data."""

from flask import Blueprint, Response, render_template

from parvis.rdf.files import serialise
from parvis.vocab.namespaces import PREFIXES
from parvis.web.documents import computed_once, written
from parvis.web.guide import guide
from parvis.web.sparql import styled

guided = Blueprint("guided", __name__)


@guided.get("/search/guided")
def page() -> Response:
    """Show the page; what its script offers is at the address of `offered`."""
    return styled(render_template("guided.html", prefixes=PREFIXES))


@guided.get("/search/guided.ttl")
def offered() -> Response:
    """Give what may be looked for, as shapes: the classes, their properties, their labels."""
    return written(_written(), "ttl")


@computed_once
def _written() -> bytes:
    """Write what is offered."""
    return serialise(guide(), "ttl")
