"""The portrait of the pooled publics: a selection of one release, for one reader."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, TypeVar

from parvis.catalog.codelists import MEASURES, POOLED, Scheme, scheme
from parvis.catalog.ontology import has_flag, last_segment
from parvis.config.json_data import to_json
from parvis.errors import UsageError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.cards import DatasetCard
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.serving.figures.figures import (
    NOT_CONTROLLED,
    TOTALS,
    choose_release,
    figure_to_json,
    parse_number,
    read_figures,
)
from parvis.pooling.serving.figures.offerings import comparison_lists
from parvis.pooling.serving.figures.relays import concept_to_json
from parvis.pooling.serving.figures.released.parameters import ReleaseParameters, read_parameters
from parvis.pooling.serving.service import PoolService, QueryRequest
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure, latest_period
from parvis.statistics.portrait import EACH, Orders, Panel, build_panels, find_total, share
from parvis.vocab.namespaces import PARVIS

# Class releases: figures that only a class of contributors may read, besides those for all.

Stratum = tuple[str, ...]
Texts = Mapping[str, str]


@dataclass(frozen=True)
class ClassRelease:
    """A class release that a reader may discover.

    `figures` are those that it may read, by stratum; `more` counts those of them that the release
    for all suppresses or that cover other contributors; `reason` explains the decision.
    """

    card: DatasetCard
    figures: Mapping[Stratum, CubeFigure]
    more: int
    reason: Texts


def read_class_releases(
    host: PoolService, reader: Reader, card: DatasetCard | None, readable: Iterable[CubeFigure]
) -> tuple[ClassRelease, ...]:
    """Return the class releases of the release that is shown; none for an anonymous reader."""
    if reader.iri is None or card is None:
        return ()
    by_graph: dict[str, dict[Stratum, CubeFigure]] = {}
    for figure in readable:
        by_graph.setdefault(figure.graph, {})[figure.stratum] = figure
    cards = [dataset for dataset in host.datasets(reader) if dataset.version_of == card.iri]
    reasons = host.explain_access(reader, cards)
    public = by_graph.get(host.iris.graph(card.key), {})
    releases = []
    for class_card in sorted(cards, key=lambda card: card.key):
        graph = host.iris.graph(class_card.key)
        class_figures = by_graph.get(graph, {}) if class_card.readable else {}
        more = 0
        for stratum, figure in class_figures.items():
            if figure.value is not None:
                for_all = public.get(stratum)
                more += for_all is None or (figure.value, figure.contributors) != (
                    for_all.value,
                    for_all.contributors,
                )
        reason = reasons[class_card.key].reason
        releases.append(ClassRelease(class_card, class_figures, more, reason))
    return tuple(releases)


T = TypeVar("T")

OWN = files(__package__).joinpath("own_figures.rq").read_text(encoding="utf-8")
CUBE = files(__package__).joinpath("cube.rq").read_text(encoding="utf-8")

TOGETHER = "total"
"""The choice of a layer's total."""
NONE_OF_THESE = N_("“{text}” is none of these: {choices}")


@dataclass(frozen=True)
class PortraitRequest:
    """A request for a portrait: texts as typed, empty for what is left open."""

    release: str = ""
    measure: str = ""
    period: str = ""
    layers: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """Return the texts that are not empty, by parameter."""
        texts = {"release": self.release, "measure": self.measure, "period": self.period}
        return {name: text for name, text in {**texts, **self.layers}.items() if text}


