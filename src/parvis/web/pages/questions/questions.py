"""Questions: their list by kind of reader, and for each its form, its answer and its query."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

from flask import Blueprint, Response, make_response, render_template, request, url_for

from parvis.catalog.queries import READERS, THEMES, ChartColumns, localize_query
from parvis.errors import NothingPublished, UnknownThing
from parvis.governance import Reader
from parvis.i18n import DEFAULT, N_, both
from parvis.pooling.serving.service import ExampleQuery, PoolService, QueryRequest
from parvis.rdf.formats import GRAPH_TYPES, PARQUET_ENDING, RESULT_TYPES
from parvis.web.api.answers import say_answer
from parvis.web.api.charts import pictures
from parvis.web.api.options import list_options
from parvis.web.api.parameters import (
    CodeListParameter,
    choose_text,
    fill_parameters,
    parameter_names,
)
from parvis.web.api.results import Preview, preview
from parvis.web.api.sparql import evaluate, generation_of
from parvis.web.api.workbench import TABLES, WORKBOOK
from parvis.web.http.access import anonymous, host, reader_of
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
from parvis.web.http.security import FRAMED_POLICY, POLICY

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
    "SELECT": (WORKBOOK, "csv", "json", PARQUET_ENDING),
    "ASK": ("json", "xml"),
    "CONSTRUCT": ("ttl", "jsonld"),
}
"""The formats in the list of queries, by the form of the query."""

RESULT = f"any({','.join((*RESULT_TYPES, *TABLES, *GRAPH_TYPES))})"
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
    answered = Answered.read(_find_example(slug), reader_of(request))
    result, version, choice = answered.result, answered.question.generation, answered.choice
    # Only the page of a version names it: the number of the latest one would tell of every
    # publication, also of what its reader may not discover.
    in_language: dict[str, Any] = {} if language() == DEFAULT else {"lang": language()}
    downloads = {
        ending: url_for(
            "questions.answer",
            slug=slug,
            ending=ending,
            generation=version,
            **choice,
            **in_language,
        )
        for ending in result.endings
    }
    # The address of a frame is absolute, and in the language of this page.
    frame = urljoin(host().settings.base, url_for("questions.embed", slug=slug, **choice))
    return render_template(
        "questions/query.html",
        **answered.context,
        address=url_for("questions.query", slug=slug, **choice),
        permanent=url_for("questions.query", slug=slug, **choice, generation=version),
        published_version=version,
        frame=frame,
        downloads=downloads,
    )


@questions.get("/queries/<slug>/embed")
@reads(more=parameters_of_path)
def embed(slug: str) -> Response:
    """Show the sentences and the chart of an answer alone, for another site's page to frame."""
    # Whoever looks at it, it shows what everyone may read.
    answered = Answered.read(_find_example(slug), anonymous(request.remote_addr or ""))
    address = url_for("questions.query", slug=slug, **answered.choice)
    response = make_response(
        render_template("questions/embed.html", **answered.context, address=address)
    )
    response.headers[POLICY] = FRAMED_POLICY
    return response


@dataclass(frozen=True)
class Answered:
    """A question with what a request chooses in its form, and its answer for a reader."""

    example: ExampleQuery
    question: QueryRequest
    parameters: list[CodeListParameter]
    result: Preview

    @classmethod
    def read(cls, example: ExampleQuery, reader: Reader) -> "Answered":
        args, generation = request.args, generation_of(request.args)
        text = choose_text(example, reader, args, generation)
        text = localize_query(fill_parameters(text, args), language())
        question = QueryRequest(text, generation=generation)
        parameters = list_options(reader, replace(question, query=example.text), args)
        return cls(example, question, parameters, preview(question, reader))

    @property
    def choice(self) -> dict[str, Any]:
        """What the request chooses, as an address has it."""
        return {
            parameter.name: parameter.chosen
            for parameter in self.parameters
            if parameter.chosen and request.args.get(parameter.name)
        }

    @property
    def context(self) -> dict[str, Any]:
        """What templates show."""
        example, lang = self.example, language()
        headings = {name: localise(texts) for name, texts in example.columns.items()}
        return {
            "example": example,
            "text": self.question.query,
            "choices": self.parameters,
            "is_chosen": bool(self.choice),
            "result": self.result,
            "sentence": say_answer(
                self.result,
                example.answer.get(lang, ()),
                lang,
                query=self.question.query,
                parameters=self.parameters,
            ),
            **pictures(
                self.result, ChartColumns.read(example.chart), localise(example.question), headings
            ),
        }


@questions.get(f"/queries/<slug>.<{RESULT}:ending>")
@reads("generation", more=parameters_of_path)
def answer(slug: str, ending: str) -> Response:
    """Return an example query's complete answer as a file."""
    graph = ending if ending in GRAPH_TYPES else None
    # The language comes from the address alone, for caches.
    args, generation = request.args, generation_of(request.args)
    text = choose_text(_find_example(slug), reader_of(request), args, generation)
    text = localize_query(fill_parameters(text, args), language_of_address())
    question = QueryRequest(text, generation=generation)
    return evaluate(question, None if graph else ending, graph, slug)


def _find_example(slug: str) -> ExampleQuery:
    for example in host().queries():
        if example.slug == slug:
            return example
    raise UnknownThing(N_("there is no query “{slug}”"), slug=slug)
