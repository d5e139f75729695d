"""Who does not come: what published figures allow to say of each region, and no more."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from parvis.catalog.ontology import last_segment
from parvis.config import Settings
from parvis.governance import ANONYMOUS
from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.pooling.publication.publish import publish
from parvis.pooling.publics.surveys import pool_surveys
from parvis.pooling.serving.figures.figures import SUPPRESSED
from parvis.pooling.serving.figures.portrait import PortraitRequest, read_portrait
from parvis.pooling.serving.figures.rates import Rates, compute_portrait_rates
from parvis.pooling.serving.figures.story.absences import (
    Absence,
    Absences,
    Estimate,
    Known,
    compute_absences,
    read_absences,
)
from parvis.pooling.serving.figures.story.derived import list_absence_chapters
from parvis.pooling.serving.service import PoolService
from parvis.statistics.rates import Rate
from parvis.statistics.small_areas import ShrunkEstimate
from parvis.vocab.iris import DatasetKey
from tests import surveys

ATTENDANCE = PortraitRequest(measure="attendance")


@pytest.fixture(scope="module")
def service(publics_pool: Settings) -> Iterator[PoolService]:
    with closing(PoolService(publics_pool)) as service:
        yield service


@pytest.fixture(scope="module")
def rates(service: PoolService) -> Rates:
    portrait = read_portrait(service, ANONYMOUS, ATTENDANCE)
    return compute_portrait_rates(service, ANONYMOUS, portrait)


def hide(rates: Rates, service: PoolService, *numbers: str) -> Absences:
    """Return who does not come where figures of the release are suppressed, by their numbers."""
    figures = tuple(
        replace(figure, value=None, status=SUPPRESSED)
        if figure.iri.rpartition("-")[2] in numbers
        else figure
        for figure in rates.portrait.release_figures
    )
    portrait = replace(rates.portrait, release_figures=figures)
    return compute_absences(
        service, ANONYMOUS, compute_portrait_rates(service, ANONYMOUS, portrait)
    )


def of_region(absences: Absences, code: str) -> Absence:
    (absence,) = (a for a in absences.absences if last_segment(a.residents.area) == code)
    return absence


def test_entries_are_a_bound_and_the_programme_is_said_with_it(service: PoolService) -> None:
    """Of 729,997 inhabitants, 4,500 entries: at least 99.38 % did not come, whoever came twice."""
    absences = read_absences(service, ANONYMOUS, ATTENDANCE)
    capital = of_region(absences, "03")
    assert (capital.basis, capital.share, round(capital.at_least or 0, 4)) == (
        *("entries", None, 0.9938),
    )
    assert capital.statement["fr"] == (
        "Dans la Capitale-Nationale, au moins 99 personnes sur 100 ne sont venues chez aucun des"
        " partenaires de la mutualisation en 2025\u00a0; 2 événements y ont été mis au programme"
        " par la suite, surtout en danse"
    )
    document = absences.to_json()
    assert len(document["absences"]) == 17
    assert "at least 99 of 100" in document["absences"][2]["text"]["en"]
    assert len(absences.table.to_csv("en").splitlines()) == 1 + 17


def test_of_a_suppressed_region_nothing_is_said(service: PoolService, rates: Rates) -> None:
    """Figure 5 is the Capitale-Nationale's: its entries may be those of any other region."""
    absences = hide(rates, service, "5")
    assert (of_region(absences, "03").basis, of_region(absences, "03").at_least) == (None, None)
    assert "on ne sait pas" in of_region(absences, "03").statement["fr"]
    # The entries that are not said to be of Montréal may be all of its residents.
    assert of_region(absences, "06").at_least == pytest.approx(1 - 12_000 / 1_942_044, abs=1e-4)
    (chapter,) = list_absence_chapters(absences)
    assert len(chapter.values or ()) == 1
    without_total = hide(rates, service, "1")
    assert {absence.basis for absence in without_total.absences} == {None}
    assert not [*list_absence_chapters(without_total)]


def test_an_estimate_of_people_has_its_interval_and_the_bound(rates: Rates) -> None:
    (rate,) = (r for r in rates.rates if last_segment(r.figure.residents.area) == "03")
    people = Rate(replace(rate.figure, value=182_500), rate.population)
    estimate = Estimate(people, ShrunkEstimate(0.25, 0.2, 0.33, 0.8))
    empty = Absence(rate.figure.residents, rate.figure.period)
    absence = Known(estimate, None, rate).conclude(empty, 360_000)
    assert (absence.basis, absence.weight) == ("people", 0.8)
    assert absence.statement["fr"] == (
        "Dans la Capitale-Nationale, environ 75 personnes sur 100 (entre 67 et 80) n’ont pris aucun"
        " billet en 2025 chez les partenaires qui comptent leurs publics ensemble, et au moins 50"
        " sur 100 ne sont venues chez aucun des partenaires de la mutualisation"
    )
    # More people than inhabitants are an estimate of something else.
    visitors = estimate._replace(rate=Rate(replace(rate.figure, value=9e9), rate.population))
    assert Known(visitors, None, None).conclude(empty, 0.0).basis is None
    # Surveys say how entries are shared out: a bound, which the more cautious of two is.
    surveyed = Estimate(rate, ShrunkEstimate(0.3, 0.2, 0.4, 0.9))
    assert Known(None, surveyed, rate).conclude(empty, 0.0).at_least == pytest.approx(0.6)


def test_surveys_bound_a_region_whose_entries_are_not_published(tmp_path: Path) -> None:
    """A fifth of respondents live in Mauricie, of 12,000 entries: the rest did not come."""
    names = ("alpha", "beta", "gamma", "delta")
    settings = surveys.write_catalog(tmp_path / "catalog", names)
    posts = ("H2X", "H2X", "H2X", "H2X", "G1R", "G1R", "G1R", "G8Z", "G8Z", "J8X")
    rows = [["2025", "", "18 à 24 ans", "Oui", "Seul", post] for post in posts * 12]
    headings = (*surveys.HEADINGS, "Code postal (3 premiers caractères)")
    file = surveys.write_answers(tmp_path / "reponses.csv", rows, headings)
    with Pool.open(settings) as pool:
        for name in names:
            assert submit(pool, surveys.key_of(name), file, approved=True).stored
        assert submit(pool, DatasetKey("tiers", "portrait")).stored
        pool_surveys(pool)
        publish(pool)
    with closing(PoolService(settings)) as service:
        absences = read_absences(service, ANONYMOUS, ATTENDANCE)
    mauricie = of_region(absences, "04")
    assert (mauricie.basis, mauricie.share) == ("survey", None)
    # 20 % of 480 respondents, give or take 3.6: a rate per inhabitant of 0.9 % to 1.1 %.
    assert 0.985 < (mauricie.at_least or 0) < 0.995
    # Where entries are counted too, the more cautious of the two bounds holds.
    assert (of_region(absences, "03").at_least or 1) <= 0.9938
    assert of_region(absences, "05").basis is None
