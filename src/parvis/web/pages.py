"""Pages for people: the square itself, and the questions one may ask."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from parvis.catalog.spoken import spoken
from parvis.errors import NothingPublished, UnknownThing
from parvis.governance import Reader
from parvis.i18n import DEFAULT, N_
from parvis.pooling.ask import DatasetCard, ExampleQuery, Host, Question
from parvis.vocab import media
from parvis.web.access import host, reader_of
from parvis.web.bundles import BUNDLES
from parvis.web.choices import choices, chosen, names
from parvis.web.conditions import ask
from parvis.web.documents import among, forms, written
from parvis.web.inputs import reads
from parvis.web.labels import named
from parvis.web.language import language, told_language
from parvis.web.negotiation import DOCUMENT, ENDINGS, HTML, NAMES, require
from parvis.web.pictures import pictures
from parvis.web.results import preview
from parvis.web.sparql import WORKBOOK, generation_of, stream

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
