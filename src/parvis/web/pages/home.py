"""The home page, and the pages of the example queries."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from parvis.catalog.codelists import region_tiles
from parvis.catalog.ontology import load_words
from parvis.catalog.queries import localize_query
from parvis.errors import NothingPublished, UnknownThing
from parvis.i18n import DEFAULT, N_
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.publics.sentences.chapters import (
    describe_chapter,
    describe_release,
    select_layer,
    sort_published,
)
from parvis.pooling.publics.sentences.sentence import SHARE, Sentence
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.serving.figures.portrait import Portrait, PortraitRequest, read_portrait
from parvis.pooling.serving.service import DatasetCard, ExampleQuery, PoolService, QueryRequest
from parvis.rdf.formats import GRAPH_TYPES, RESULT_TYPES
from parvis.statistics.cube import CubeFigure
from parvis.web.api.charts import pictures
from parvis.web.api.parameters import fill_parameters, list_parameters, parameter_names
from parvis.web.api.results import preview
from parvis.web.api.sparql import evaluate, generation_of
from parvis.web.api.workbench import WORKBOOK
from parvis.web.charts.model import Category, Cell, Chart, Series
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, language_of_address, localise
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    NAMES,
    alternate_forms,
    document_response,
    page_response,
    require_ending,
)
from parvis.web.pages.audiences.portrait import concept_label, link_region
from parvis.web.pages.partner import list_partners

# The folders of third-party scripts, as `.vendor/build.mjs` writes them.

EDITOR = "yasqe-4.6.2"
MAP = "leaflet-1.9.4"
CHART = "vega-6.4.3"
OUTLINE = "natural-earth-4.0.0"

BUNDLES = {"editor": EDITOR, "map": MAP, "chart": CHART, "outline": OUTLINE}
"""The folders by their names in templates."""

pages = Blueprint("pages", __name__)


def parameters_of_path(host: PoolService, values: Mapping[str, str]) -> list[str]:
    """Return the names of the code lists of a path's example query."""
    with suppress(NothingPublished):
        for example in host.queries():
            if example.slug == values["slug"]:
                return parameter_names(example.text)
    return []


DOWNLOADS = {
    "SELECT": (WORKBOOK, "csv", "json"),
    "ASK": ("json", "xml"),
    "CONSTRUCT": ("ttl", "jsonld"),
}
"""The formats in the list of queries, by the form of the query."""

EXAMPLES = 6
"""How many questions the home page shows."""

RESULT = f"any({','.join((*RESULT_TYPES, WORKBOOK, *GRAPH_TYPES))})"
"""The route converter of the endings of an answer."""


@pages.get("/")
def home() -> str:
    """Present the pool: one figure of its audiences, where they live, questions, partners."""
    reader = reader_of(request)
    cards = host().datasets(reader)
    portrait = read_portrait(host(), reader, PortraitRequest())
    sentence = describe_release(portrait.release_figures, read_codes().ends)
    figures = [] if sentence is None else list(_select_alike(portrait, sentence))
    total, regions = select_layer(figures, "area")
    # One question of each theme, as many as fill two rows of cards.
    examples = {example.theme["fr"]: example for example in host().queries()}
    return render_template(
        "home.html",
        datasets=cards,
        partners=[card for card in list_partners() if not card.third_party],
        latest=max((card.modified for card in cards if card.modified is not None), default=None),
        sentence=sentence,
        chart=_draw_waffle(sentence, figures) if sentence else None,
        regions={
            figure.area: {
                "label": concept_label("area", figure.area),
                "value": figure.value,
                "href": link_region(figure.area),
            }
            for figure in regions
            if figure.area in region_tiles()
        },
        homes=describe_chapter("area", total, regions),
        examples=list(examples.values())[:EXAMPLES],
    )


def _select_alike(portrait: Portrait, sentence: Sentence) -> Iterator[CubeFigure]:
    """Yield the figures of the measure and the period of a sentence."""
    for figure in portrait.release_figures:
        if (figure.measure, figure.period) == (sentence.measure, sentence.period):
            yield figure


