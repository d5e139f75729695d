"""The portrait of publics: a page with charts and a table, and its figures as files."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from parvis.catalog.codelists import scheme, tiles
from parvis.catalog.ontology import short
from parvis.i18n import translations
from parvis.pooling.serving.figures.figures import label
from parvis.pooling.serving.figures.portrait import TOGETHER, Portrait, Wanted, portrait
from parvis.pooling.serving.figures.relays import concept_of
from parvis.report.tables import Value, csv_text
from parvis.statistics.cube import LAYERS, Figure
from parvis.statistics.portrait import EACH
from parvis.vocab import media
from parvis.web.api.sparql import stream
from parvis.web.api.workbook import sheet
from parvis.web.http.access import host, reader_of
from parvis.web.http.inputs import reads
from parvis.web.http.language import in_words, language
from parvis.web.http.negotiation import HTML, Form, among, require

publics = Blueprint("portrait", __name__)

FORMS = {
    "text/html": HTML,
    media.RESULTS["csv"]: "csv",
    media.XLSX: "xlsx",
    media.RESULTS["tsv"]: "tsv",
    "application/json": "json",
    media.RDF["ttl"]: "ttl",
    media.RDF["jsonld"]: "jsonld",
}
ENDINGS = f"any({','.join(FORMS.values())})"
DELIMITERS = {"csv": ",", "tsv": "\t"}
ASKED = ("release", "measure", "period", *LAYERS)
SHOWN = 500
"""Figures that a page shows; the files have all."""
SHEET = 31
"""Characters of a sheet's name at most."""


@publics.get("/portrait")
@publics.get(f"/portrait.<{ENDINGS}:ending>")
@reads(*ASKED, offers=FORMS)
def listing(ending: str | None = None) -> Response:
    """Show the pooled publics, layer by layer; a file has all figures of what was asked.

    A layer is a concept, ``total`` or ``each``. Raises `UsageError` for what is not there.
    """
    ending = ending or require(FORMS)
    asked = {name: request.args.get(name, "").strip() for name in ASKED}
    layers = {name: asked[name] for name in LAYERS}
    wanted = Wanted(asked["release"], asked["measure"], asked["period"], layers)
    found = portrait(host(), reader_of(request), wanted)
    others = _forms(found)
    body = _page(found, others) if ending == HTML else _file(found, ending)
    return among(others, ending, body)


def _page(found: Portrait, others: list[Form]) -> Response:
    """Show the charts and the table."""
    page = render_template(
        "portrait.html",
        found=found,
        shown=SHOWN,
        layers=LAYERS,
        each=EACH,
        together=TOGETHER,
        measure_label=label,
        concept=_concept,
        code=short,
        chosen={name: found.choice.get(name) for name in LAYERS},
        deeper=_deeper,
        tiles=tiles(),
        forms=others,
    )
    return make_response(page)


def _file(found: Portrait, ending: str) -> Response:
    """Write the figures of what was asked."""
    if ending in media.RDF:
        return stream(found.as_cube(), None, ending)
    if ending == "json":
        return jsonify(found.to_json())
    headings, rows = _headings(found), _rows(found)
    if ending == "xlsx":
        title = translations(language()).gettext("Portrait of publics")[:SHEET]
        return sheet("portrait", title, headings, rows)
    texts = ([_text(cell) for cell in row] for row in rows)
    text = csv_text([headings, *texts], DELIMITERS[ending])
    return Response(text, mimetype=media.RESULTS[ending])


def _headings(found: Portrait) -> list[str]:
    """Name the columns: the codes of a figure's parts, then what they are called, then figures."""
    parts = ("measure", "period", *LAYERS)
    own = ("own",) if found.signed_in else ()
    some = ("class", "class_contributors") if found.beside.received else ()
    names = (*parts, *(f"{one}_label" for one in parts))
    return [*names, "value", "status", "contributors", "coverage", "base", *some, *own]


def _rows(found: Portrait) -> Iterator[Sequence[Value]]:
    """Give the figures as rows, in the language of the answer."""
    named = cache(_concept)
    measures = {one: in_words(label(one)) for one in found.measures}
    for one in found.selected():
        parts = {"period": one.period, **{name: getattr(one, name) for name in LAYERS}}
        codes = [short(one.measure), *map(short, parts.values())]
        labels = [measures.get(one.measure, ""), *(named(*pair) for pair in parts.items())]
        own = [found.own_of(one)] if found.signed_in else []
        told = [one.value, short(one.status), one.contributors, one.coverage, one.base]
        yield [*codes, *labels, *told, *_of_class(found, one), *own]


def _of_class(found: Portrait, one: Figure) -> list[Value]:
    """Give what the reader's class is told of the same stratum, if it is told anything at all."""
    if not found.beside.received:
        return []
    other = found.class_of(one)
    return [None, None] if other is None else [other.value, other.contributors]


def _text(cell: Value) -> str:
    return "" if cell is None else str(cell)


def _concept(layer: str, iri: str) -> str:
    """Name a concept in the language of the answer."""
    return in_words(concept_of(scheme(layer), iri)["label"])


def _deeper(found: Portrait, layer: str, one: Figure, within: Iterable[tuple[str, str]]) -> str:
    """Give the address at which a figure is the whole, and the layers below it are told."""
    choice = {name: short(concept) for name, concept in within} | {
        layer: short(getattr(one, layer))
    }
    kept = {
        name: found.asked[name] for name in ("release", "measure", "period") if name in found.asked
    }
    return f"{url_for('portrait.listing')}?{urlencode(kept | choice)}"


def _forms(found: Portrait) -> list[Form]:
    """List the forms of this answer, the page first."""
    mark = f"?{urlencode(found.asked)}" if found.asked else ""
    return [
        Form(ending, kind, f"{url_for('portrait.listing', ending=ending)}{mark}")
        for kind, ending in FORMS.items()
    ]
