"""The parameters of a query: concepts of a code list of the ontology, partners, or days.

A line of the query declares each, and matches everything until something is chosen, or what the
query has; a day needs a filter of its own for UNDEF::

    VALUES ?where { UNDEF } # choice: area
    VALUES ?giver { UNDEF } # choice: partner
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
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.pooling.serving.service import ExampleQuery
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import CONCEPT
from parvis.web.http.access import host

LINE = re.compile(
    r"^(?P<before>\s*VALUES \?(?P<variable>\w+) \{ )"
    r'(?P<default>UNDEF|"\d{4}-\d{2}-\d{2}")(?P<after> \})'
    r" # choice: (?P<scheme>[a-z-]+)(?=\r?$)",
    re.MULTILINE,
)
DAYS = {"from": both("From"), "until": both("Until")}
"""The parameters that are days."""
PARTNER = "partner"
"""The parameter that is a partner, by its name in addresses."""
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
SCHEMES = {"residence": "area"}
"""The code lists of parameters that have another name."""
NO_DAY = N_("“{text}” is no day: write it as in 2027-01-31")
NO_PARTNER = N_("“{text}” is no partner: write its name as in the address of its page")
LONGEST = 100
"""Characters of a text that a message repeats."""


@dataclass(frozen=True)
class CodeListParameter:
    """A field of a question's form: its title, its codes with their labels, what is chosen.

    A day has no codes; nor has a partner, where nobody looked which have data.
    """

    name: str
    title: dict[str, str]
    options: tuple[tuple[str, dict[str, str]], ...] = ()
    chosen: str = ""

    @property
    def is_day(self) -> bool:
        return self.name in DAYS


TITLES = {
    "area": both("Region of the venue"),
    "audience": both("Target audience"),
    "channel": both("Channel"),
    "discipline": both("Discipline"),
    "age": both("Age"),
    "language": both("Language"),
    "organization-size": both("Size of the organisation"),
    "organization-type": both("Type of organisation"),
    "residence": both("Region of residence"),
    PARTNER: both("Partner"),
}
"""What a form calls a code list, whose own title is of all its concepts."""


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
        if name == PARTNER:
            slug = read_partner(chosen) if chosen else ""
            parameters.append(CodeListParameter(name, TITLES[name], chosen=slug))
            continue
        codes = scheme(SCHEMES.get(name, name))
        title = TITLES.get(name) or read_texts(
            ontology(), URIRef(f"{CONCEPT}{codes.name}"), DCTERMS.title
        )
        options = tuple((codes.code(concept), codes.label(concept)) for concept in codes.labels)
        code = codes.code(codes.require(chosen)) if chosen else ""
        parameters.append(CodeListParameter(name, title, options, code))
    return parameters


def parameter_defaults(text: str) -> dict[str, str]:
    """Return a query's parameters, each with what the query has for it."""
    return {line["scheme"]: line["default"] for line in LINE.finditer(text)}


def choose_text(
    example: ExampleQuery, reader: Reader, choices: Mapping[str, str], generation: int | None = None
) -> str:
    """Return the text of a question that a reader is answered by.

    That is the one that asks the tables, if they count all that the reader may read, and have what
    is chosen.
    """
    chosen = {name for name in parameter_names(example.text) if choices.get(name)}
    if chosen <= {*parameter_names(example.by_tables)} and example.by_tables:
        return example.by_tables if host().tables_hold(reader, generation) else example.text
    return example.text


def parameter_names(text: str) -> list[str]:
    return list(parameter_defaults(text))


def read_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(NO_DAY, text=text) from error


def parameter_variables(text: str) -> dict[str, str]:
    """Return the variables of a query's parameters, but of days."""
    return {
        line["scheme"]: line["variable"]
        for line in LINE.finditer(text)
        if line["scheme"] not in DAYS
    }


def read_partner(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise UsageError(NO_PARTNER, text=text[:LONGEST])
    return text


def read_choice(name: str, text: str) -> str:
    """Return the IRI of a chosen concept or partner; raise `UsageError` for another text."""
    if name == PARTNER:
        return host().iris.partner(read_partner(text))
    return scheme(SCHEMES.get(name, name)).require(text)


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
        # Only concepts, partners and days enter the query: no text can change it.
        if name in DAYS:
            return f'{line["before"]}"{read_day(chosen)}"{line["after"]}'
        return f"{line['before']}<{read_choice(name, chosen)}>{line['after']}"

    return LINE.sub(fill, text)


def code_list_names() -> Collection[str]:
    """Return the names of all parameters that a query may have."""
    return {*concepts().schemes, *SCHEMES, *DAYS, PARTNER}
