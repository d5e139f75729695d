"""Terms of other authorities that records use: licences, frequencies, languages, themes."""

from importlib.resources import files

from rdflib import Graph

AUTHORITIES = Graph().parse(
    data=(files("parvis.catalog") / "authorities.ttl").read_text(encoding="utf-8"), format="turtle"
)
"""Each with its class and its names, as a record must carry them inline; never changed."""


def describe(graph: Graph) -> None:
    """Add to a graph what the authorities say of the terms that it uses."""
    for term in set(graph.objects()):
        for triple in AUTHORITIES.triples((term, None, None)):
            graph.add(triple)
