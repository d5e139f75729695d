"""What parties and kinds of organisation are called where a rule is told in words."""

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, SKOS

from parvis.vocab.namespaces import CONCEPT, SCHEMA

KINDS = f"{CONCEPT}organization-type/"


def names_in(law: Graph) -> dict[str, dict[str, str]]:
    """Read the names of the parties, and of the kinds of organisation, that a law speaks of."""
    found: dict[str, dict[str, str]] = {}
    for party, name in law.subject_objects(SCHEMA.name):
        _add(found, party, name)
    for kind in law.subjects(RDF.type, SKOS.Concept):
        if isinstance(kind, URIRef) and kind.startswith(KINDS):
            for name in law.objects(kind, SKOS.prefLabel):
                _add(found, kind, name)
    return found


def _add(found: dict[str, dict[str, str]], node: object, name: object) -> None:
    if isinstance(name, Literal) and name.language:
        found.setdefault(str(node), {})[name.language] = str(name)
