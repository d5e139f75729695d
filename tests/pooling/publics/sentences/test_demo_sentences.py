"""The sentences of every figure that the demonstration releases, in both languages."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import combinations, pairwise

import pytest

from parvis.catalog.ontology import last_segment
from parvis.config import Settings, knowledge
from parvis.governance import ANONYMOUS, Reader
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.reaches import read_codes
from parvis.pooling.publics.release import portray
from parvis.pooling.publics.sentences.chapters import (
    describe_chapter,
    describe_figure,
    describe_release,
    take_share,
)
from parvis.pooling.publics.sentences.comparisons import (
    compare_shares,
    describe_periods,
    describe_trend,
)
from parvis.pooling.publics.sentences.derived import Derived, describe_indices, describe_rates
from parvis.pooling.publics.sentences.sentence import SHARE
from parvis.pooling.publics.sentences.words import find_length, list_restrictions
from parvis.pooling.serving.figures.figures import read_figures
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import LAYERS, CubeFigure
from parvis.statistics.trend import YearChange, list_changes
from tests.sentences import check_sentence

Context = tuple[str, ...]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> list[CubeFigure]:
    """Read all pooled figures of the demonstration: those for all, and those of classes."""
    catalog = knowledge("catalog") / "demo"
    settings = Settings.load(tmp_path_factory.mktemp("sentences"), catalog)
    with Pool.open(settings) as pool:
        for key, dataset in pool.catalog.datasets.items():
            if dataset.sources:
                assert submit(pool, key).accepted
        portray(pool)
        publish(pool)
    with closing(PoolService(settings)) as service:
        steward = Reader(service.snapshot().policies.parties.host)
        readable = [*read_figures(service, ANONYMOUS), *read_figures(service, steward)]
        return list({figure.iri: figure for figure in readable}.values())


def list_chapters(
    figures: Sequence[CubeFigure],
) -> Iterator[tuple[str, CubeFigure | None, list[CubeFigure]]]:
    """Yield each layer of each stratum that has parts, with its total."""
    for layer in LAYERS:
        strata: defaultdict[Context, list[CubeFigure]] = defaultdict(list)
        for figure in figures:
            others = [getattr(figure, name) for name in LAYERS if name != layer]
            strata[figure.graph, figure.measure, figure.period, *others].append(figure)
        for stratum in strata.values():
            totals = [f for f in stratum if last_segment(getattr(f, layer)) == "total"]
            parts = [f for f in stratum if last_segment(getattr(f, layer)) != "total"]
            if parts:
                yield layer, next(iter(totals), None), parts


def test_every_figure_has_a_sentence(figures: list[CubeFigure]) -> None:
    assert len(figures) > 1000
    for figure in figures:
        sentence = describe_figure(figure)
        check_sentence(sentence, [figure])
        assert ("masqué" in sentence.text["fr"]) == (figure.value is None)
        assert ("suppressed" in sentence.text["en"]) == (figure.value is None)


def test_every_chapter_has_a_sentence(figures: list[CubeFigure]) -> None:
    kinds = set()
    for layer, total, parts in list_chapters(figures):
        sentence = describe_chapter(layer, total, parts)
        assert sentence is not None
        check_sentence(sentence, [*parts, *([total] if total else [])])
        suppressed = [part for part in parts if part.value is None]
        assert sentence.suppressed == len(suppressed)
        assert bool(suppressed) == ("masqué" in sentence.details.get("fr", "masqué"))
        kinds.add(sentence.kind)
    assert len(kinds) == 3


def test_the_release_has_one_best_sentence(figures: list[CubeFigure]) -> None:
    (graph,) = {figure.graph for figure in figures if figure.graph.endswith("/portrait")}
    release = [figure for figure in figures if figure.graph == graph]
    sentence = describe_release(release, read_codes().ends)
    assert sentence is not None
    assert sentence.kind == SHARE
    assert re.match(
        r"Sur 100 (entrées|billets) chez les partenaires en \d{4}, ", sentence.text["fr"]
    )
    check_sentence(sentence, [f for f in release if f.measure == sentence.measure])


def test_pairs_of_strata_compare(figures: list[CubeFigure]) -> None:
    compared = 0
    by_part: defaultdict[Context, list[tuple[str, CubeFigure, CubeFigure]]] = defaultdict(list)
    for layer, total, parts in list_chapters(figures):
        for part in parts:
            if total is not None and take_share(part, total):
                key = (part.graph, part.measure, layer, getattr(part, layer))
                by_part[key].append((layer, part, total))
    for strata in by_part.values():
        for (layer, part, total), (_, other, whole) in combinations(strata[:12], 2):
            first, second = take_share(part, total), take_share(other, whole)
            assert first is not None
            assert second is not None
            sentence = compare_shares(layer, first, second)
            assert (sentence is None) == (other.value == 0)
            if sentence is not None:
                check_sentence(sentence, [part, total, other, whole])
                compared += 1
    assert compared


def test_strata_over_time_have_a_sentence(figures: list[CubeFigure]) -> None:
    starts, series = read_codes().ends, 0
    by_stratum: defaultdict[Context, list[CubeFigure]] = defaultdict(list)
    for figure in figures:
        layers = [getattr(figure, name) for name in LAYERS]
        length = find_length(figure.period) or ""
        by_stratum[figure.graph, figure.measure, length, *layers].append(figure)
    for stratum in by_stratum.values():
        published = [figure for figure in stratum if figure.value is not None]
        sentence = describe_periods(stratum, starts)
        assert (sentence is None) == (len(published) < 2)
        if sentence is not None:
            check_sentence(sentence, stratum)
            series += 1
        ordered = sorted(stratum, key=lambda figure: starts[figure.period])
        for before, now in pairwise(ordered):
            trend = describe_trend(now, before)
            if None in (before.value, now.value):
                assert trend is None
            elif trend is not None:
                check_sentence(trend, [now, before])
                is_same = now.comparable_with == before.iri
                assert ("Les mêmes partenaires" in trend.text["fr"]) == is_same
                assert ("ne mesure aucune évolution" in trend.text["fr"]) != is_same
    assert series


def test_no_sentence_states_the_shares_of_a_small_part_without_saying_so(
    figures: list[CubeFigure],
) -> None:
    """Where less than half of the total is published by a layer, the sentence begins with that."""
    small = 0
    for layer, total, parts in list_chapters(figures):
        sentence = describe_chapter(layer, total, parts)
        assert sentence is not None
        if sentence.kind != SHARE or total is None:
            continue
        covered = sum(part.value or 0 for part in parts) / (total.value or 1)
        assert (" only: " in sentence.statement["en"]) == (covered < 0.5), sentence.text
        assert ("que pour" in sentence.statement["fr"]) == (covered < 0.5), sentence.text
        low = total.coverage is not None and total.coverage < 0.25
        assert ("of known venues" in sentence.statement["en"]) == low
        small += covered < 0.5
    assert small


def test_parts_of_the_same_partners_have_a_sentence_of_their_index(
    figures: list[CubeFigure],
) -> None:
    by_parts: defaultdict[Context, list[YearChange]] = defaultdict(list)
    for graph in sorted({figure.graph for figure in figures}):
        for change in list_changes(f for f in figures if f.graph == graph):
            layers = list_restrictions(change.figure)
            if len(layers) == 1 and change.index is not None:
                key = (graph, change.figure.measure, change.figure.period, *layers)
                by_parts[key].append(change)
    assert by_parts
    for (*_, layer), changes in by_parts.items():
        indices = [Derived(c.figure, c.index) for c in changes if c.index is not None]
        sentence = describe_indices(layer, indices, changes[0].before, 0)
        assert sentence is not None
        all_figures = [figure for change in changes for figure in (change.figure, change.before)]
        check_sentence(sentence, all_figures)
        assert "les mêmes partenaires" in sentence.text["fr"]


def test_rates_have_a_sentence_with_the_lowest_and_the_highest(figures: list[CubeFigure]) -> None:
    by_layer: defaultdict[Context, list[CubeFigure]] = defaultdict(list)
    for figure in figures:
        layers = list_restrictions(figure)
        if layers in (["area"], ["age"], ["language"]):
            by_layer[figure.graph, figure.measure, figure.period, *layers].append(figure)
    stated = 0
    for (*_, layer), parts in by_layer.items():
        rates = [
            Derived(part, 1000 * part.value / (90_000 + 7 * place))
            for place, part in enumerate(parts)
            if part.value is not None
        ]
        sentence = describe_rates(layer, rates, len(parts) - len(rates))
        assert (sentence is None) == (not rates)
        if sentence is not None:
            numbers = [rate.value for rate in rates]
            check_sentence(sentence, parts, [1000, *numbers])
            stated += 1
    assert stated