def _draw_waffle(sentence: Sentence, figures: Sequence[CubeFigure]) -> Chart | None:
    """Return a hundred squares, coloured by the parts of the layer of a sentence of shares."""
    layer = next(iter(list_restrictions(sentence.figures[0])), None)
    if sentence.kind != SHARE or layer is None:
        return None
    total, parts = select_layer(figures, layer)
    published = sort_published(parts)
    unit = localise(load_words().of_term(sentence.measure))
    return Chart(
        "waffle",
        f"{unit[:1].upper()}{unit[1:]}, {localise(sentence.period_label)}",
        localise(sentence.text),
        unit,
        tuple(Category(concept_label(layer, getattr(part, layer))) for part in published),
        (Series("", tuple(Cell(part.value) for part in published)),),
        base=None if total is None else total.value,
    )


@pages.get("/queries")
@pages.get(f"/queries.<{ENDINGS}:ending>")
@reads(offers=DOCUMENT)
def queries(ending: str | None = None) -> Response:
    """Return the example queries: as questions by theme on a page, or as RDF."""
    ending = ending or require_ending(DOCUMENT)
    alternates = alternate_forms("pages.queries")
    if ending != HTML:
        return document_response(host().queries_rdf(ending), ending, alternates)
    groups = groupby(host().queries(), key=attrgetter("theme"))
    themes = [(theme, list(examples)) for theme, examples in groups]
    return page_response(
        alternates,
        "questions/queries.html",
        themes=themes,
        figures=alternate_forms("catalog.statistics")[1:],
        endings=DOWNLOADS,
    )


@pages.get("/queries/<slug>")
@reads("generation", more=parameters_of_path)
def query(slug: str) -> str:
    """Show an example query: the question, its code lists, its first rows, its SPARQL."""
    example, args, lang = _find_example(slug), request.args, language()
    text = localize_query(fill_parameters(example.text, args), lang)
    code_lists = list_parameters(example.text, args)
    question = QueryRequest(text, generation=generation_of(args))
    result = preview(question)
    headings = {name: localise(texts) for name, texts in example.columns.items()}
    address: dict[str, Any] = {
        code_list.name: code_list.chosen for code_list in code_lists if code_list.chosen
    }
    address |= {"slug": slug, "generation": question.generation}
    address |= {} if lang == DEFAULT else {"lang": lang}
    return render_template(
        "questions/query.html",
        example=example,
        text=text,
        choices=code_lists,
        result=result,
        **pictures(result, example.chart, localise(example.question), headings),
        downloads={
            ending: url_for("pages.answer", ending=ending, **address) for ending in result.endings
        },
    )


@pages.get(f"/queries/<slug>.<{RESULT}:ending>")
@reads("generation", more=parameters_of_path)
def answer(slug: str, ending: str) -> Response:
    """Return an example query's complete answer as a file."""
    graph = ending if ending in GRAPH_TYPES else None
    # The language comes from the address alone, for caches.
    text = localize_query(
        fill_parameters(_find_example(slug).text, request.args), language_of_address()
    )
    question = QueryRequest(text, generation=generation_of(request.args))
    return evaluate(question, None if graph else ending, graph, slug)


def _find_example(slug: str) -> ExampleQuery:
    for example in host().queries():
        if example.slug == slug:
            return example
    raise UnknownThing(N_("there is no query “{slug}”"), slug=slug)


@pages.app_context_processor
def add_site_context() -> dict[str, object]:
    """Add to every page what its frame shows; a page with other forms passes its own."""
    cards: list[DatasetCard] = []
    with suppress(NothingPublished):
        cards = host().datasets(reader_of(request))
    return {
        "forms": (),
        "all_invented": bool(cards) and all(card.invented for card in cards),
        "format_names": NAMES,
        "bundles": BUNDLES,
    }
