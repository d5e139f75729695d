"""The home page, and what the frame of every page shows."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request

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
from parvis.web.http.access import host, reader_of
from parvis.web.http.negotiation import NAMES
from parvis.web.pages.audiences.naming import concept_label, link_region
from parvis.web.pages.partner import list_partners

if TYPE_CHECKING:
    from parvis.pooling.cards import DatasetCard

pages = Blueprint("pages", __name__)

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
    # One question of each theme, as many as fill two rows of cards: those answered in a sentence.
    answered = sorted(host().queries(), key=lambda example: bool(example.answer))
    examples = {example.theme["fr"]: example for example in answered}
    return render_template(
        "home.html",
        datasets=cards,
        partners=[card for card in list_partners() if not card.third_party],
        latest=max((card.modified for card in cards if card.modified is not None), default=None),
        sentence=sentence,
        shares=_list_shares(sentence, figures) if sentence else None,
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
        measure_label=load_words().of_term,
    )


def _select_alike(portrait: Portrait, sentence: Sentence) -> Iterator[CubeFigure]:
    """Yield the figures of the measure and the period of a sentence."""
    for figure in portrait.release_figures:
        if (figure.measure, figure.period) == (sentence.measure, sentence.period):
            yield figure


def _list_shares(sentence: Sentence, figures: Sequence[CubeFigure]) -> dict[str, Any] | None:
    """Return the parts of the layer of a sentence of shares, as rows of a chart, and their base."""
    if sentence.kind != SHARE:
        return None
    (layer,) = list_restrictions(sentence.figures[0])
    total, parts = select_layer(figures, layer)
    rows = [
        {"label": concept_label(layer, getattr(part, layer)), "value": part.value}
        for part in sort_published(parts)
    ]
    return {"rows": rows, "base": total and total.value}


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