@dataclass(frozen=True)
class Portrait:
    """A selection of one release, as one reader may read it.

    `choice` is the choice of each layer, `release_figures` all figures of the release, `own` the
    reader's own figures by stratum. `signed_in` is true for a reader who may have such figures.
    """

    card: DatasetCard | None
    about: ReleaseParameters
    releases: tuple[DatasetCard, ...]
    release_figures: tuple[CubeFigure, ...]
    measure: str | None
    period: str | None
    choice: Mapping[str, str]
    own: Mapping[tuple[str, ...], int | float]
    signed_in: bool
    class_releases: tuple[ClassRelease, ...]
    request_texts: Mapping[str, str]

    @cached_property
    def figures(self) -> list[CubeFigure]:
        selection = (self.measure, self.period)
        return [
            figure
            for figure in self.release_figures
            if (figure.measure, figure.period) == selection
        ]

    @cached_property
    def panels(self) -> list[Panel]:
        return build_panels(self.figures, self.choice, orders())

    @cached_property
    def whole(self) -> CubeFigure | None:
        return find_total(self.figures, self.choice, orders())

    @cached_property
    def longest(self) -> int | float:
        """Return the largest value of all panels, which share one scale."""
        values = [figure.value for panel in self.panels for figure in panel.parts]
        return max((value for value in values if value is not None), default=0)

    @property
    def not_controlled(self) -> bool:
        """Return whether figures did not go through disclosure control."""
        return any(figure.status == NOT_CONTROLLED for figure in self.figures)

    @property
    def is_marked(self) -> bool:
        """Return whether the release says which figures are of the partners of a year before."""
        return any(figure.comparable_with for figure in self.release_figures)

    @property
    def adds_up(self) -> bool:
        """Return whether the measure adds up across partners."""
        return self.measure is not None and has_flag(self.measure, PARVIS.additive)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """Return the concepts of each layer that the release has figures of."""
        return {
            layer: sorted({getattr(figure, layer) for figure in self.figures} - TOTALS)
            for layer in LAYERS
        }

    @property
    def measures(self) -> list[str]:
        present = {figure.measure for figure in self.release_figures}
        return [measure for measure in POOLED if measure in present]

    @property
    def periods(self) -> list[str]:
        """Return the periods of the release that have the measure, the latest first."""
        present = {
            figure.period for figure in self.release_figures if figure.measure == self.measure
        }
        return sorted(
            present, key=lambda period: (read_codes().ends.get(period, ""), period), reverse=True
        )

    def select_figures(self) -> list[CubeFigure]:
        """Return all figures of the request, by stratum, totals before their parts."""
        # The page shows one measure and one period; a request may leave both open.
        matches = []
        for figure in self.release_figures:
            if self.request_texts.get("measure") and figure.measure != self.measure:
                continue
            if self.request_texts.get("period") and figure.period != self.period:
                continue
            if all(
                concept in (EACH, getattr(figure, layer)) for layer, concept in self.choice.items()
            ):
                matches.append(figure)

        def place(figure: CubeFigure) -> tuple[object, ...]:
            parts = (getattr(figure, layer) for layer in LAYERS)
            return (figure.measure, figure.period, *((part not in TOTALS, part) for part in parts))

        return sorted(matches, key=place)

    @cached_property
    def readable_classes(self) -> list[ClassRelease]:
        """Return the class releases that the reader may read."""
        return [release for release in self.class_releases if release.card.readable]

    def class_of(self, figure: CubeFigure) -> CubeFigure | None:
        """Return the figure of the same stratum of the reader's class, if possible published."""
        candidates = [release.figures.get(figure.stratum) for release in self.readable_classes]
        matches = [match for match in candidates if match is not None]
        return next((m for m in matches if m.value is not None), next(iter(matches), None))

    def share_of(self, figure: CubeFigure, total: CubeFigure | None) -> float | None:
        """Return a figure's share of a total, for a measure that adds up."""
        return share(figure, total) if self.adds_up else None

    def as_cube(self) -> QueryRequest:
        """Return the query for the observations of the request."""
        values = {layer: concept for layer, concept in self.choice.items() if concept != EACH}
        if self.release_figures:
            values["graph"] = self.release_figures[0].graph
        for name in ("measure", "period"):
            if self.request_texts.get(name) and (iri := getattr(self, name)):
                values[name] = iri
        return QueryRequest(CUBE, values=values)

    def to_json(self) -> dict[str, Any]:
        rows = []
        for figure in self.select_figures():
            row = {
                **figure_to_json(figure),
                "period": concept_to_json(scheme("period"), figure.period),
            }
            row |= {name: concept_to_json(list_of(name), getattr(figure, name)) for name in LAYERS}
            if self.readable_classes:
                class_figure = self.class_of(figure)
                row["class"] = class_figure and figure_to_json(class_figure)
            if self.signed_in:
                row["own"] = self.own.get(figure.stratum)
            rows.append(row)
        return {
            "dataset": self.card and str(self.card.key),
            "release": to_json(vars(self.about)),
            "controlled": not any(
                figure.status == NOT_CONTROLLED for figure in self.release_figures
            ),
            "asked": dict(self.request_texts),
            "figures": rows,
        }


