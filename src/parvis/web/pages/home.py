"""Pages for people: the square itself, and the questions one may ask."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from rdflib import URIRef
from rdflib.namespace import DCTERMS

from parvis.catalog.codelists import read_ontology, scheme
from parvis.catalog.queries import spoken
from parvis.errors import NothingPublished, UnknownThing
from parvis.governance import Reader
from parvis.i18n import DEFAULT, N_
from parvis.pooling.serving.service import DatasetCard, ExampleQuery, Host, Question
from parvis.vocab import media
from parvis.vocab.namespaces import CONCEPT
from parvis.web.api.charts import pictures
from parvis.web.api.results import named, preview
from parvis.web.api.sparql import WORKBOOK, generation_of, stream
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import ask
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, told_language
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    NAMES,
    among,
    forms,
    require,
    written,
)

# What a ready question lets its reader choose from a code list of the ontology.
#
# A line of the query says so where it acts, and asks for everything until something is chosen:
#
#     VALUES ?where { UNDEF } # choice: area

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

    >>> from parvis.web.pages.home import chosen
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


# The folders of what pages bring of others, as `.vendor/build.mjs` writes them.

EDITOR = "yasqe-4.6.2"
MAP = "leaflet-1.9.4"
CHART = "vega-6.4.3"
GUIDE = "sparnatural-11.1.1"
OUTLINE = "natural-earth-4.0.0"

BUNDLES = {"editor": EDITOR, "map": MAP, "chart": CHART, "guide": GUIDE, "outline": OUTLINE}
"""Each by what templates call it."""


pages = Blueprint("pages", __name__)


def choice_names(host: Host, values: Mapping[str, str]) -> list[str]:
    """Name what the example query of a path lets its reader choose."""
    with suppress(NothingPublished):
        for example in host.queries():
            if example.slug == values["slug"]:
                return names(example.text)
    return []


DOWNLOADS = {
    "SELECT": (WORKBOOK, "csv", "json"),
    "ASK": ("json", "xml"),
    "CONSTRUCT": ("ttl", "jsonld"),
}
"""The endings that the list of questions offers, by the form of the query."""

LATEST = 6
"""How many datasets the home page shows."""

RESULT = f"any({','.join((*media.RESULTS, WORKBOOK, *media.RDF))})"
"""The route converter of the endings an answer may have."""


@pages.get("/")
def home() -> str:
    """Present the pool: what it is, for whom, how large, since when."""
    reader = reader_of(request)
    cards = host().datasets(reader)
    dated = [card for card in cards if card.modified is not None]
    latest = sorted(dated, key=lambda card: str(card.modified), reverse=True)
    return render_template(
        "home.html",
        datasets=cards,
        partners=len({card.key.partner for card in cards}),
        triples=sum(_given(reader)),
        latest=latest[:LATEST],
        examples=host().queries(),
    )


def _given(reader: Reader) -> Iterator[int]:
    """Give the sizes of the graphs that a reader may read, but for what parvis itself says."""
    for graph, triples in host().graphs(reader).items():
        if not host().iris.is_ours(graph):
            yield triples


@pages.get("/queries")
@pages.get(f"/queries.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def queries(ending: str | None = None) -> Response:
    """Give the example queries: as questions by theme on a page, or as RDF."""
    ending = ending or require(DOCUMENT)
    others = forms("pages.queries")
    if ending != HTML:
        return among(others, ending, written(host().questions(ending), ending))
    themes = [
        (theme, list(some)) for theme, some in groupby(host().queries(), key=attrgetter("theme"))
    ]
    page = render_template(
        "queries.html",
        themes=themes,
        forms=others,
        figures=forms("catalog.statistics")[1:],
        endings=DOWNLOADS,
    )
    return among(others, ending, make_response(page))


@pages.get("/queries/<slug>")
@reads("generation", more=choice_names)
def query(slug: str) -> Response:
    """Show one example query: the question, what it lets choose, its first rows, its SPARQL."""
    example, args, lang = _example(slug), request.args, language()
    text, offered = spoken(chosen(example.text, args), lang), choices(example.text, args)
    asked = Question(text, (), (), "tsv", "ttl", generation_of(args))
    found = named(preview(ask(reader_of(request), asked)), asked.generation)
    kept: dict[str, Any] = {one.name: one.chosen for one in offered if one.chosen}
    kept |= {"slug": slug, "generation": asked.generation}
    kept |= {} if lang == DEFAULT else {"lang": lang}
    page = render_template(
        "query.html",
        example=example,
        text=text,
        choices=offered,
        found=found,
        **pictures(found, example.chart, light=True),
        downloads={one: url_for("pages.answer", ending=one, **kept) for one in found.endings},
    )
    return make_response(page)


@pages.get(f"/queries/<slug>.<{RESULT}:ending>")
@reads("generation", more=choice_names)
def answer(slug: str, ending: str) -> Response:
    """Give an example query's whole answer as a file: its language too is told by the address."""
    graph = ending if ending in media.RDF else None
    text = spoken(chosen(_example(slug).text, request.args), told_language())
    question = Question(text, generation=generation_of(request.args))
    return stream(question, None if graph else ending, graph, slug)


def _example(slug: str) -> ExampleQuery:
    """Find an example query by its name in the address."""
    for example in host().queries():
        if example.slug == slug:
            return example
    raise UnknownThing(N_("there is no query “{slug}”"), slug=slug)


@pages.app_context_processor
def whose() -> dict[str, object]:
    """Tell every page whether all that it could show is invented, and how things are called."""
    return {
        "all_invented": _all_invented(),
        "format_names": NAMES,
        "bundles": BUNDLES,
    }


def _all_invented() -> bool:
    try:
        cards: list[DatasetCard] = host().datasets(reader_of(request))
    except NothingPublished:
        return False
    return bool(cards) and all(card.invented for card in cards)
