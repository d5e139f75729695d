"""The SPARQL workbench: the endpoint's page for people, with its query, answer and snippets."""

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, make_response, render_template, request, url_for

from parvis.errors import ParvisError, UnknownThing
from parvis.i18n import N_, both, say
from parvis.ledger import SavedQueries, SavedVersion
from parvis.pooling.serving.service import QueryRequest
from parvis.pooling.serving.site.saved_queries import find_stored_query, owner_of
from parvis.rdf.formats import PARQUET_ENDING
from parvis.vocab.namespaces import PREFIXES
from parvis.web.api.charts import pictures
from parvis.web.api.parameters import CodeListParameter, fill_parameters, list_parameters
from parvis.web.api.results import Preview, preview
from parvis.web.http.access import host, identify
from parvis.web.http.compression import add_vary
from parvis.web.http.errors import HttpProblem, problem_of
from parvis.web.http.language import format_local_instant, language, localise
from parvis.web.http.security import CONTENT_POLICY, POLICY

WORKBOOK = "xlsx"
TABLES = (WORKBOOK, PARQUET_ENDING)
"""The formats of results that the store does not write."""

STYLED = CONTENT_POLICY + "; style-src 'self' 'unsafe-inline'"
"""The policy of the page: its editor places its parts by style attributes."""

DOWNLOADS = (WORKBOOK, "csv", "tsv", "json", "xml", PARQUET_ENDING, "ttl", "nt", "jsonld", "rdf")
"""The formats of answers that the form offers besides the page."""

NEXT_VERSION = N_("the next version of “{title}”")
CAPTION = both("Drawn from the table below.")
LONGEST_LINE = 200
"""Characters of a line that an error repeats, before and after its place."""


@dataclass(frozen=True)
class WrongLine:
    """The line of a query that an error names: its text before, at and after the wrong word."""

    number: int
    before: str
    word: str
    after: str


def answer_with_page(question: QueryRequest, chosen: Mapping[str, str]) -> Response:
    """Answer with the page: the query and its first rows, or the query and its error.

    `chosen` are the concepts of the query's parameters. Forms of browsers end lines by CR LF, which
    the page and its snippets must not show.
    """
    question = replace(question, query=question.query.replace("\r\n", "\n"))
    result, problem, code_lists = None, None, list[CodeListParameter]()
    filled = question
    try:
        code_lists = list_parameters(question.query, chosen)
        filled = replace(question, query=fill_parameters(question.query, chosen))
        result = preview(filled)
    except ParvisError as error:
        problem = problem_of(error)
    response = editor_response(render_page(question, filled.query, code_lists, result, problem))
    if "saved" in request.args:  # its title: it may become private at any time
        response.cache_control.no_store = True
    if problem is not None:
        response.status_code = problem.status
        response.headers.update(problem.headers)
        response.cache_control.no_store = True
    add_vary(response, "Accept")
    return response


def present_query(text: str) -> Response:
    """Answer with the page of a query that is not evaluated yet."""
    return editor_response(render_page(QueryRequest(text), text, list_parameters(text, {})))


def editor_response(page: str) -> Response:
    """Answer with the page of the editor, under its policy."""
    response = make_response(page)
    response.headers[POLICY] = STYLED
    return response


def render_page(
    question: QueryRequest,
    filled: str,
    code_lists: list[CodeListParameter],
    result: Preview | None = None,
    problem: HttpProblem | None = None,
) -> str:
    """Render the endpoint's page; its address is the query's permalink.

    `filled` is the query with the concepts that are chosen.
    """
    # Encoded once: a query of 64 kB takes ten milliseconds, and is in seven links.
    graphs: dict[str, Any] = {
        "generation": () if question.generation is None else (question.generation,),
        "default-graph-uri": question.default_graphs,
        "named-graph-uri": question.named_graphs,
    }
    choices: dict[str, Any] = {
        code_list.name: code_list.chosen for code_list in code_lists if code_list.chosen
    }
    address = url_for("sparql.endpoint", query=question.query, **graphs, **choices)
    return render_template(
        "questions/sparql.html",
        query=question.query,
        graphs=graphs,
        choices=code_lists,
        result=result,
        problem=problem,
        wrong_line=find_wrong_line(question.query, problem),
        published=g.get("generation"),
        services=[
            (urlsplit(use.address).hostname, format_local_instant(use.received))
            for use in g.get("services", ())
        ],
        examples=host().queries(),
        formats=DOWNLOADS,
        prefixes=PREFIXES,
        **pictures(result, description=localise(CAPTION)),
        saved=find_saved_version(question.query),
        saved_name=request.args.get("saved"),
        saved_titles=list_saved_titles(),
        programs=snippets(f"{host().settings.base}sparql", filled)
        if result and result.kind == "bindings"
        else {},
        address=address,
        downloads={
            ending: f"{address}&format={ending}" for ending in (result.endings if result else ())
        },
    )