def read_portrait(host: PoolService, reader: Reader, request: PortraitRequest) -> Portrait:
    """Return the portrait of a request.

    Raises `UsageError` for a choice that does not exist, and as `PoolService.ask` does.
    """
    readable = read_figures(host, reader)
    cards = host.datasets_by_graph(reader)
    # Estimates of surveys and of distinct people are in datasets of their own, and add up nothing.
    graphs = sorted({figure.graph for figure in readable if figure.measure in POOLED})
    releases = [cards[graph] for graph in graphs if graph in cards]
    # Figures of single places are not part of the portrait.
    of_all_places = [figure for figure in readable if figure.place in TOTALS]
    if request.release:
        card = _choose(request.release, {str(card.key): card for card in releases})
    else:
        card = cards.get(choose_release(of_all_places, host) or "")
    graph = None if card is None else host.iris.graph(card.key)
    release_figures = tuple(figure for figure in of_all_places if figure.graph == graph)
    measure, period = _choose_selection(release_figures, request)
    return Portrait(
        card=card,
        about=read_parameters(host, reader, graph),
        releases=tuple(releases),
        release_figures=release_figures,
        measure=measure,
        period=period,
        choice={
            layer: text if text == EACH else list_of(layer).require(text)
            for layer, text in request.layers.items()
            if text
        },
        own=read_own_figures(host, reader, reader.iri) if reader.iri else {},
        signed_in=reader.iri is not None,
        class_releases=read_class_releases(host, reader, card, readable),
        request_texts=request.texts(),
    )


def _choose_selection(
    figures: Sequence[CubeFigure], request: PortraitRequest
) -> tuple[str | None, str | None]:
    """Return the measure and the period of a request; raises `UsageError` for what has no figure.

    By default, that is the measure of publics with the most figures, and its latest period.
    """
    counts = Counter(figure.measure for figure in figures if figure.measure in POOLED)
    measures = sorted(
        counts, key=lambda iri: (iri not in MEASURES, -counts[iri], POOLED.index(iri))
    )
    measure = _choose(request.measure, {last_segment(iri): iri for iri in measures})
    measured = [figure for figure in figures if figure.measure == measure]
    periods = {last_segment(figure.period): figure.period for figure in measured}
    if request.period:
        return measure, _choose(request.period, periods)
    # Of the latest months, nothing may be published yet.
    published = {figure.period for figure in measured if figure.value is not None}
    return measure, latest_period(published or periods.values(), read_codes().ends)


def list_of(layer: str) -> Scheme:
    """Return the code list of a layer."""
    return scheme(LISTS.get(layer, layer))


def orders() -> Orders:
    """Return how the parts of layers are ordered."""
    return Orders(TOTALS, comparison_lists().bounds)


def _choose(text: str, options: Mapping[str, T]) -> T | None:
    """Return the option of a text, the first for an empty one; raises `UsageError`."""
    if not text:
        return next(iter(options.values()), None)
    if text not in options:
        raise UsageError(NONE_OF_THESE, text=text[:100], choices=", ".join(options))
    return options[text]


def read_own_figures(
    host: PoolService, reader: Reader, party: str
) -> dict[tuple[str, ...], int | float]:
    """Return a party's own figures by stratum, as far as a reader may read them."""
    values: dict[tuple[str, ...], tuple[bool, float]] = {}
    for row in host.rows(reader, OWN, who=party):
        stratum = (row["measure"], row["period"], *(row[layer] for layer in LAYERS))
        everywhere, value = row["everywhere"] == "true", float(row["value"])
        # A figure of all its places precedes the largest of one place, which stands in for it
        # if the measure adds up.
        if everywhere or has_flag(row["measure"], PARVIS.additive):
            values[stratum] = max(values.get(stratum, (False, 0.0)), (everywhere, value))
    return {stratum: parse_number(str(value)) or 0 for stratum, (_, value) in values.items()}
