"""A change is detected from every focus node whose shape reaches it."""

import pytest
from rdflib import Graph

from parvis.validation import PreviousValidation
from tests.validation.cases import results
from tests.validation.test_incremental import previous_validation, validate_graph

HEAD = """
@prefix ex: <https://x.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
DATA = """
ex:a a ex:C ; ex:p ex:b ; ex:q ex:b ; ex:n 1 .
ex:b a ex:D ; ex:q ex:c ; ex:n 2 .
ex:c a ex:D ; ex:p ex:d ; ex:r ex:d ; ex:n 3 .
ex:d a ex:D ; ex:n 4 .
ex:e a ex:C ; ex:p ex:d .
"""
ON_C = "ex:s a sh:NodeShape ; sh:targetClass ex:C ; "
CHANGES = {
    "the class of a value": ("sh:property [ sh:path ex:p ; sh:class ex:D ]", "ex:b a ex:D"),
    "a class further on": (
        "sh:property [ sh:path (ex:p ex:q) ; sh:class ex:D ]",
        "ex:c a ex:D",
    ),
    "the second step of a path": (
        "sh:property [ sh:path (ex:p ex:q) ; sh:nodeKind sh:Literal ]",
        "ex:b ex:q ex:c",
    ),
    "the third step of a path": (
        "sh:property [ sh:path (ex:p ex:q ex:n) ; sh:minCount 1 ]",
        "ex:c ex:n 3",
    ),
    "a step of any number": (
        (
            "sh:property [ sh:path [ sh:zeroOrMorePath [ sh:alternativePath (ex:p ex:q) ] ] ;"
            " sh:hasValue ex:d ]"
        ),
        "ex:c ex:p ex:d",
    ),
    "within a repeated sequence": (
        "sh:property [ sh:path [ sh:oneOrMorePath (ex:p ex:q) ] ; sh:nodeKind sh:Literal ]",
        "ex:b ex:q ex:c",
    ),
    "after a step that may be left out": (
        "sh:property [ sh:path ([ sh:zeroOrOnePath ex:p ] ex:n) ; sh:maxCount 1 ]",
        "ex:b ex:n 2",
    ),
    "a property of a value": (
        "sh:property [ sh:path ex:p ; sh:node [ sh:property [ sh:path ex:n ; sh:minCount 1 ] ] ]",
        "ex:b ex:n 2",
    ),
    "what a value must not be": (
        "sh:property [ sh:path ex:p ; sh:not [ sh:path ex:q ; sh:minCount 1 ] ]",
        "ex:b ex:q ex:c",
    ),
    "one of several shapes": (
        "sh:property [ sh:path ex:p ; sh:or ([ sh:path ex:n ; sh:in (7) ] [ sh:class ex:D ]) ]",
        "ex:b a ex:D",
    ),
    "a qualified value": (
        (
            "sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:class ex:D ] ;"
            " sh:qualifiedMinCount 1 ]"
        ),
        "ex:b a ex:D",
    ),
    "a closed value": (
        (
            "sh:property [ sh:path ex:p ; sh:node [ sh:closed true ;"
            " sh:ignoredProperties (<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> ex:n) ] ]"
        ),
        "ex:b ex:q ex:c",
    ),
    "another property of a value": (
        "sh:property [ sh:path ex:p ; sh:node [ sh:property [ sh:path ex:p ; sh:equals ex:r ] ] ]",
        "ex:b ex:r ex:c",
    ),
    "another property": ("sh:property [ sh:path ex:p ; sh:equals ex:q ]", "ex:a ex:q ex:b"),
    "an inverse path": (
        "sh:property [ sh:path [ sh:inversePath ex:r ] ; sh:maxCount 0 ]",
        "ex:d ex:r ex:a",
    ),
    "a nested property shape": (
        "sh:property [ sh:path ex:p ; sh:property [ sh:path ex:n ; sh:minCount 1 ] ]",
        "ex:b ex:n 2",
    ),
    "a query": (
        (
            'sh:sparql [ sh:select """SELECT $this WHERE { $this <https://x.example/p> ?one .'
            ' ?one <https://x.example/q> ?two . ?two <https://x.example/n> ?three }""" ]'
        ),
        "ex:c ex:n 3",
    ),
    "one of several paths": (
        "sh:property [ sh:path [ sh:alternativePath ((ex:p ex:n) ex:z) ] ; sh:minCount 1 ]",
        "ex:b ex:n 2",
    ),
    "the property that a value equals": (
        "sh:property [ sh:path ex:p ; sh:node [ sh:equals ex:r ] ]",
        "ex:b ex:r ex:b",
    ),
    "what a qualified value must not be too": (
        (
            "sh:property [ sh:path ex:p ; sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ;"
            " sh:qualifiedMinCount 1 ; sh:qualifiedValueShapesDisjoint true ] , [ sh:path ex:r ;"
            " sh:qualifiedValueShape [ sh:class ex:D ] ; sh:qualifiedMaxCount 3 ]"
        ),
        "ex:b a ex:D",
    ),
    "being a target no longer": ("sh:property [ sh:path ex:r ; sh:minCount 1 ]", "ex:a a ex:C"),
    "a target by its subject": (
        "sh:targetSubjectsOf ex:r ; sh:property [ sh:path ex:z ; sh:minCount 1 ]",
        "ex:c ex:r ex:d",
    ),
    "a target by its object": (
        "sh:targetObjectsOf ex:r ; sh:property [ sh:path ex:z ; sh:minCount 1 ]",
        "ex:c ex:r ex:d",
    ),
    "how classes are ordered": (
        "sh:property [ sh:path ex:r ; sh:minCount 1 ]",
        "ex:D rdfs:subClassOf ex:C",
    ),
}


