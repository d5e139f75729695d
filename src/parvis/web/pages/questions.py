"""Questions: their list by kind of reader, and for each its form, its answer and its query."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from parvis.catalog.queries import READERS, THEMES, ChartColumns, localize_query
from parvis.errors import NothingPublished, UnknownThing
from parvis.i18n import DEFAULT, N_, both
from parvis.pooling.serving.service import ExampleQuery, PoolService, QueryRequest
from parvis.rdf.formats import GRAPH_TYPES, RESULT_TYPES
from parvis.web.api.answers import say_answer, say_scope
from parvis.web.api.charts import pictures
from parvis.web.api.options import list_options
from parvis.web.api.parameters import fill_parameters, parameter_names
from parvis.web.api.results import preview
from parvis.web.api.sparql import evaluate, generation_of
from parvis.web.api.workbench import WORKBOOK
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, language_of_address, localise
from parvis.web.http.negotiation import (
    DOCUMENT,
    ENDINGS,
    HTML,
    alternate_forms,
    document_response,
    page_response,
    require_ending,
)

questions = Blueprint("questions", __name__)

# The list: by kind of reader, with a preview of what an answer looks like.

READERS_OF_THEMES = {
    "rencontres": "partner",
    "publics": "partner",
    "relais": "partner",
    "offres": "journalist",
    "lieux": "journalist",
    "organismes": "researcher",
    "autres": "researcher",
    "liens": "platform",
    "provenance": "platform",
    "donnees": "platform",
}
"""Who a question is for by its theme, where nobody said it."""
KINDS = {
    "line": both("Line over time"),
    "bar": both("Bar chart"),
    "map": both("Map"),
    "table": both("Table"),
    "boolean": both("Yes or no"),
    "graph": both("Linked data"),
}
"""What an answer looks like."""


@dataclass(frozen=True)
class QuestionCard:
    """A question in the list: who it is for, its theme, and what its answer looks like."""

    example: ExampleQuery
    readers: tuple[str, ...]
    theme: str
    kind: str

    @classmethod
    def of(cls, example: ExampleQuery) -> "QuestionCard":
        themes = {both(title)["en"]: slug for slug, title in THEMES.items()}
        theme = themes.get(example.theme.get("en", ""), "autres")
        readers = tuple(example.readers) or (READERS_OF_THEMES[theme],)
        return cls(example, readers, theme, kind_of(example))


def kind_of(example: ExampleQuery) -> str:
    """Return what an answer looks like, by the query and its chart."""
    if example.form != "SELECT":
        return "boolean" if example.form == "ASK" else "graph"
    if example.chart:
        return str(example.chart["kind"])
    head = example.text.partition("WHERE")[0]
    if "?latitude" in head:
        return "map"
    # As `suggest_chart` draws it: a name and its numbers.
    return "bar" if re.search(r"SELECT (DISTINCT )?\?\w+ \((COUNT|SUM|AVG)", head) else "table"


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

RESULT = f"any({','.join((*RESULT_TYPES, WORKBOOK, *GRAPH_TYPES))})"
"""The route converter of the endings of an answer."""


@questions.get("/queries")
@questions.get(f"/queries.<{ENDINGS}:ending>")
@reads("reader", "theme", "q", offers=DOCUMENT)
def queries(ending: str | None = None) -> Response:
    """Return the questions: by kind of reader on a page, or as RDF."""
    ending = ending or require_ending(DOCUMENT)
    alternates = alternate_forms("questions.queries")
    if ending != HTML:
        return document_response(host().queries_rdf(ending), ending, alternates)
    reader, theme, words = (request.args.get(name, "").strip() for name in ("reader", "theme", "q"))
    cards = [QuestionCard.of(example) for example in host().queries()]
    matches = [
        card
        for card in cards
        if (not reader or reader in card.readers)
        and (not theme or theme == card.theme)
        and all(
            word in localise(card.example.question).casefold() for word in words.casefold().split()
        )
    ]
    groups = [(name, [card for card in matches if name in card.readers]) for name in READERS]
    return page_response(
        alternates,
        "questions/queries.html",
        # A question for several readers is listed for the first of them, unless one is chosen.
        groups=[
            (name, [c for c in listed if reader or c.readers[0] == name])
            for name, listed in groups
            if not reader or name == reader
        ],
        count=len(matches),
        chosen={"reader": reader, "theme": theme, "q": words},
        readers={name: both(title) for name, title in READERS.items()},
        themes={
            slug: both(title)
            for slug, title in THEMES.items()
            if any(card.theme == slug for card in cards)
        },
        kinds=KINDS,
        figures=alternate_forms("catalog.statistics")[1:],
        endings=DOWNLOADS,
    )


@questions.get("/queries/<slug>")
@reads("generation", more=parameters_of_path)
def query(slug: str) -> str:
    """Show a question: its form, its answer in sentences, a chart and a table, and its query."""
    example, args, lang = _find_example(slug), request.args, language()
    text = localize_query(fill_parameters(example.text, args), lang)
    question = QueryRequest(text, generation=generation_of(args))
    parameters = list_options(reader_of(request), replace(question, query=example.text), args)
    result = preview(question)
    headings = {name: localise(texts) for name, texts in example.columns.items()}
    address: dict[str, Any] = {
        parameter.name: parameter.chosen
        for parameter in parameters
        if parameter.chosen and args.get(parameter.name)
    }
    # Only the page of a version names it: the number of the latest one would tell of every
    # publication, also of what its reader may not discover.
    permanent = {"slug": slug} | address | {"generation": question.generation}
    address |= {"slug": slug, "generation": question.generation}
    address |= {} if lang == DEFAULT else {"lang": lang}
    return render_template(
        "questions/query.html",
        example=example,
        card=QuestionCard.of(example),
        kinds=KINDS,
        text=text,
        choices=parameters,
        is_chosen=any(args.get(parameter.name) for parameter in parameters),
        result=result,
        sentence=say_answer(
            result,
            example.answer.get(lang, ()),
            lang,
            query=text,
            scope=say_scope(parameters, lang),
        ),
        permanent=url_for("questions.query", **permanent),
        published_version=question.generation,
        **pictures(result, ChartColumns.read(example.chart), localise(example.question), headings),
        downloads={
            ending: url_for("questions.answer", ending=ending, **address)
            for ending in result.endings
        },
    )


@questions.get(f"/queries/<slug>.<{RESULT}:ending>")
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