def find_saved_version(query: str) -> SavedVersion | None:
    """Return the version of the saved query that an address names, while its text is unchanged."""
    with suppress(UnknownThing):
        stored = find_stored_query(
            host().settings, request.args.get("saved", ""), identify(request)
        )
        versions = stored.saved.versions if stored.saved else ()
        for version in reversed(versions):
            if version.query["query"][0].replace("\r\n", "\n") == query:
                return version
    return None


def list_saved_titles() -> list[tuple[str, str]]:
    """Return the reader's own saved queries by id, as versions of which a query can be saved."""
    if (owner := owner_of(identify(request))) is None:
        return []
    queries = SavedQueries(host().settings.data).of_owner(owner)
    return [(saved.id, say(language(), NEXT_VERSION, title=saved.last.title)) for saved in queries]


def find_wrong_line(query: str, problem: HttpProblem | None) -> WrongLine | None:
    """Return the line that an error is about; None for an error without a place."""
    if problem is None or not {"line", "column"} <= problem.place.keys():
        return None
    number, column = problem.place["line"], problem.place["column"]
    lines = query.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    before, after = line[: column - 1], line[column - 1 :]
    word = re.match(r"[\w?$:@-]+|.?", after)
    end = word.end() if word else 0
    return WrongLine(
        number, before[-LONGEST_LINE:], after[:end][:LONGEST_LINE], after[end:][:LONGEST_LINE]
    )


# Programs that download a query's complete result as CSV. The query stands in them as a literal of
# each language, on lines of its own: no part of it can be read as code.

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
"""Characters that may not stand in a literal as they are, or that editors take for line ends."""


def snippets(endpoint: str, query: str) -> dict[str, str]:
    """Return programs that download a query's complete result as CSV, by language."""
    # Browsers send the lines of a form with the ends that letters have.
    address, query = json.dumps(endpoint), query.replace("\r\n", "\n")
    return {
        "curl": f"curl {shlex.quote(endpoint)} -H 'Accept: text/csv' \\\n"
        f"  --data-urlencode {shlex.quote(f'query={query}')}",
        "Python": "import pandas\nfrom urllib.parse import urlencode\n\n"
        f"query = {write_python_text(query)}\n"
        "parameters = urlencode({'query': query, 'format': 'csv'})\n"
        f"print(pandas.read_csv({address} + '?' + parameters))",
        "R": f"query <- {write_r_text(query)}\n"
        f"address <- paste0({address}, '?format=csv&query=', URLencode(query, reserved = TRUE))\n"
        "print(read.csv(address, fileEncoding = 'UTF-8'))",
    }


def write_python_text(text: str) -> str:
    """Write a text as a literal of Python, with its line ends."""
    escaped = text.replace("\\", "\\\\")
    # No three quotation marks in a row, and none at the end.
    escaped = re.sub(r'"(?="|\Z)', r"\\" + '"', escaped)
    escaped = _CONTROLS.sub(lambda control: ascii(control[0])[1:-1], escaped)
    return f'"""\\\n{escaped}"""'


def write_r_text(text: str) -> str:
    """Write a text as a literal of R, with its line ends, and without NUL, which R lacks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "")
    escaped = _CONTROLS.sub(lambda control: rf"\u{ord(control[0]):04x}", escaped)
    return f'"{escaped}"'
