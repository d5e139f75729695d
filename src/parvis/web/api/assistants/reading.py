"""What the tools of assistants read, each through the same functions as the pages.

Every answer is within what the reader's own SPARQL queries return, and is paid by its share.
"""

import io
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import lru_cache
from itertools import islice
from typing import Any

from flask import request
from rdflib.namespace import XSD

from parvis.catalog.queries import localize_query
from parvis.errors import QueryError, UnknownThing, UsageError
from parvis.i18n import N_, choose_text, say
from parvis.mapping.concepts import fold_text
from parvis.pooling.serving import search as text_search
from parvis.pooling.serving.description import PropertyGroup
from parvis.pooling.serving.service import ExampleQuery, QueryRequest
from parvis.rdf.ntriples import ABSOLUTE, absolute
from parvis.report import parquet
from parvis.vocab.namespaces import curie
from parvis.web.api.assistants.pages import ToolAnswer
from parvis.web.api.assistants.parameters import SHOWN
from parvis.web.api.parameters import fill_parameters, list_parameters, parameter_names
from parvis.web.api.results import READ, ResultTerm, read_table
from parvis.web.api.short_links import list_queried_datasets
from parvis.web.http.access import host, reader_of
from parvis.web.http.caching import evaluate_query

Arguments = dict[str, Any]

# Searching by words.

MOST_RESULTS = 50
"""The results of an answer: more than this rarely fit, and each takes time to describe."""
DATES, CODES = 5, 40
"""The dates of a result, and the codes of a parameter, that an answer names."""
NOTHING_FOUND = N_(
    "Nothing has all these words. Try fewer of them, the words in “words”, or the spelling in"
    " “respelt”."
)


def search(arguments: Arguments, lang: str) -> ToolAnswer:
    """Search resources by words."""
    offset = arguments.get("offset", 0)
    end = offset + MOST_RESULTS
    results = host().search(reader_of(request), arguments["query"], lang, slice(offset, end))
    items, cards = [], []
    for result in results.results:
        item = {
            "iri": result.iri,
            "name": result.name.text,
            "kinds": [choose_text(lang, kind) for kind in result.kinds],
            "starts": list(result.starts[:DATES]),
            "place": result.place and result.place.text,
            "excerpt": result.about and result.about.text,
            "dataset": result.dataset and str(result.dataset.key),
        }
        items.append({name: value for name, value in item.items() if value})
        cards += [result.dataset] if result.dataset else []
    members: dict[str, Any] = {"query": arguments["query"]}
    if not results.results and not offset:
        members |= {
            "hint": say(lang, NOTHING_FOUND),
            "respelt": results.respelt,
            "words": list(results.words),
        }
    return ToolAnswer(
        "results",
        items,
        cards,
        members,
        more=results.more and bool(items) and end < text_search.SHOWN,
    )


# Describing one resource.

NOT_ABSOLUTE = N_(
    "“{iri}” is not an absolute IRI: take one from the answer of “search” or “query”, such as"
    " {example}"
)


def describe(arguments: Arguments, lang: str) -> ToolAnswer:
    """List the statements about a resource; raises `UnknownThing`."""
    iri = arguments["iri"]
    try:
        absolute(iri if ABSOLUTE.match(iri) else "")
    except ValueError as error:
        example = f"{host().settings.base}id/…"
        raise UsageError(NOT_ABSOLUTE, iri=iri[:SHOWN], example=example) from error
    reader = reader_of(request)
    entity = host().describe(reader, iri, lang)
    statements = [
        *_list_statements(entity.groups, lang, "property"),
        *_list_statements(entity.incoming, lang, "property_of"),
    ]
    groups = (*entity.groups, *entity.incoming)
    keys = {key for group in groups for value in group.values for key in value.datasets}
    members = {"iri": iri, "name": choose_text(lang, entity.label), "canonical": entity.canonical}
    return ToolAnswer(
        "statements",
        statements[arguments.get("offset", 0) :],
        [card for card in host().datasets(reader) if card.key in keys],
        {name: value for name, value in members.items() if value},
    )


def _list_statements(
    groups: tuple[PropertyGroup, ...], lang: str, way: str
) -> Iterator[dict[str, Any]]:
    """Yield statements; `way` says on which end of a property the resource is."""
    for group in groups:
        for value in group.values:
            statement = {
                way: curie(group.iri),
                "label": choose_text(lang, group.label),
                "value": value.label,
                "iri": value.iri,
                "lang": value.lang,
                "datasets": [str(key) for key in value.datasets],
            }
            yield {name: member for name, member in statement.items() if member}


# Answering a query.

ROWS, MOST_ROWS = 50, 500
"""The rows of an answer by default, and at most."""
LONGEST_NUMBER = 15
"""More digits than this are not read exactly by all programs that read JSON."""
_READERS = {
    str(XSD.integer): parquet.INTEGER.read,
    str(XSD.decimal): parquet.NUMBER.read,
    str(XSD.boolean): parquet.BOOLEAN.read,
}
NO_GRAPHS = N_(
    "this tool answers SELECT and ASK: use “describe” for one resource, or select ?s ?p ?o"
)
READ_IN_PART = N_(
    "Only the first rows of this answer are read: order the query and narrow it, or use LIMIT and"
    " OFFSET in it."
)


