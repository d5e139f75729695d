"""The parameters of a query: concepts of a code list of the ontology, or days.

A line of the query declares each, and matches everything until something is chosen, or what the
query has; a day needs a filter of its own for UNDEF::

    VALUES ?where { UNDEF } # choice: area
    VALUES ?since { UNDEF } # choice: from
    FILTER (!BOUND(?since) || STR(?day) >= ?since)
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import concepts, ontology
from parvis.errors import UsageError
from parvis.i18n import N_, both
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT

LINE = re.compile(
    r'^(?P<before>\s*VALUES \?\w+ \{ )(?P<default>UNDEF|"\d{4}-\d{2}-\d{2}")(?P<after> \})'
    r" # choice: (?P<scheme>[a-z-]+)(?=\r?$)",
    re.MULTILINE,
)
DAYS = {"from": both("From"), "until": both("Until")}
"""The parameters that are days."""
NO_DAY = N_("“{text}” is no day: write it as in 2027-01-31")


@dataclass(frozen=True)
class CodeListParameter:
    """A field of a question's form: its title, its codes with their labels, what is chosen.

    A day has no codes.
    """

    name: str
    title: dict[str, str]
    options: tuple[tuple[str, dict[str, str]], ...] = ()
    chosen: str = ""


TITLES = {"area": both("Region"), "audience": both("Audience")}
"""What a form calls a code list that has a wider title."""


def list_parameters(text: str, choices: Mapping[str, str]) -> list[CodeListParameter]:
    """Return a query's parameters, with what is chosen; raise `UsageError` as `Scheme` does."""
    parameters = []
    for name, default in parameter_defaults(text).items():
        chosen = choices.get(name, "")
        if name in DAYS:
            day = read_day(chosen) if chosen else default.strip('"')
            parameters.append(
                CodeListParameter(name, DAYS[name], chosen="" if day == "UNDEF" else day)
            )
            continue
        codes = scheme(name)
        title = TITLES.get(name) or read_texts(
            ontology(), URIRef(f"{CONCEPT}{name}"), DCTERMS.title
        )
        options = tuple((codes.code(concept), codes.label(concept)) for concept in codes.labels)
        code = codes.code(codes.require(chosen)) if chosen else ""
        parameters.append(CodeListParameter(name, title, options, code))
    return parameters


def parameter_defaults(text: str) -> dict[str, str]:
    """Return a query's parameters, each with what the query has for it."""
    return {line["scheme"]: line["default"] for line in LINE.finditer(text)}


def parameter_names(text: str) -> list[str]:
    return list(parameter_defaults(text))


def read_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(NO_DAY, text=text) from error


def fill_parameters(text: str, choices: Mapping[str, str]) -> str:
    """Return a query with the chosen concepts and days.

    >>> from parvis.web.api.parameters import fill_parameters
    >>> fill_parameters("VALUES ?x { UNDEF } # choice: area", {"area": "06"})
    'VALUES ?x { <https://w3id.org/parvis/concept/area/06> }'
    """

    def fill(line: re.Match[str]) -> str:
        name = line["scheme"]
        if not (chosen := choices.get(name, "")):
            return line[0]
        # Only concepts of the ontology and days enter the query: no text can change it.
        if name in DAYS:
            return f'{line["before"]}"{read_day(chosen)}"{line["after"]}'
        return f"{line['before']}<{scheme(name).require(chosen)}>{line['after']}"

    return LINE.sub(fill, text)


def code_list_names() -> Collection[str]:
    """Return the names of all code lists and days, which a query may have as parameters."""
    return {*concepts().schemes, *DAYS}