def parse_graph(text: str) -> Graph:
    return Graph().parse(data=HEAD + text, format="turtle")


def rules(constraint: str) -> Graph:
    """Write a shape whose results can be stored: its property shape has an IRI."""
    before, _, inner = constraint.partition("sh:property [")
    inner, bracket, constraints = inner.partition("] ,") if "] ," in inner else (inner[:-1], "", "")
    if not inner:
        return parse_graph(f"{ON_C} {constraint} .")
    own = f"sh:property ex:s1 {bracket[1:]} {constraints}"
    return parse_graph(f"{ON_C} {before} {own} . ex:s1 {inner} .")


@pytest.mark.parametrize("description", CHANGES)
@pytest.mark.parametrize("removed", [True, False], ids=["gone", "come"])
def test_a_change_is_detected(description: str, *, removed: bool) -> None:
    """The results differ from before and equal those of a complete validation."""
    constraint, triple = CHANGES[description]
    full, change = parse_graph(DATA + f"{triple} ."), parse_graph(f"{triple} .")
    old, new = (full, full - change) if removed else (full - change, full)
    shapes = rules(constraint)
    first = validate_graph(old, shapes)
    assert first
    incremental, expected = (
        validate_graph(new, shapes, before)
        for before in (previous_validation(first, old, new), None)
    )
    assert incremental
    assert expected
    assert results(incremental.graph) == results(expected.graph)
    assert incremental.checked == expected.checked
    assert results(expected.graph) != results(first.graph)


def test_focus_nodes_far_from_a_change_are_not_validated_again() -> None:
    """A stored result is kept, even one that a new validation would not give."""
    shape = rules("sh:property [ sh:path ex:p ; sh:class ex:D ]")
    old = parse_graph(DATA)
    new = old + parse_graph("ex:new a ex:C ; ex:p ex:new .")
    first = validate_graph(old, shape)
    assert first
    difference = [*(new - old)]
    invented = ("https://x.example/s1", "https://x.example/Invented", ["https://x.example/e"])
    stored = {"https://x.example/s": [(*invented, None, None)]}
    incremental = validate_graph(new, shape, PreviousValidation.of(stored, difference))
    assert incremental
    assert sorted(finding.focus or "" for finding in incremental.findings) == [
        "https://x.example/e",
        "https://x.example/new",
    ]
