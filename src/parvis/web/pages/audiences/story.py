"""The pages that the portrait leads to: a region, a comparison, and a chapter to be embedded."""

from collections.abc import Iterable
from urllib.parse import urlencode, urljoin

from flask import Blueprint, Response, make_response, render_template, request, url_for

from parvis.catalog.codelists import region_tiles, scheme
from parvis.catalog.ontology import last_segment
from parvis.config import clock
from parvis.governance import ANONYMOUS
from parvis.i18n import N_, translations
from parvis.pooling.publics.sentences.chapters import describe_chapter, select_layer
from parvis.pooling.publics.sentences.sentence import Basis, list_details
from parvis.pooling.serving.figures.comparing import (
    COMPARABLE,
    OWN,
    PERIOD,
    ComparedLayer,
    Comparison,
    compare,
)
from parvis.pooling.serving.figures.portrait import TOGETHER, Portrait, read_portrait
from parvis.pooling.serving.figures.rates import compute_portrait_rates
from parvis.pooling.serving.figures.results import read_size
from parvis.pooling.serving.figures.story.absences import compute_absences
from parvis.pooling.serving.figures.story.chapters import (
    ABSENCE,
    PORTRAIT,
    RATES,
    TREND,
    Chapter,
    list_chapters,
    read_region,
)
from parvis.pooling.serving.figures.story.derived import (
    list_absence_chapters,
    list_rate_chapters,
    list_trend_chapters,
)
from parvis.pooling.serving.figures.story.regions import count_coming_events, list_regions
from parvis.pooling.serving.figures.trends import compute_trend
from parvis.statistics.cube import LAYERS
from parvis.statistics.portrait import EACH
from parvis.vocab.namespaces import CONCEPT
from parvis.web.http.access import host, reader_of
from parvis.web.http.errors import Refusal
from parvis.web.http.inputs import reads
from parvis.web.http.language import language, localise, to_local_time
from parvis.web.http.security import FRAMED_POLICY, POLICY
from parvis.web.pages.audiences.charts import compare_charts, draw_region_map
from parvis.web.pages.audiences.naming import TITLES, concept_label
from parvis.web.pages.audiences.portrait import ASKED, ENDPOINTS, list_helpers, read_selection

story = Blueprint("story", __name__)

NO_REGION = N_("There is no region of the code “{code}”: the 17 regions are 01 to 17.")
OWN_FIGURES = N_("Your own figures, which only you see here.")
BY_RATE = "rate"
"""The choice of a map that is shaded by figures per 1,000 inhabitants."""
CHAPTERS = (*TITLES, *(f"{TREND}-{layer}" for layer in LAYERS))
"""The chapters that may be embedded, by their keys."""
NO_CHAPTER = N_("The portrait has no such chapter. These exist: {names}.")
MOST_CODE = 20
"""Characters of a code that a message repeats."""


@story.get("/portrait/region")
@reads("shade", "release", "measure", "period")
def regions() -> Response:
    """Show a map of the regions: the audiences that live in each, and the events coming there."""
    reader = reader_of(request)
    portrait = read_portrait(host(), reader, read_selection())
    rates = compute_portrait_rates(host(), reader, portrait)
    today = to_local_time(clock.now()).date()
    listed = list_regions(rates, count_coming_events(host(), reader, today))
    by_rate = request.args.get("shade", "").strip() == BY_RATE and bool(rates.rates)
    page = render_template(
        "audiences/regions.html",
        portrait=portrait,
        regions=sorted(listed, key=lambda region: concept_label("area", region.area)),
        sources=rates.sources,
        homes=describe_chapter("area", *select_layer(portrait.figures, "area")),
        by_rate=by_rate,
        may_divide=bool(rates.rates),
        map=draw_region_map(portrait, listed, by_rate=by_rate),
        today=today,
        **list_helpers(),
    )
    response = make_response(page)
    # Tomorrow, the events of today are past.
    response.cache_control.no_store = True
    return response


