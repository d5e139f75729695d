"""Figures that cannot be right are refused or reported, with row and column."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge
from parvis.config.json_data import to_json
from parvis.pooling.intake.submit import Outcome, check
from parvis.pooling.pool import Pool
from parvis.report import Finding, Severity
from parvis.vocab.iris import DatasetKey

CASES = Path(__file__).parents[1] / "cases"
GOOD = (CASES / "figures" / "chiffres.csv").read_text(encoding="utf-8")
TROUPE = DatasetKey("troupe-a", "publics")
LANTERNE = DatasetKey("theatre-lanterne", "publics")
Check = Callable[[str, str], Outcome]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Open a pool in which a troupe submits figures with the mapping of the test cases."""
    folder = tmp_path_factory.mktemp("figures")
    shutil.copytree(CASES / "publics", folder / "catalog")
    shutil.copy(CASES / "figures" / "mapping.yml", folder / "catalog" / "troupe-a" / "publics")
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as opened:
        yield opened


@pytest.fixture
def check_changed(pool: Pool, tmp_path: Path) -> Check:
    """Return a function that checks the valid file with a text replaced."""

    def replace_and_check(old: str, new: str) -> Outcome:
        assert GOOD.count(old) == 1
        file = tmp_path / "chiffres.csv"
        file.write_text(GOOD.replace(old, new), encoding="utf-8")
        return check(pool, TROUPE, file)

    return replace_and_check


def list_places(outcome: Outcome, rule: str) -> list[tuple[int | None, str | None]]:
    """Return the rows and columns of a rule's findings."""
    places = (finding.place for finding in outcome.report.findings if finding.rule == rule)
    return [(place.row, place.column) for place in places if place]


def take_only_finding(outcome: Outcome) -> Finding:
    (finding,) = outcome.report.findings
    return finding


def test_consistent_figures_have_no_findings(check_changed: Check) -> None:
    """A total that is the sum of its brackets, a total without brackets, a share with its base."""
    outcome = check_changed("1,attendance", "1,attendance")
    assert outcome.accepted
    assert outcome.report.findings == []


def test_a_negative_count_is_refused(check_changed: Check) -> None:
    """It is not added up, which would cause a second finding."""
    outcome = check_changed(",200,", ",-200,")
    assert not outcome.accepted
    assert take_only_finding(outcome).value == "-200"
    assert list_places(outcome, "Observation-value") == [(3, "entrées")]


def test_a_share_without_its_base_is_reported(check_changed: Check) -> None:
    """It is accepted, but no percentage is computed."""
    outcome = check_changed(",90,900", ",90,")
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "Observation-measureBase") == [(7, "base")]


def test_overlapping_brackets_are_reported_as_incomparable(check_changed: Check) -> None:
    """Once for each pair of brackets."""
    outcome = check_changed("06,14-64", "06,12-17")
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "overlap") == [(4, "âge")]
    assert "0-13" in take_only_finding(outcome).text["en"]
    assert "ne sont donc pas comparables" in take_only_finding(outcome).text["fr"]


def test_nested_brackets_are_accepted(check_changed: Check) -> None:
    """Youth may include the children that are also listed."""
    outcome = check_changed("5,attendance,2025,13,total,300", "5,attendance,2025,06,0-5,50")
    assert outcome.report.findings == []


def test_a_region_smaller_than_its_postal_codes_is_reported(check_changed: Check) -> None:
    """As is a region smaller than its cities."""
    row = "5,attendance,2025,13,total,300"
    rows = f"{row},,\n7,attendance,2025,H7N,total,200,,\n8,attendance,2025,H7A,total,101"
    outcome = check_changed(row, rows)
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "total") == [(6, "entrées")]


def test_a_postal_code_that_is_not_assigned_is_reported(check_changed: Check) -> None:
    """H7A is in Laval; no postal code begins with H6A."""
    row = "5,attendance,2025,13,total,300"
    assert check_changed(row, row.replace(",13,", ",H7A,")).report.findings == []
    outcome = check_changed(row, row.replace(",13,", ",H6A,"))
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "unlisted") == [(6, "région")]


