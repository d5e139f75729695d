"""The parameters of a query: concepts of a code list of the ontology.

A line of the query declares one, and matches everything until a concept is chosen::

    VALUES ?where { UNDEF } # choice: area
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import concepts, ontology
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT

LINE = re.compile(
    r"^(?P<before>\s*VALUES \?\w+ \{ )UNDEF(?P<after> \}) # choice: (?P<scheme>[a-z-]+)(?=\r?$)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class CodeListParameter:
    """A code list to choose from: its titles, its codes with their labels, the chosen code."""

    name: str
    title: dict[str, str]
    options: tuple[tuple[str, dict[str, str]], ...]
    chosen: str = ""


def list_parameters(text: str, parameters: Mapping[str, str]) -> list[CodeListParameter]:
    """Return a query's code lists, with the chosen codes; raise `UsageError` as `Scheme` does."""
    code_lists = []
    for name in parameter_names(text):
        codes, chosen_code = scheme(name), parameters.get(name, "")
        code_lists.append(
            CodeListParameter(
                name,
                read_texts(ontology(), URIRef(f"{CONCEPT}{name}"), DCTERMS.title),
                tuple((codes.code(concept), codes.label(concept)) for concept in codes.labels),
                codes.code(codes.require(chosen_code)) if chosen_code else "",
            )
        )
    return code_lists


def parameter_names(text: str) -> list[str]:
    """Return the names of a query's code lists."""
    return list(dict.fromkeys(line["scheme"] for line in LINE.finditer(text)))


def fill_parameters(text: str, parameters: Mapping[str, str]) -> str:
    """Return a query with the chosen concepts.

    >>> from parvis.web.api.parameters import fill_parameters
    >>> fill_parameters("VALUES ?x { UNDEF } # choice: area", {"area": "06"})
    'VALUES ?x { <https://w3id.org/parvis/concept/area/06> }'
    """

    def fill(line: re.Match[str]) -> str:
        if not (code := parameters.get(line["scheme"], "")):
            return line[0]
        # Only concepts of the ontology enter the query, so that no text can change it.
        concept = scheme(line["scheme"]).require(code)
        return f"{line['before']}<{concept}>{line['after']}"

    return LINE.sub(fill, text)


def code_list_names() -> Collection[str]:
    """Return the names of all code lists, which a query may have as parameters."""
    return concepts().schemes.keys()
