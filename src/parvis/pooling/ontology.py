"""The shared ontology with its concepts, and the shapes, read from where they stand as text.

The files come with parvis, and stay as they are while it runs: each is read once a process.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from rdflib import Graph

from parvis.config import knowledge
from parvis.mapping.concepts import Concepts
from parvis.rdf.files import canonical_lines, quads
from parvis.rdf.terms import to_rdflib
from parvis.validation import load_shapes


@cache
def ontology() -> Graph:
    """Give the ontology and its schemes as a graph, which is nobody's to change."""
    graph = Graph()
    for quad in chain.from_iterable(map(quads, _files())):
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    return graph


@cache
def vocabulary() -> tuple[bytes, ...]:
    """Give what the ontology says in sorted lines of N-Triples, written once a process."""
    found = chain.from_iterable(map(quads, _files()))
    return tuple(canonical_lines(found).splitlines(keepends=True))


@cache
def submission_shapes() -> Graph:
    """Give the shapes of what partners submit as a graph, which is nobody's to change either."""
    return load_shapes([knowledge("shapes")])


@cache
def record_shapes() -> Graph:
    """Give the shapes of parvis's own records: datasets, agreements, projects."""
    return load_shapes([knowledge("shapes") / "records"])


@cache
def concepts() -> Concepts:
    """Read the concepts alone, by their labels: thirty times faster than the graph."""
    return Concepts.of(
        (quad.subject.value, quad.predicate.value, quad.object.value)
        for file in _files()
        for quad in quads(file)
        if hasattr(quad.subject, "value") and hasattr(quad.object, "value")
    )


def _files() -> Iterator[Path]:
    """Give the files of the ontology; alignments stay out, as nothing here follows them."""
    for file in sorted(knowledge("ontology").glob("*.ttl")):
        if file.stem != "alignments":
            yield file
