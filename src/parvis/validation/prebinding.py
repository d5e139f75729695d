"""``$shapesGraph`` for queries of the reference engine: pyshacl refuses it (SHACL §5.3.1)."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyshacl import helper
from pyshacl.helper.sparql_query_helper import SPARQLQueryHelper
from rdflib import Dataset, Graph, URIRef
from rdflib.namespace import SH

SHAPES = URIRef("urn:x-parvis:shapes")
"""The name of the graph of shapes, in queries only."""
_ASKED = "shapesGraph"
_READER = "SPARQLQueryHelperCls"
"""Where pyshacl keeps the class that reads queries, once it has loaded it."""


class _Query(SPARQLQueryHelper):
    """A query that is told the name of the graph of shapes."""

    bind_sg_regex = re.compile(r"(?!)")

    def pre_bind_variables(self, *given: Any, **also: Any) -> tuple[dict[str, Any], str]:  # noqa: ANN401 - pyshacl's own signature
        """Bind what pyshacl binds, and the name of the graph of shapes."""
        bindings, text = super().pre_bind_variables(*given, **also)  # type: ignore[no-untyped-call] # pyshacl's own
        if _ASKED in text:
            bindings[_ASKED] = SHAPES
        return bindings, text


@contextmanager
def given_shapes() -> Iterator[None]:
    """Let pyshacl read queries so; it keeps the class that it is told to."""
    before = getattr(helper, _READER)
    setattr(helper, _READER, _Query)
    try:
        yield
    finally:
        setattr(helper, _READER, before)


def beside(data: Graph, shapes: Graph) -> Graph:
    """Give the data with the shapes in a named graph, if a query asks for them; else the data."""
    texts = (str(text) for term in (SH.select, SH.ask) for text in shapes.objects(None, term))
    if not any(_ASKED in text for text in texts):
        return data
    whole = Dataset()
    for triple in data:
        whole.add(triple)
    for triple in shapes:
        whole.graph(SHAPES).add(triple)
    return whole
