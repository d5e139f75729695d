"""Literals with unchanged lexical forms."""

import pytest
import rdflib
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import XSD

from parvis.validation.data import ComparableLiteral, keep_lexical_forms, make_comparable

S, P = URIRef("urn:s"), URIRef("urn:p")


def test_normalisation_is_restored_after_an_error() -> None:
    """Other code of the process relies on rdflib's default."""

    def broken() -> None:
        with keep_lexical_forms():
            assert str(Literal("007", datatype=XSD.integer)) == "007"
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert rdflib.NORMALIZE_LITERALS is True


def test_an_ill_typed_literal_equals_itself_and_compares_with_nothing() -> None:
    """Not by any operator, in either order."""
    with keep_lexical_forms():
        good = Literal("2025-01-01", datatype=XSD.date)
        bad = ComparableLiteral("soon", datatype=XSD.date, normalize=False)
        assert bad == Literal("soon", datatype=XSD.date)
    compared = (good <= bad, bad <= good, good < bad, bad < good, good > bad, bad > good)
    assert not any(compared)


def test_a_graph_without_ill_typed_literals_is_returned_unchanged() -> None:
    """The usual case costs one pass and no copy."""
    graph = Graph().add((S, P, Literal(3)))
    assert make_comparable(graph) is graph


def test_ill_typed_literals_are_replaced_in_a_copy() -> None:
    """The caller's graph keeps its own terms."""
    with keep_lexical_forms():
        graph = Graph().add((S, P, Literal("soon", datatype=XSD.date)))
    safe = make_comparable(graph)
    assert set(safe) == set(graph)
    assert [type(value) for value in safe.objects()] == [ComparableLiteral]
    assert [type(value) for value in graph.objects()] == [Literal]
