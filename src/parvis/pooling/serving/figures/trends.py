"""The trend of published figures: an index on the members present in both of two years."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import has_flag, last_segment, load_words
from parvis.governance import Reader
from parvis.i18n import N_, both
from parvis.pooling.cards import Texts
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.serving.figures.figures import TOTALS
from parvis.pooling.serving.figures.portrait import (
    Portrait,
    PortraitRequest,
    list_of,
    orders,
    read_portrait,
)
from parvis.pooling.serving.figures.results import LAYER_NAMES
from parvis.pooling.serving.figures.tables import (
    COUNT,
    NUMBER,
    Cell,
    Column,
    ResultTable,
    describe_concept,
)
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import CubeFigure, latest_period
from parvis.statistics.strata import LAYERS
from parvis.statistics.trend import YearChange, list_changes, year_before
from parvis.vocab.namespaces import PARVIS

NAMES: dict[str, Texts] = {**LAYER_NAMES, "size": both(N_("Size of the organisation"))}
CHANGED = both(N_("not comparable: the partners are not the same in both periods"))
SUPPRESSED = both(N_("not comparable: the figure of a year before is suppressed (confidential)"))


@dataclass(frozen=True)
class PooledTrend:
    """The trend of one measure and period of a release, for one reader.

    `periods` are those of the measure that can be compared with a year before, the latest first.
    """

    portrait: Portrait
    periods: tuple[str, ...] = ()
    changes: tuple[YearChange, ...] = ()

    @cached_property
    def table(self) -> ResultTable:
        columns = (
            Column("discipline", both(N_("Discipline"))),
            Column("area", both(N_("Place of residence"))),
            Column("dimension", both(N_("Broken down by"))),
            Column("concept", both(N_("Part"))),
            Column("before", both(N_("A year before")), COUNT),
            Column("value", both(N_("Published figure")), COUNT),
            Column("index", both(N_("Index (a year before: 100)")), NUMBER),
            Column("margin", both(N_("By how many points rounding may move it")), NUMBER),
            Column("contributors", both(N_("Partners"))),
            Column("remark", both(N_("Remark"))),
        )
        note = N_(
            "The index covers the same partners in both periods: those that joined or left in"
            " between do not affect it. It is computed from two published, rounded figures, and"
            " only where every partner that contributed to one also contributed to the other."
        )
        title = both(N_("Compared with a year before"))
        return ResultTable("trend", title, columns, list(self._list_rows()), both(note))

    def _list_rows(self) -> Iterator[tuple[Cell, ...]]:
        rounding_base = self.portrait.about.rounding_base
        for change in sorted(self.changes, key=lambda change: _place(change.figure)):
            figure, before = change.figure, change.before
            layer = _find_layer(figure)
            index = change.index
            margin = None if rounding_base is None else change.compute_margin(rounding_base)
            remark = SUPPRESSED if before.value is None else None if change.comparable else CHANGED
            yield (
                describe_concept(scheme("discipline"), figure.discipline),
                describe_concept(scheme("area"), figure.area),
                None if layer is None else {"code": layer, **NAMES[layer]},
                None if layer is None else describe_concept(list_of(layer), getattr(figure, layer)),
                before.value,
                figure.value,
                None if index is None else round(index, 1),
                None if margin is None else round(margin, 1),
                figure.contributors,
                remark,
            )

    def to_json(self) -> dict[str, Any]:
        portrait = self.portrait
        measure, period = portrait.measure, portrait.period
        earlier = period and year_before(period)
        return {
            "dataset": portrait.card and str(portrait.card.key),
            "measure": measure and {"code": last_segment(measure), **load_words().of_term(measure)},
            "period": period and describe_concept(scheme("period"), period),
            "before": earlier and describe_concept(scheme("period"), earlier),
            "trend": self.table.to_json(),
        }


def read_trend(host: PoolService, reader: Reader, request: PortraitRequest) -> PooledTrend:
    """Return the trend of the published figures of a request, as far as a reader may read them.

    Without a measure or a period, those that have figures to compare. Raises as `read_portrait`.
    """
    portrait = read_portrait(host, reader, request)
    comparable = [change for change in _list_additive(portrait) if change.comparable]
    counts = Counter(change.figure.measure for change in comparable)
    if not request.measure and portrait.measure not in counts:
        measure = next((name for name in portrait.measures if name in counts), portrait.measure)
        portrait = replace(portrait, measure=measure)
    periods = {c.figure.period for c in comparable if c.figure.measure == portrait.measure}
    if not request.period and periods:
        portrait = replace(portrait, period=latest_period(periods, read_codes().ends))
    return compute_trend(portrait)


def compute_trend(portrait: Portrait) -> PooledTrend:
    """Return the trend of the measure and the period of a portrait."""
    changes = [c for c in _list_additive(portrait) if c.figure.measure == portrait.measure]
    periods = {change.figure.period for change in changes}
    return PooledTrend(
        portrait,
        tuple(period for period in portrait.periods if period in periods),
        tuple(change for change in changes if change.figure.period == portrait.period),
    )


def _list_additive(portrait: Portrait) -> list[YearChange]:
    """Return the changes of measures that add up: of others, no index means anything."""
    return [
        change
        for change in list_changes(portrait.release_figures)
        if has_flag(change.figure.measure, PARVIS.additive)
    ]


def _find_layer(figure: CubeFigure) -> str | None:
    """Return the layer that a figure is broken down by besides its discipline and area."""
    return next((layer for layer in LAYERS if getattr(figure, layer) not in TOTALS), None)


def _place(figure: CubeFigure) -> tuple[object, ...]:
    """Return the place of a figure in a table: totals before their parts, ages by their bounds."""
    layer = _find_layer(figure)
    part = "" if layer is None else getattr(figure, layer)
    return (
        *((concept not in TOTALS, concept) for concept in (figure.discipline, figure.area)),
        -1 if layer is None else LAYERS.index(layer),
        orders().bounds.get(part, (0, 0)),
        part,
    )
