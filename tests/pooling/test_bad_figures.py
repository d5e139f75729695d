"""Figures that cannot be right are refused, or reported, with their row and column."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.config import Settings, knowledge
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
    """Open a pool in which a troupe gives figures by the mapping of this file's cases."""
    folder = tmp_path_factory.mktemp("figures")
    shutil.copytree(CASES / "publics", folder / "catalog")
    shutil.copy(CASES / "figures" / "mapping.yml", folder / "catalog" / "troupe-a" / "publics")
    with Pool.open(Settings.load(data=folder / "data", catalog=folder / "catalog")) as opened:
        yield opened


@pytest.fixture
def spoilt(pool: Pool, tmp_path: Path) -> Check:
    """Check the good file with one text of it changed."""

    def checked(old: str, new: str) -> Outcome:
        assert GOOD.count(old) == 1
        file = tmp_path / "chiffres.csv"
        file.write_text(GOOD.replace(old, new), encoding="utf-8")
        return check(pool, TROUPE, file)

    return checked


def told(outcome: Outcome, rule: str) -> list[tuple[int | None, str | None]]:
    """Give the rows and columns at which a rule was broken."""
    found = (one.place for one in outcome.report.findings if one.rule == rule)
    return [(place.row, place.column) for place in found if place]


def only(outcome: Outcome) -> Finding:
    """Give what was found, which is one thing."""
    (finding,) = outcome.report.findings
    return finding


def test_figures_that_hold_together_are_left_alone(spoilt: Check) -> None:
    """A total that is the sum of its brackets, one without brackets, a share with its base."""
    outcome = spoilt("1,attendance", "1,attendance")
    assert outcome.accepted
    assert outcome.report.findings == []


def test_a_negative_count_is_refused(spoilt: Check) -> None:
    """Nor is it added to anything, which would tell of a second error."""
    outcome = spoilt(",200,", ",-200,")
    assert not outcome.accepted
    assert only(outcome).value == "-200"
    assert told(outcome, "Observation-value") == [(3, "entrées")]


def test_a_share_without_its_base_is_reported(spoilt: Check) -> None:
    """It counts, but no share is computed of it."""
    outcome = spoilt(",90,900", ",90,")
    assert (outcome.accepted, only(outcome).severity) == (True, Severity.WARNING)
    assert told(outcome, "Observation-measureBase") == [(7, "base")]


def test_brackets_that_overlap_are_reported_as_not_comparable(spoilt: Check) -> None:
    """Once for a pair of brackets, in however many strata."""
    outcome = spoilt("06,14-64", "06,12-17")
    assert (outcome.accepted, only(outcome).severity) == (True, Severity.WARNING)
    assert told(outcome, "overlap") == [(4, "âge")]
    assert "0-13" in only(outcome).text["en"]
    assert "ne sont donc pas comparables" in only(outcome).text["fr"]


def test_brackets_that_nest_are_no_overlap(spoilt: Check) -> None:
    """Youth may be told beside the children who are part of it."""
    outcome = spoilt("5,attendance,2025,13,total,300", "5,attendance,2025,06,0-5,50")
    assert outcome.report.findings == []


def test_a_region_less_than_its_postal_codes_is_reported(spoilt: Check) -> None:
    """As one less than its cities is."""
    five = "5,attendance,2025,13,total,300"
    more = f"{five},,\n7,attendance,2025,H7N,total,200,,\n8,attendance,2025,H7A,total,101"
    outcome = spoilt(five, more)
    assert (outcome.accepted, only(outcome).severity) == (True, Severity.WARNING)
    assert told(outcome, "total") == [(6, "entrées")]


@pytest.mark.parametrize("total", ["899", "150"])
def test_a_total_less_than_its_parts_is_reported(spoilt: Check, total: str) -> None:
    """Something is counted twice, or the total is of something else."""
    outcome = spoilt("total,900,", f"total,{total},")
    assert (outcome.accepted, only(outcome).severity) == (True, Severity.WARNING)
    assert told(outcome, "total") == [(2, "entrées")]


def test_a_bracket_less_than_another_inside_it_is_reported(spoilt: Check) -> None:
    """What holds a part is no smaller than the part."""
    outcome = spoilt("5,attendance,2025,13,total,300", "5,attendance,2025,06,0-5,201")
    assert told(outcome, "total") == [(3, "entrées")]


def test_a_total_above_brackets_that_cover_all_ages_is_told(spoilt: Check) -> None:
    """Some did not say their age, or a bracket was left out: told, and no warning."""
    outcome = spoilt("total,900,", "total,950,")
    assert only(outcome).severity is Severity.INFO
    assert told(outcome, "total") == [(2, "entrées")]


def test_two_rows_for_one_key_are_refused(spoilt: Check) -> None:
    """Whether they make two observations with the same dimensions, which a row says as a whole."""
    outcome = spoilt("5,attendance,2025,13,total,300", "5,attendance,2025,06,total,900")
    assert not outcome.accepted
    assert told(outcome, "DataSet-key") == [(6, None)]


def test_two_rows_that_make_one_observation_are_refused_with_both(spoilt: Check) -> None:
    """Where the mapping names an observation by its key, it has two values; each row is named."""
    outcome = spoilt("5,attendance,2025,13,total,300", "1,attendance,2025,06,total,901")
    assert not outcome.accepted
    assert told(outcome, "collision") == [(2, None)]
    text = only(outcome).text["en"]
    assert "row 2" in text
    assert "row 6" in text
    assert "“900”, “901”" in text


def test_an_area_that_no_list_knows_is_reported(spoilt: Check) -> None:
    """Its figures enter, but can be compared with nobody's."""
    outcome = spoilt("2025,13,total", "2025,atlantide,total")
    assert (outcome.accepted, only(outcome).severity) == (True, Severity.WARNING)
    assert told(outcome, "unlisted") == [(6, "région")]


def test_a_figure_of_a_whole_postal_code_is_refused(spoilt: Check) -> None:
    """It is finer than any figure may be; its value is not repeated."""
    outcome = spoilt("2025,13,total", "2025,H7N 1A1,total")
    assert not outcome.accepted
    assert told(outcome, "personal-postal-code") == [(6, "région")]
    assert "H7N" not in str(only(outcome).to_json())


def test_a_cell_of_a_wide_table_is_told_by_its_own_column(tmp_path: Path) -> None:
    """Not by the row alone, where each age is a column."""
    settings = Settings.load(data=tmp_path / "data", catalog=knowledge("catalog") / "demo")
    with Pool.open(settings) as pool:
        text = pool.catalog.require(LANTERNE).sources[0].read_text(encoding="cp1252")
        assert text.count(";774;") == 1
        file = tmp_path / "publics.csv"
        file.write_text(text.replace(";774;", ";-774;"), encoding="cp1252")
        outcome = check(pool, LANTERNE, file)
    assert told(outcome, "Observation-value") == [(3, "Adultes (14-64)")]