@story.get("/portrait/region/<code>")
@reads("release", "measure", "period")
def region(code: str) -> str:
    """Show the audiences that live in a region, and those of the events there."""
    concept = f"{CONCEPT}area/{code}"
    if concept not in region_tiles():
        raise Refusal(404, NO_REGION, code=code[:MOST_CODE])
    reader = reader_of(request)
    portrait = read_portrait(host(), reader, read_selection())
    rates = compute_portrait_rates(host(), reader, portrait)
    return render_template(
        "audiences/region.html",
        portrait=portrait,
        region=concept,
        regions=sorted(region_tiles(), key=lambda area: concept_label("area", area)),
        residents=read_region(portrait, concept, "area"),
        events=read_region(portrait, concept, "event"),
        absences=compute_absences(host(), reader, rates).of_region(concept),
        area_name=scheme("area").label,
        **list_helpers(),
    )


@story.get("/portrait/embed")
@reads("chapter", *ASKED)
def embed() -> Response:
    """Show one chapter alone, for another site’s page to frame: public figures only."""
    name = request.args.get("chapter", "").strip()
    if name not in CHAPTERS:
        raise Refusal(404, NO_CHAPTER, names=", ".join(CHAPTERS))
    portrait = read_portrait(host(), ANONYMOUS, read_selection())
    area = portrait.choice.get("area")
    chapters = [
        chapter
        for chapter in _list_public(portrait, name)
        if chapter.key == name
        and (chapter.page != RATES or dict(chapter.within).get("area") == area)
    ]
    endpoint = ENDPOINTS.get(name.partition("-")[0], ENDPOINTS[PORTRAIT])
    query = urlencode({key: value for key, value in request.args.items() if key in ASKED})
    page = render_template(
        "audiences/embed.html",
        portrait=portrait,
        name=name,
        chapter=next(iter(chapters), None),
        address=f"{url_for(endpoint)}?{query}",
        **list_helpers(),
    )
    response = make_response(page)
    response.headers[POLICY] = FRAMED_POLICY
    return response


def _list_public(portrait: Portrait, name: str) -> Iterable[Chapter]:
    """Return the chapters of the page that has a chapter of this name, for everyone."""
    if name.startswith(RATES):
        return list_rate_chapters(compute_portrait_rates(host(), ANONYMOUS, portrait))
    if name.startswith(ABSENCE):
        rates = compute_portrait_rates(host(), ANONYMOUS, portrait)
        return list_absence_chapters(compute_absences(host(), ANONYMOUS, rates))
    if name.startswith(TREND):
        return list_trend_chapters(compute_trend(portrait))
    return list_chapters(portrait)


@story.get("/portrait/compare")
@reads("by", "first", "second", "release", "measure", "period")
def comparison() -> str:
    """Show two publics, two periods, or one’s own public and that of peers side by side."""
    reader = reader_of(request)
    portrait = read_portrait(host(), reader, read_selection())
    by, first, second = (request.args.get(name, "").strip() for name in ("by", "first", "second"))
    choices = [*COMPARABLE, *([OWN] if portrait.own else [])]
    by = by if by in choices else choices[0]
    size = read_size(host(), reader, reader.iri) if by == OWN and reader.iri else None
    return render_template(
        "audiences/compare.html",
        portrait=portrait,
        comparison=compare(portrait, by, (first, second), size),
        choices=choices,
        compare_charts=compare_charts,
        describe_sides=_describe_sides,
        link_comparison=_link_comparison,
        first=first,
        second=second,
        **list_helpers(),
    )


def _describe_sides(comparison: Comparison) -> list[str]:
    """Return who was counted on each side, in the language of the response."""
    texts = []
    for at, side in enumerate(comparison.sides or ()):
        if comparison.by == OWN and not at:
            texts.append(translations(language()).gettext(OWN_FIGURES))
        elif side.total is not None:
            details = localise(list_details(Basis([side.total])))
            texts.append(f"{details[:1].upper()}{details[1:]}.")
    return texts


def _link_comparison(portrait: Portrait, comparison: Comparison, layer: ComparedLayer) -> str:
    """Return the address of the file that has the figures of both sides, and their totals."""
    choice = dict.fromkeys(LAYERS, TOGETHER) | {layer.layer: EACH}
    if comparison.by == PERIOD:
        parameters = {}
    else:
        choice[comparison.by] = EACH
        parameters = {"period": last_segment(portrait.period or "")}
    release = {} if portrait.card is None else {"release": str(portrait.card.key)}
    measure = {"measure": last_segment(portrait.measure or "")}
    address = url_for("portrait.listing", ending="csv")
    query = urlencode({**release, **measure, **parameters, **choice})
    return urljoin(host().settings.base, f"{address}?{query}")
