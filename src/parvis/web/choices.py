"""What a ready question lets its reader choose from a code list of the ontology.

A line of the query says so where it acts, and asks for everything until something is chosen:

    VALUES ?where { UNDEF } # choice: area
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.pooling.schemes import read_ontology, scheme
from parvis.vocab.namespaces import CONCEPT

LINE = re.compile(
    r"^(?P<before>\s*VALUES \?\w+ \{ )UNDEF(?P<after> \}) # choice: (?P<scheme>[a-z-]+)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Choice:
    """A code list to choose from: its titles, the codes with their labels, what was chosen."""

    name: str
    title: dict[str, str]
    options: tuple[tuple[str, dict[str, str]], ...]
    chosen: str = ""


def choices(text: str, asked: Mapping[str, str]) -> list[Choice]:
    """List what a query lets choose, with what was asked; raises `UsageError` as `Scheme` does."""
    return [_choice(name, asked.get(name, "")) for name in names(text)]


def names(text: str) -> list[str]:
    """Name the code lists that a query lets choose from."""
    return list(dict.fromkeys(found["scheme"] for found in LINE.finditer(text)))


def chosen(text: str, asked: Mapping[str, str]) -> str:
    """Write a query for what was asked; what enters it are concepts of the ontology alone.

    >>> from parvis.web.choices import chosen
    >>> chosen("VALUES ?x { UNDEF } # choice: area", {"area": "06"})
    'VALUES ?x { <https://w3id.org/parvis/concept/area/06> }'
    """

    def fill(found: re.Match[str]) -> str:
        if not (said := asked.get(found["scheme"], "")):
            return found[0]
        concept = scheme(found["scheme"]).require(said)
        return f"{found['before']}<{concept}>{found['after']}"

    return LINE.sub(fill, text)


def _choice(name: str, said: str) -> Choice:
    known = scheme(name)
    titles = read_ontology().objects(URIRef(f"{CONCEPT}{name}"), DCTERMS.title)
    return Choice(
        name,
        {str(getattr(one, "language", "")): str(one) for one in titles},
        tuple((known.code(one), known.label(one)) for one in known.labels),
        known.code(known.require(said)) if said else "",
    )