@pytest.mark.parametrize("season", ["2025-2025", "2025-2027", "2026-2025"])
def test_a_season_that_overlaps_itself_is_refused(check_changed: Check, season: str) -> None:
    """Or another: a season runs from one year to the next."""
    outcome = check_changed("5,attendance,2025,13", f"5,attendance,{season},13")
    assert not outcome.accepted
    assert list_places(outcome, "season") == [(6, "période")]
    text = take_only_finding(outcome).text
    assert f"« {season} »".replace(" ", "\N{NO-BREAK SPACE}") in text["fr"]
    assert f"“{season}”" in text["en"]


def test_a_season_that_does_not_is_accepted(check_changed: Check) -> None:
    assert check_changed("5,attendance,2025,13", "5,attendance,2025-2026,13").accepted


@pytest.mark.parametrize("total", ["899", "150"])
def test_a_total_smaller_than_its_parts_is_reported(check_changed: Check, total: str) -> None:
    """Something is counted twice, or the total is of something else."""
    outcome = check_changed("total,900,", f"total,{total},")
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "total") == [(2, "entrées")]


def test_a_bracket_smaller_than_a_nested_one_is_reported(check_changed: Check) -> None:
    outcome = check_changed("5,attendance,2025,13,total,300", "5,attendance,2025,06,0-5,201")
    assert list_places(outcome, "total") == [(3, "entrées")]


def test_a_total_above_the_sum_of_all_brackets_is_noted(check_changed: Check) -> None:
    """Some did not state their age, or a bracket is missing: this is no warning."""
    outcome = check_changed("total,900,", "total,950,")
    assert take_only_finding(outcome).severity is Severity.INFO
    assert list_places(outcome, "total") == [(2, "entrées")]


def test_two_rows_of_the_same_key_are_refused(check_changed: Check) -> None:
    """If they make two observations with the same dimensions, whole rows are reported."""
    outcome = check_changed("5,attendance,2025,13,total,300", "5,attendance,2025,06,total,900")
    assert not outcome.accepted
    assert list_places(outcome, "DataSet-key") == [(6, None)]


def test_two_rows_of_the_same_observation_are_refused_with_both_rows(check_changed: Check) -> None:
    """Where the mapping names an observation by its key, it has two values."""
    outcome = check_changed("5,attendance,2025,13,total,300", "1,attendance,2025,06,total,901")
    assert not outcome.accepted
    assert list_places(outcome, "collision") == [(2, None)]
    text = take_only_finding(outcome).text["en"]
    assert "row 2" in text
    assert "row 6" in text
    assert "“900”, “901”" in text


def test_an_unknown_area_is_reported(check_changed: Check) -> None:
    """Its figures are accepted, but are comparable with no others."""
    outcome = check_changed("2025,13,total", "2025,atlantide,total")
    assert (outcome.accepted, take_only_finding(outcome).severity) == (True, Severity.WARNING)
    assert list_places(outcome, "unlisted") == [(6, "région")]


def test_a_figure_on_a_full_postal_code_is_refused(check_changed: Check) -> None:
    """No figure may be so detailed; the value is not repeated."""
    outcome = check_changed("2025,13,total", "2025,H7N 1A1,total")
    assert not outcome.accepted
    assert list_places(outcome, "personal-postal-code") == [(6, "région")]
    assert "H7N" not in str(to_json(take_only_finding(outcome)))


def test_a_cell_of_a_wide_table_is_reported_by_its_column(tmp_path: Path) -> None:
    """Not by its row only, where each age is a column."""
    settings = Settings.load(data=tmp_path / "data", catalog=knowledge("catalog") / "demo")
    with Pool.open(settings) as pool:
        text = pool.catalog.require(LANTERNE).sources[0].read_text(encoding="cp1252")
        headings, first, second, *others = text.splitlines()
        cells = second.split(";")
        cells[headings.split(";").index("55-64 ans")] = "-228"
        file = tmp_path / "publics.csv"
        lines = [headings, first, ";".join(cells), *others, ""]
        file.write_text("\n".join(lines), encoding="cp1252")
        outcome = check(pool, LANTERNE, file)
    assert list_places(outcome, "Observation-value") == [(3, "55-64 ans")]
