"""How pages of figures name chapters, charts and concepts, in the language of the response."""

from flask import url_for

from parvis.catalog.codelists import region_tiles
from parvis.catalog.ontology import last_segment, load_words
from parvis.i18n import N_, translations
from parvis.pooling.publics.sentences.absence import LEAST_ABSENCE
from parvis.pooling.serving.figures.portrait import list_of
from parvis.pooling.serving.figures.relays import concept_to_json
from parvis.pooling.serving.figures.story.chapters import (
    ABSENCE,
    RATES,
    TIMES,
    TREND,
    WHOLE,
    Chapter,
)
from parvis.statistics.cube import CubeFigure
from parvis.web.http.language import language, localise

TITLES = {
    "discipline": N_("Where audiences go"),
    "area": N_("Where audiences live"),
    "age": N_("How old audiences are"),
    "public": N_("Individuals, groups, schools"),
    "language": N_("In which language"),
    "channel": N_("By which channel"),
    "event": N_("Where the events are"),
    "size": N_("At which organisations"),
    "month": N_("Month by month"),
    "season": N_("Season by season"),
    f"{RATES}-area": N_("Audiences and non-audiences, by region"),
    f"{RATES}-age": N_("Audiences and non-audiences, by age"),
    f"{RATES}-language": N_("Audiences and non-audiences, by language"),
    f"{TREND}-{WHOLE}": N_("All audiences together"),
    f"{ABSENCE}-area": N_("Who does not come, by region"),
}
CHART_TITLE, CHART_TITLE_WHEN = N_("{title}: {unit}"), N_("{title}: {unit}, {period}")
PER_INHABITANTS, INDEX_OF = N_("{unit} per 1,000 inhabitants"), N_("{unit}, index")
WITHOUT_TICKET = N_("of 100 inhabitants, those who took no ticket (about)")
NOT_COMING = N_("of 100 inhabitants, those who did not come (at least)")


def title_chapter(chapter: Chapter) -> str:
    return title_key(chapter.key)


def title_key(key: str) -> str:
    """Return the title of a chapter by its key; one of the trend has that of its layer."""
    title = TITLES[key if key in TITLES else key.removeprefix(f"{TREND}-")]
    return translations(language()).gettext(title)


def name_unit(chapter: Chapter) -> str:
    """Return what values of a chapter count: entries, of 1,000 inhabitants, or who is missing."""
    unit = localise(load_words().of_term(chapter.figures[0].measure))
    say = translations(language()).gettext
    if chapter.page == ABSENCE:
        return say(NOT_COMING if chapter.sentence.kind == LEAST_ABSENCE else WITHOUT_TICKET)
    if chapter.page == RATES:
        return say(PER_INHABITANTS).format(unit=unit)
    return unit if chapter.reference is None else say(INDEX_OF).format(unit=unit)


def title_chart(chapter: Chapter) -> str:
    """Return what a chart is of, for who does not see it: the chapter, its unit, the period."""
    fields = {"title": title_chapter(chapter), "unit": name_unit(chapter)}
    say = translations(language()).gettext
    if chapter.name in (*TIMES, WHOLE):
        return say(CHART_TITLE).format(**fields)
    period = localise(chapter.sentence.period_label)
    return say(CHART_TITLE_WHEN).format(**fields, period=period)


def concept_label(layer: str, iri: str) -> str:
    return localise(concept_to_json(list_of(layer), iri)["label"])


def link_region(region: str) -> str:
    """Return the address of a region’s page; empty for an area that has none."""
    return url_for("story.region", code=last_segment(region)) if region in region_tiles() else ""


def link_receipt(figure: CubeFigure) -> str:
    """Return the address of the receipt of a figure."""
    return url_for("receipts.receipt", name=figure.iri.partition("/id/observation/")[2])
