"""The portrait of audiences: a page with charts and a table, and its figures as files."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from urllib.parse import urlencode, urljoin

from flask import Blueprint, Response, jsonify, request, url_for

from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import translations
from parvis.pooling.publics.receipts.keys import has_signer
from parvis.pooling.serving.figures.portrait import (
    TOGETHER,
    Portrait,
    PortraitRequest,
    read_portrait,
)
from parvis.pooling.serving.figures.rates import Rates, compute_portrait_rates, read_rates
from parvis.pooling.serving.figures.story.absences import (
    Absences,
    compute_absences,
    read_absences,
)
from parvis.pooling.serving.figures.story.chapters import (
    ABSENCE,
    PORTRAIT,
    RATES,
    TREND,
    WHOLE,
    Chapter,
    list_chapters,
)
from parvis.pooling.serving.figures.story.derived import (
    list_absence_chapters,
    list_rate_chapters,
    list_trend_chapters,
)
from parvis.pooling.serving.figures.story.people import read_people
from parvis.pooling.serving.figures.trends import PooledTrend, compute_trend, read_trend
from parvis.rdf.formats import GRAPH_TYPES, RESULT_TYPES, XLSX
from parvis.report.delimited import csv_text
from parvis.report.tables import Value
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.portrait import EACH
from parvis.web.api.sparql import evaluate
from parvis.web.api.workbook import sheet
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise
from parvis.web.http.negotiation import (
    HTML,
    alternate_forms,
    link_alternates,
    page_response,
    require_ending,
)
from parvis.web.pages.audiences.charts import list_charts
from parvis.web.pages.audiences.naming import (
    concept_label,
    link_receipt,
    link_region,
    title_chapter,
    title_chart,
    title_key,
)

publics = Blueprint("portrait", __name__)

TABLE_ENDINGS = (HTML, "csv", "xlsx", "json")
FORMS = {
    "text/html": HTML,
    RESULT_TYPES["csv"]: "csv",
    XLSX: "xlsx",
    RESULT_TYPES["tsv"]: "tsv",
    "application/json": "json",
    GRAPH_TYPES["ttl"]: "ttl",
    GRAPH_TYPES["jsonld"]: "jsonld",
}
TABLE_FORMS = {
    media_type: ending for media_type, ending in FORMS.items() if ending in TABLE_ENDINGS
}
ENDINGS = f"any({','.join(FORMS.values())})"
DELIMITERS = {"csv": ",", "tsv": "\t"}
ASKED = ("release", "measure", "period", *LAYERS)
SHOWN = 500
"""Figures on a page; the files have all."""
ENDPOINTS = {
    PORTRAIT: "portrait.listing",
    RATES: "portrait.rates",
    TREND: "portrait.trend",
    ABSENCE: "portrait.absence",
}
"""The views of the pages that have chapters."""
SHEET = 31
"""The longest name of a sheet, in characters."""


@publics.get("/portrait")
@publics.get(f"/portrait.<{ENDINGS}:ending>")
@reads(*ASKED, offers=FORMS)
def listing(ending: str | None = None) -> Response:
    """Show the pooled audiences by layer, or return all figures of a selection as a file.

    A layer is a concept, ``total`` or ``each``. Raise `UsageError` for unknown values.
    """
    ending = ending or require_ending(FORMS)
    result = read_portrait(host(), reader_of(request), read_selection())
    alternates = alternate_forms("portrait.listing", FORMS, urlencode(result.request_texts))
    if ending != HTML:
        return link_alternates(alternates, ending, _write_file(result, ending))
    return page_response(
        alternates,
        "audiences/portrait.html",
        portrait=result,
        shown=SHOWN,
        layers=LAYERS,
        each_code=EACH,
        total_code=TOGETHER,
        chosen={name: result.choice.get(name) for name in LAYERS},
        link_to_parts=_link_to_parts,
        chapters=[*list_chapters(result), *_list_derived(result)],
        people=read_people(host(), reader_of(request)).select(result),
        **list_helpers(),
    )


def _list_derived(result: Portrait) -> Iterator[Chapter]:
    """Yield the chapters of rates, of absences and of the trend; none of some audiences only."""
    if result.choice:
        return
    rates = compute_portrait_rates(host(), reader_of(request), result)
    # The page of rates has those of each region.
    yield from (chapter for chapter in list_rate_chapters(rates) if not chapter.within)
    yield from list_absence_chapters(compute_absences(host(), reader_of(request), rates))
    trend = [*list_trend_chapters(compute_trend(result))]
    yield from (chapter for chapter in trend if chapter.name == WHOLE)
    # Of the layers, that with the most parts that compare.
    layers = [chapter for chapter in trend if chapter.name != WHOLE]
    yield from sorted(layers, key=lambda chapter: -len(chapter.values or ()))[:1]


def read_selection() -> PortraitRequest:
    """Return the release, measure, period and layers that a request chooses."""
    texts = {name: request.args.get(name, "").strip() for name in ASKED}
    layers = {name: texts[name] for name in LAYERS}
    return PortraitRequest(texts["release"], texts["measure"], texts["period"], layers)


def list_helpers() -> dict[str, object]:
    """Return what templates of figures name, draw and link things with."""
    return {
        "concept": concept_label,
        "code": last_segment,
        "measure_label": load_words().of_term,
        "title_chapter": title_chapter,
        "title_key": title_key,
        "title_chart": title_chart,
        "charts_of": list_charts,
        "link_chapter": link_chapter,
        "page_of": lambda chapter: url_for(ENDPOINTS[chapter.page], **chapter.choice),
        "programs": list_programs,
        "region_of": link_region,
        "receipt_of": link_receipt if has_signer(host().settings.data) else None,
    }


def _write_file(result: Portrait, ending: str) -> Response:
    if ending in GRAPH_TYPES:
        return evaluate(result.as_cube(), None, ending)
    if ending == "json":
        people = read_people(host(), reader_of(request)).select(result)
        estimates = {"distinct_people": [estimate.to_json() for estimate in people]}
        return jsonify(result.to_json() | (estimates if people else {}))
    codes = ("measure", "period", *LAYERS)
    own = ("own",) if result.signed_in else ()
    of_class = ("class", "class_contributors") if result.readable_classes else ()
    labels = (f"{name}_label" for name in codes)
    numbers = ("value", "status", "contributors", "coverage", "base")
    headings, rows = [*codes, *labels, *numbers, *of_class, *own], _list_rows(result)
    if ending == "xlsx":
        title = translations(language()).gettext("Portrait of audiences")[:SHEET]
        return sheet("portrait", title, headings, rows)
    texts = (["" if cell is None else str(cell) for cell in row] for row in rows)
    text = csv_text([headings, *texts], DELIMITERS[ending])
    return Response(text, mimetype=RESULT_TYPES[ending])


def _list_rows(result: Portrait) -> Iterator[Sequence[Value]]:
    """Yield the figures as rows, in the language of the response."""
    # The same few concepts are in many rows: each label is looked up once.
    label_of = cache(concept_label)
    measures = {measure: localise(load_words().of_term(measure)) for measure in result.measures}
    for cell in result.select_figures():
        parts = {"period": cell.period, **{name: getattr(cell, name) for name in LAYERS}}
        codes = [last_segment(cell.measure), *map(last_segment, parts.values())]
        labels = [measures.get(cell.measure, ""), *(label_of(*pair) for pair in parts.items())]
        numbers = [
            cell.value,
            last_segment(cell.status),
            cell.contributors,
            cell.coverage,
            cell.base,
        ]
        of_class: list[Value] = []
        # The columns of the class exist only if the reader's class receives figures at all.
        if result.readable_classes:
            other = result.class_of(cell)
            of_class = [None, None] if other is None else [other.value, other.contributors]
        own = [result.own.get(cell.stratum)] if result.signed_in else []
        yield [*codes, *labels, *numbers, *of_class, *own]


def _link_to_parts(
    result: Portrait, layer: str, cell: CubeFigure, within: Iterable[tuple[str, str]]
) -> str:
    """Return the address at which a cell is the total, with the layers below it."""
    choice = {name: last_segment(concept) for name, concept in within} | {
        layer: last_segment(getattr(cell, layer))
    }
    parameters = {
        name: result.request_texts[name]
        for name in ("release", "measure", "period")
        if name in result.request_texts
    }
    return f"{url_for('portrait.listing')}?{urlencode(parameters | choice)}"


def link_chapter(result: Portrait, chapter: Chapter, ending: str) -> str:
    """Return the absolute address of a chapter: of its file, or of its page to be embedded."""
    release = {} if result.card is None else {"release": str(result.card.key)}
    if ending == HTML:
        choice, address = {"chapter": chapter.key, **chapter.page_choice}, url_for("story.embed")
    else:
        choice = dict(chapter.choice)
        address = url_for(ENDPOINTS[chapter.page], ending=ending)
    query = urlencode({**release, **choice})
    return urljoin(host().settings.base, f"{address}?{query}")


def list_programs(address: str) -> dict[str, str]:
    """Return programs that read a file of figures, by language."""
    # An address is encoded: in the quotes of a program, no part of it can be read as code.
    return {
        "Python": f'import pandas\n\nfigures = pandas.read_csv("{address}")\nprint(figures)',
        "R": f'figures <- read.csv("{address}", fileEncoding = "UTF-8")\nprint(figures)',
    }


@publics.get("/rates")
@publics.get(f"/rates.<any({','.join(TABLE_ENDINGS)}):ending>")
@reads("release", "measure", "period", offers=TABLE_FORMS)
def rates(ending: str | None = None) -> Response:
    """Show released figures per 1,000 inhabitants; raise `UsageError` for unknown values."""
    result = read_rates(host(), reader_of(request), read_selection())
    return _answer_table(result, RATES, ending, list_rate_chapters(result))


@publics.get("/trend")
@publics.get(f"/trend.<any({','.join(TABLE_ENDINGS)}):ending>")
@reads("release", "measure", "period", offers=TABLE_FORMS)
def trend(ending: str | None = None) -> Response:
    """Compare released figures with a year before; raise `UsageError` for unknown values."""
    result = read_trend(host(), reader_of(request), read_selection())
    return _answer_table(result, TREND, ending, list_trend_chapters(result))


@publics.get("/absence")
@publics.get(f"/absence.<any({','.join(TABLE_ENDINGS)}):ending>")
@reads("release", "measure", "period", offers=TABLE_FORMS)
def absence(ending: str | None = None) -> Response:
    """Show who does not come, by region and age; raise `UsageError` for unknown values."""
    result = read_absences(host(), reader_of(request), read_selection())
    return _answer_table(result, ABSENCE, ending, list_absence_chapters(result))


def _answer_table(
    result: Rates | PooledTrend | Absences,
    page: str,
    ending: str | None,
    chapters: Iterable[Chapter],
) -> Response:
    """Answer with the chapters and the table of a result, with a file, or with JSON."""
    ending, lang, table = ending or require_ending(TABLE_FORMS), language(), result.table
    asked = urlencode(result.portrait.request_texts)
    alternates = alternate_forms(ENDPOINTS[page], TABLE_FORMS, asked)
    if ending == HTML:
        return page_response(
            alternates,
            f"audiences/{page}.html",
            portrait=result.portrait,
            result=result,
            chapters=[*chapters],
            **list_helpers(),
        )
    if ending == "json":
        response = jsonify(result.to_json())
    elif ending == "xlsx":
        title, headings = localise(table.title), table.headings(lang)
        response = sheet(table.name, title, headings, table.cells(lang))
    else:
        response = Response(table.to_csv(lang), mimetype=RESULT_TYPES["csv"])
    return link_alternates(alternates, ending, response)
