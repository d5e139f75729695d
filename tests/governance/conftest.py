"""Invented parties of a small pool, and a reader of agreements written in Turtle."""

from collections.abc import Callable

import pytest
from rdflib import Graph

from parvis.governance import Policies, read_policies

PREFIXES = """
@base <https://pool.example/> .
@prefix odrl: <http://www.w3.org/ns/odrl/2/> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dpv: <https://w3id.org/dpv#> .
@prefix kind: <https://w3id.org/parvis/concept/organization-type/> .
@prefix parvis: <https://w3id.org/parvis/ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
WORLD = """
<catalog> a dcat:Catalog ; dct:publisher <host> .
<host> a schema:Organization ; parvis:organizationType kind:third-party .
<theatre> a schema:Organization ; parvis:organizationType kind:theatre-company .
<company> a schema:Organization ; parvis:organizationType kind:theatre-company .
<museum> a schema:Organization ; parvis:organizationType kind:museum .
<hall> a schema:Organization ; parvis:organizationType kind:presenter .
<unknown-kind> a schema:Organization .
kind:third-party a skos:Concept .
kind:producer a skos:Concept .
kind:theatre-company a skos:Concept ; skos:broader kind:producer .
kind:museum a skos:Concept .
kind:presenter a skos:Concept .
"""
DPV = "https://w3id.org/dpv#"
PURPOSES = {
    f"{DPV}{purpose}": {f"{DPV}{wider}"}
    for purpose, wider in {
        "AcademicResearch": "ResearchAndDevelopment",
        "TargetedAdvertising": "PersonalisedAdvertising",
        "PersonalisedAdvertising": "Advertising",
        "Advertising": "Marketing",
    }.items()
}
AGREEMENT = """
<agreement> a odrl:Agreement ; odrl:profile parvis:profile-1 ; odrl:conflict odrl:prohibit ;
    odrl:assigner <theatre> ; dct:title "Entente"@fr, "The agreement"@en .
"""

Read = Callable[..., Policies]


def build_graph(rules: str, *, head: str = AGREEMENT) -> Graph:
    """Return the parties of the small pool and one agreement as a graph."""
    body = f"<agreement> {rules} ." if rules else ""
    return Graph().parse(data=f"{PREFIXES}{WORLD}{head}{body}", format="turtle")


@pytest.fixture
def read() -> Read:
    """Read the rules of one agreement of the theatre, as the agreement's Turtle writes them."""

    def read_rules(rules: str, *, head: str = AGREEMENT) -> Policies:
        return read_policies(build_graph(rules, head=head), PURPOSES)

    return read_rules
