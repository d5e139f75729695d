"""Comparisons of audiences: shares and indices of published figures, and one’s own beside them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.publics.sentences.words import list_restrictions
from parvis.pooling.serving.figures.comparing import OWN, PERIOD, compare
from parvis.pooling.serving.figures.portrait import Portrait, PortraitRequest, read_portrait
from parvis.pooling.serving.service import PoolService
from parvis.statistics.cube import CubeFigure
from parvis.vocab.namespaces import CONCEPT

MEDIUM = f"{CONCEPT}organization-size/medium"


@pytest.fixture(scope="module")
def portrait(publics_pool: Settings) -> Iterator[Portrait]:
    """Read the invented release, and give it figures of a size class and of one organisation."""
    with closing(PoolService(publics_pool)) as service:
        portrait = read_portrait(service, ANONYMOUS, PortraitRequest())
        figures = portrait.release_figures
        of_class = [replace(figure, size=MEDIUM, value=halve(figure)) for figure in figures]
        theatre = next(figure for figure in portrait.figures if is_only(figure, "theatre"))
        own = {find_total(portrait).stratum: 1000, theatre.stratum: 500}
        yield replace(portrait, release_figures=(*figures, *of_class), own=own)


def halve(figure: CubeFigure) -> float | None:
    return None if figure.value is None else figure.value // 2


def is_only(figure: CubeFigure, discipline: str) -> bool:
    others = (figure.area, figure.age, figure.language, figure.channel)
    return figure.discipline.endswith(discipline) and all(o.endswith("/total") for o in others)


def find_total(portrait: Portrait) -> CubeFigure:
    return next(figure for figure in portrait.figures if is_only(figure, "discipline/total"))


def test_own_shares_are_beside_those_of_all_partners(portrait: Portrait) -> None:
    """Half of one’s own entries go to theatre, two thirds of all: index 75."""
    (layer,) = compare(portrait, OWN, ("", "")).layers
    theatre = next(part for part in layer.parts if part.concept.endswith("theatre"))
    assert (theatre.first, round(theatre.second or 0, 2), theatre.index) == (0.5, 0.67, 75)
    assert layer.sentence is not None
    assert layer.sentence.statement["fr"] == (
        "Sur 100 entrées chez vous en 2025, toutes régions confondues, 50 vont au théâtre, contre"
        " 67 chez tous les partenaires\u00a0: indice 75, où la seconde part vaut 100"
    )


def test_peers_are_the_partners_of_the_same_size(portrait: Portrait) -> None:
    comparison = compare(portrait, OWN, ("", ""), MEDIUM)
    assert comparison.sides is not None
    assert comparison.sides[1].name["fr"] == "vos pairs\u00a0: Organisme moyen"
    (layer,) = comparison.layers
    assert layer.sentence is not None
    assert layer.sentence.statement["en"] == (
        "Of every 100 entries at your organisation in 2025, all regions together, 50 go to"
        " theatre, against 67 at medium-sized organisations: index 75, where the second share is"
        " 100"
    )


def test_too_few_peers_are_replaced_by_all_partners(portrait: Portrait) -> None:
    few = tuple(
        replace(figure, contributors="3+") if figure.size == MEDIUM else figure
        for figure in portrait.release_figures
    )
    comparison = compare(replace(portrait, release_figures=few), OWN, ("", ""), MEDIUM)
    assert comparison.sides is not None
    assert comparison.sides[1].name["en"] == "all partners"


def test_without_own_figures_nothing_is_compared(portrait: Portrait) -> None:
    assert compare(replace(portrait, own={}), OWN, ("", "")).layers == ()


def test_no_share_is_made_of_a_suppressed_total(portrait: Portrait) -> None:
    total = find_total(portrait)
    figures = tuple(
        replace(figure, value=None) if figure.stratum == total.stratum else figure
        for figure in portrait.release_figures
    )
    comparison = compare(replace(portrait, release_figures=figures), OWN, ("", ""))
    assert comparison.layers == ()


def test_two_periods_of_the_same_partners_are_known_by_their_mark(portrait: Portrait) -> None:
    """The mark of a figure names that of a year before, where both are of the same partners."""
    unmarked = compare(portrait, PERIOD, ("2025", "2024"))
    assert unmarked.is_of_other_partners
    by_period = {
        figure.period: figure
        for figure in portrait.release_figures
        if figure.measure == portrait.measure and not list_restrictions(figure)
    }
    now, before = by_period[f"{CONCEPT}period/2025"], by_period[f"{CONCEPT}period/2024"]
    marked = tuple(
        replace(figure, comparable_with=before.iri) if figure.iri == now.iri else figure
        for figure in portrait.release_figures
        if figure.size != MEDIUM
    )
    comparison = compare(replace(portrait, release_figures=marked), PERIOD, ("2025", "2024"))
    assert not comparison.is_of_other_partners
    assert not compare(portrait, "area", ("", "")).is_of_other_partners


def test_own_strata_without_a_total_are_compared_by_their_shares(portrait: Portrait) -> None:
    """An organisation that gives its figures by discipline and area gives no total of all."""
    total = find_total(portrait)
    places = ((f"{CONCEPT}area/06", 100), (f"{CONCEPT}area/03", 300))
    own = {
        replace(total, discipline=f"{CONCEPT}discipline/{code}", area=area).stratum: value * times
        for area, value in places
        for code, times in (("theatre", 3), ("dance", 1))
    }
    layers = {
        layer.layer: layer for layer in compare(replace(portrait, own=own), OWN, ("", "")).layers
    }
    theatre = next(p for p in layers["discipline"].parts if p.concept.endswith("theatre"))
    assert (theatre.first, theatre.index) == (0.75, 112)
    capital = next(p for p in layers["area"].parts if p.concept.endswith("area/03"))
    assert capital.first == 0.75
    assert layers["discipline"].sentence is not None
    assert "25 go to dance" in layers["discipline"].sentence.statement["en"]
