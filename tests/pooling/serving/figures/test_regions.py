"""The map of regions: audiences by place of residence, and the events that are on or coming."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest

from parvis.catalog.ontology import last_segment
from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.publics.strata import list_nestings
from parvis.pooling.serving.figures.figures import SUPPRESSED
from parvis.pooling.serving.figures.portrait import PortraitRequest, read_portrait
from parvis.pooling.serving.figures.rates import (
    Rates,
    compute_portrait_rates,
    read_rates,
    residents_of,
    to_resident,
)
from parvis.pooling.serving.figures.story.derived import list_rate_chapters
from parvis.pooling.serving.figures.story.regions import count_coming_events, list_regions
from parvis.pooling.serving.service import PoolService
from parvis.statistics.rates import Population, compute_rates
from parvis.vocab.namespaces import CONCEPT


@pytest.fixture(scope="module")
def service(publics_pool: Settings) -> Iterator[PoolService]:
    with closing(PoolService(publics_pool)) as service:
        yield service


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 10, 4), {"06": 3, "03": 2, "12": 1}),
        (date(2026, 12, 6), {"06": 1, "03": 1}),
        (date(2027, 2, 5), {"06": 1}),
        (date(2027, 2, 6), {}),
    ],
)
def test_events_count_from_a_day_on_unless_they_are_cancelled(
    service: PoolService, day: date, expected: dict[str, int]
) -> None:
    """As the file of events has them: what is on that day counts, what is cancelled does not."""
    counts = count_coming_events(service, ANONYMOUS, day)
    assert {last_segment(area): count for area, count in counts.items()} == expected


def test_every_region_has_its_figure_rate_and_events(service: PoolService) -> None:
    rates = read_rates(service, ANONYMOUS, PortraitRequest(measure="attendance"))
    events = count_coming_events(service, ANONYMOUS, date(2026, 12, 6))
    regions = {last_segment(region.area): region for region in list_regions(rates, events)}
    assert len(regions) == 17
    capital, north = regions["03"], regions["10"]
    assert capital.figure is not None
    assert (capital.figure.value, round(capital.rate or 0, 1), capital.events) == (4500, 6.2, 1)
    assert (north.figure, north.rate, north.events) == (None, None, 0)


def test_a_masked_region_has_no_rate(service: PoolService) -> None:
    portrait = read_portrait(service, ANONYMOUS, PortraitRequest(measure="attendance"))
    masked = tuple(
        replace(figure, value=None, status=SUPPRESSED)
        if last_segment(figure.area) == "03"
        else figure
        for figure in portrait.release_figures
    )
    portrait = replace(portrait, release_figures=masked)
    rates = compute_portrait_rates(service, ANONYMOUS, portrait)
    regions = {last_segment(region.area): region for region in list_regions(rates, {})}
    assert regions["03"].figure is not None
    assert (regions["03"].figure.value, regions["03"].rate) == (None, None)
    (chapter,) = list_rate_chapters(rates)
    (hidden,) = (figure for figure in chapter.figures if chapter.is_suppressed(figure))
    assert chapter.value_of(hidden) is None
    assert "1 region suppressed" in chapter.sentence.details["en"]


def test_ages_have_a_chapter_in_each_area_whose_population_is_known(service: PoolService) -> None:
    """It names the area; an age that is masked there has no rate."""
    portrait = read_portrait(service, ANONYMOUS, PortraitRequest(measure="attendance"))
    total = next(figure for figure in portrait.figures if not list_restrictions(figure))
    values = {"18-34": 300, "35-54": 100, "55-plus": None}
    figures = tuple(
        replace(
            total,
            iri=f"urn:{code}",
            area=f"{CONCEPT}area/06",
            age=f"{CONCEPT}age/{code}",
            value=value,
            status=SUPPRESSED if value is None else total.status,
        )
        for code, value in values.items()
    )
    population = [
        Population(residents_of(figure), 1_000 * (at + 1), 2021, "Roll")
        for at, figure in enumerate(figures)
    ]
    computed = compute_rates(
        [to_resident(figure) for figure in figures if figure.value is not None],
        population,
        {total.period: 2025},
        list_nestings()["age"],
    )
    rates = Rates(replace(portrait, release_figures=figures), computed)
    (chapter,) = list_rate_chapters(rates)
    assert (chapter.key, chapter.within) == ("rates-age", (("area", f"{CONCEPT}area/06"),))
    assert [chapter.value_of(figure) for figure in chapter.figures] == [300.0, 50.0, None]
    assert chapter.sentence.statement == {
        "fr": "Pour 1\u00a0000 habitants, les partenaires ont compté en 2025 entre 50 (35 à 54 ans)"
        " et 300 entrées (18 à 34 ans), sur 2 tranches d’âge publiées, du public qui habite à"
        " Montréal (région)",
        "en": "Per 1,000 inhabitants, partners counted between 50 (35 to 54 years) and 300 entries"
        " (18 to 34 years) in 2025, in 2 published age groups, from audiences living in Montréal"
        " (region)",
    }
    assert "1 age group suppressed" in chapter.sentence.details["en"]
