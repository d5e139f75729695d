"""The portrait as a story: a chapter for each layer and for time, each with its sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from parvis.catalog.codelists import region_tiles
from parvis.catalog.ontology import last_segment
from parvis.pooling.cards import Texts
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.publics.sentences.chapters import describe_chapter
from parvis.pooling.publics.sentences.comparisons import describe_periods, describe_trend
from parvis.pooling.publics.sentences.sentence import SHARE, Sentence
from parvis.pooling.publics.sentences.words import find_length, list_restrictions
from parvis.pooling.serving.figures.figures import SUPPRESSED as SUPPRESSED_STATUS
from parvis.pooling.serving.figures.figures import TOTALS
from parvis.pooling.serving.figures.portrait import Portrait, orders
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.portrait import EACH, Panel, build_panels, complete_choice
from parvis.statistics.strata import MONTH, SEASON
from parvis.vocab.namespaces import PARVIS

SEASONAL = str(PARVIS.ticketsSold)
"""The measure that shows the months of a release whose chosen measure has none."""
TIMES = (MONTH, SEASON)
AREAS = ("area", "event")
PARTS = ("discipline", "public", "language", "channel", "size")
"""Layers without an order or a place, whose parts are squares of 100."""
MOST_PARTS = 8
"""Parts that have a colour of their own."""
PORTRAIT, RATES, TREND, ABSENCE = "portrait", "rates", "trend", "absence"
"""The pages that have chapters: of figures, per inhabitant, of a year before, who is missing."""
WHOLE = "total"
"""The name of a chapter that breaks nothing down."""
INDEX = 100


@dataclass(frozen=True)
class Chapter:
    """One layer, or the periods of one length: its sentence and its figures.

    `name` is the layer or the length; `within` are the concepts of other layers. `figures` are the
    parts, suppressed ones too; `total` is what they are parts of, if the release has it.

    A `page` other than the portrait shows `values` that are computed of figures, by IRI; of a
    suppressed figure, or of one that is computed of one, there is none.
    """

    name: str
    sentence: Sentence
    figures: tuple[CubeFigure, ...]
    total: CubeFigure | None = None
    within: tuple[tuple[str, str], ...] = ()
    page: str = PORTRAIT
    values: Mapping[str, float] | None = None
    withheld: frozenset[str] = frozenset()
    """The IRIs of figures whose value is computed of a suppressed one."""
    sources: tuple[Texts, ...] = ()
    """The sources of what figures are compared with."""

    @property
    def key(self) -> str:
        """Return the name of the chapter among those of all pages."""
        return self.name if self.page == PORTRAIT else f"{self.page}-{self.name}"

    @property
    def is_published(self) -> bool:
        return any(self.value_of(figure) is not None for figure in self.figures)

    def value_of(self, figure: CubeFigure) -> int | float | None:
        return figure.value if self.values is None else self.values.get(figure.iri)

    def is_suppressed(self, figure: CubeFigure) -> bool:
        """Return whether there is no value because one is confidential."""
        return figure.status == SUPPRESSED_STATUS or figure.iri in self.withheld

    @property
    def reference(self) -> int | None:
        """Return the value that the others are relative to."""
        return INDEX if self.page == TREND and self.name != WHOLE else None

    @property
    def is_map(self) -> bool:
        """Return whether several parts are regions; an index has no shade that says more."""
        if self.name not in AREAS or self.page == TREND:
            return False
        regions = region_tiles()
        return sum(getattr(figure, self.name) in regions for figure in self.figures) > 1

    @property
    def is_waffle(self) -> bool:
        """Return whether the parts are best shown as squares of 100 of a published total."""
        is_few = self.page == PORTRAIT and len(self.figures) <= MOST_PARTS
        return self.name in PARTS and is_few and self.sentence.kind == SHARE

    @property
    def longest(self) -> int | float:
        return max((self.value_of(figure) or 0 for figure in self.figures), default=0)

    def concept_of(self, figure: CubeFigure) -> tuple[str, str]:
        """Return the list and the concept that tell a figure apart in its chapter."""
        if self.name in (*TIMES, WHOLE):
            return "period", figure.period
        return self.name, str(getattr(figure, self.name))

    @cached_property
    def choice(self) -> Mapping[str, str]:
        """Return the parameters of the files of the chapter’s figures: totals are among them."""
        if self.page != PORTRAIT:
            return self._context
        figure = self.figures[0]
        layers = {layer: last_segment(getattr(figure, layer)) for layer in LAYERS}
        return self._context | layers | self._each

    @cached_property
    def page_choice(self) -> Mapping[str, str]:
        """Return the parameters of a page of the chapter, where what is left out is a total."""
        if self.page != PORTRAIT:
            codes = {layer: last_segment(concept) for layer, concept in self.within}
            return self._context | codes
        figure = self.figures[0]
        restrictions = {
            layer: last_segment(getattr(figure, layer)) for layer in list_restrictions(figure)
        }
        return self._context | restrictions | self._each

    @property
    def _context(self) -> dict[str, str]:
        figure = self.figures[0]
        period = {} if self.name in TIMES else {"period": last_segment(figure.period)}
        return {"measure": last_segment(figure.measure), **period}

    @property
    def _each(self) -> dict[str, str]:
        return {self.name: EACH} if self.name in LAYERS else {}


def list_chapters(portrait: Portrait) -> list[Chapter]:
    """Return the chapters of a portrait: its panels, then the months and the seasons."""
    return [*list_layers(portrait.panels), *_list_times(portrait)]


def list_layers(panels: Sequence[Panel]) -> Iterator[Chapter]:
    """Yield the chapter of each panel."""
    for panel in panels:
        if sentence := describe_chapter(panel.layer, panel.total, panel.parts):
            yield Chapter(panel.layer, sentence, panel.parts, panel.total, panel.within)


def read_region(portrait: Portrait, region: str, layer: str) -> list[Chapter]:
    """Return the chapters of the audiences that live in a region, or of the events there.

    Of the measure and latest period that the portrait shows, else of the first measure that has a
    figure of the region; empty without any.
    """
    measures = dict.fromkeys([portrait.measure or "", *portrait.measures])
    choice = {**dict.fromkeys(AREAS), layer: region}
    chosen = {name: concept for name, concept in choice.items() if concept}
    ends = read_codes().ends
    for measure in measures:
        within = [
            figure
            for figure in portrait.release_figures
            if figure.measure == measure and getattr(figure, layer) == region
        ]
        published = {figure.period for figure in within if figure.value is not None}
        if not published:
            continue
        year = {period for period in published if find_length(period) == "year"} or published
        if portrait.period in published:
            period = portrait.period
        else:
            period = max(sorted(year), key=lambda period: ends.get(period, ""))
        figures = [figure for figure in within if figure.period == period]
        return list(list_layers(build_panels(figures, chosen, orders())))
    return []


def _list_times(portrait: Portrait) -> Iterator[Chapter]:
    """Yield the chapters of months and seasons, of the strata that the portrait chooses."""
    choice = complete_choice(portrait.figures, portrait.choice, orders())
    for length in TIMES:
        for measure in dict.fromkeys((portrait.measure, SEASONAL)):
            figures = [
                figure
                for figure in portrait.release_figures
                if figure.measure == measure
                and find_length(figure.period) == length
                and _is_chosen(figure, choice)
            ]
            if chapter := _describe_time(length, figures, marked=portrait.is_marked):
                yield chapter
                break


def _is_chosen(figure: CubeFigure, choice: Mapping[str, str]) -> bool:
    concepts = {layer: getattr(figure, layer) for layer in LAYERS}
    return all(
        concepts[layer] == concept or (concept == EACH and concepts[layer] in TOTALS)
        for layer, concept in choice.items()
    )


def _describe_time(length: str, figures: Sequence[CubeFigure], *, marked: bool) -> Chapter | None:
    ends = read_codes().ends
    series = sorted(figures, key=lambda figure: ends.get(figure.period, ""))
    # Of the latest months, nothing may be published yet.
    while series and series[-1].value is None:
        series.pop()
    sentence = None
    if length == SEASON and len(series) > 1:
        sentence = describe_trend(series[-1], series[-2], marked=marked)
    sentence = sentence or describe_periods(series, ends)
    if sentence is None:
        return None
    within = tuple((layer, getattr(series[0], layer)) for layer in list_restrictions(series[0]))
    return Chapter(length, sentence, tuple(series), within=within)
