"""The home page, and what the frame of every page shows."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from flask import render_template, request

from parvis.catalog.codelists import region_tiles
from parvis.catalog.ontology import load_words
from parvis.errors import NothingPublished
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
from parvis.statistics.cube import CubeFigure
from parvis.web.charts.model import Category, Cell, Chart, Series
from parvis.web.http.access import host, reader_of
from parvis.web.http.language import localise
from parvis.web.http.negotiation import (
    NAMES,
)
from parvis.web.pages.audiences.portrait import concept_label, link_region
from parvis.web.pages.partner import list_partners
from parvis.web.pages.questions import pages

if TYPE_CHECKING:
    from parvis.pooling.serving.service import DatasetCard

__all__ = ["BUNDLES", "pages"]

# The folders of third-party scripts, as `.vendor/build.mjs` writes them.

EDITOR = "yasqe-4.6.2"
MAP = "leaflet-1.9.4"
CHART = "vega-6.4.3"
OUTLINE = "natural-earth-4.0.0"

BUNDLES = {"editor": EDITOR, "map": MAP, "chart": CHART, "outline": OUTLINE}
"""The folders by their names in templates."""


EXAMPLES = 6
"""How many questions the home page shows."""


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