def query(arguments: Arguments, lang: str) -> ToolAnswer:
    """Answer a SELECT or ASK query; raises as `PoolService.ask` does."""
    text, offset = arguments["query"], arguments.get("offset", 0)
    question = QueryRequest(
        text, results_format="tsv", generation=arguments.get("version"), enough=READ
    )
    answer = evaluate_query(reader_of(request), question)
    with closing(answer.chunks):
        if answer.kind == "graph":
            raise QueryError(NO_GRAPHS)
        body = b"".join(answer.chunks)
    cards = list_queried_datasets({"query": [text]})
    if answer.kind == "boolean":
        return ToolAnswer("rows", [], cards, {"boolean": json.loads(body)["boolean"]})
    is_cut = len(body) >= READ
    if is_cut:
        body = body[: body.rfind(b"\n") + 1]  # the last line may have been cut anywhere
    columns, lines = read_table(io.BytesIO(body))
    limit = arguments.get("limit", ROWS)
    cells = [*islice(lines, offset, offset + limit + 1)]
    members: dict[str, Any] = {"columns": list(columns)}
    if is_cut and len(cells) <= limit:
        members["hint"] = say(lang, READ_IN_PART)
    rows = ([_to_json(cell) for cell in row] for row in cells[:limit])
    return ToolAnswer("rows", rows, cards, members, more=len(cells) > limit)


def _to_json(cell: ResultTerm) -> str | int | float | bool | None:
    """Return a value as JSON; an IRI and a text are texts, what is unbound is null."""
    read = _READERS.get(cell.datatype or "")
    if read is not None and len(cell.text) <= LONGEST_NUMBER:
        with suppress(ValueError):  # its text is none of its type
            value: int | float | bool = read(cell.text)
            return value
    return cell.text or (None if cell.iri is None and cell.lang is None else "")


# Example queries, with their parameters.

LONGEST_EXAMPLE = 8_000
"""The characters of a query that an answer has whole."""
LONG_WORD = 4
"""Shorter words say little of a question."""
NO_EXAMPLE = N_("there is no example “{slug}”: list them without “slug”")
NO_PARAMETER = N_("“{name}” is no parameter of this query; it has: {names}")


def example_queries(arguments: Arguments, lang: str) -> ToolAnswer:
    """List questions with their SPARQL, or write the SPARQL of one with its parameters filled."""
    examples, offset = host().queries(), arguments.get("offset", 0)
    if slug := arguments.get("slug"):
        example = next((example for example in examples if example.slug == slug), None)
        if example is None:
            raise UnknownThing(NO_EXAMPLE, slug=slug)
        chosen = arguments.get("parameters", {})
        names = parameter_names(example.text)
        for name in chosen:
            if name not in names:
                raise UsageError(NO_PARAMETER, name=name[:CODES], names=", ".join(names) or "–")
        text = localize_query(fill_parameters(example.text, chosen), lang)
        item = _example_to_json(example, lang, text)
        return ToolAnswer("examples", [item], longest=LONGEST_EXAMPLE)
    if words := arguments.get("words"):
        terms = _words_of(words)
        scores = [
            (len(terms & _words_of_example(_text_of(example))), example) for example in examples
        ]
        ranking = sorted((pair for pair in scores if pair[0]), key=lambda pair: -pair[0])
        examples = [example for _, example in ranking]
    return ToolAnswer(
        "examples", (_example_to_json(example, lang) for example in examples[offset:])
    )


def _words_of(text: str) -> set[str]:
    words = "".join(char if char.isalnum() else " " for char in fold_text(text)).split()
    return {word.rstrip("sx") for word in words if len(word) >= LONG_WORD}


# The key is a text that all readers may read.
_words_of_example = lru_cache(256)(_words_of)


def _text_of(example: ExampleQuery) -> str:
    titles = (title for texts in example.columns.values() for title in texts.values())
    return " ".join((*example.question.values(), *example.theme.values(), *titles))


def _example_to_json(example: ExampleQuery, lang: str, text: str = "") -> dict[str, Any]:
    item: dict[str, Any] = {
        "slug": example.slug,
        "question": choose_text(lang, example.question),
        "theme": choose_text(lang, example.theme),
        "columns": {name: choose_text(lang, titles) for name, titles in example.columns.items()},
        "parameters": parameter_names(example.text),
    }
    if text:
        item["parameters"] = {
            parameter.name: {
                "label": choose_text(lang, parameter.title),
                "codes": {
                    code: choose_text(lang, label) for code, label in parameter.options[:CODES]
                },
            }
            for parameter in list_parameters(example.text, {})
        }
        item["sparql"] = text
    return item
