"""Box-office figures that cannot be right are refused or reported, with row and column."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parvis.pooling.intake.check import try_file
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.intake.submit import Outcome, check
from parvis.pooling.pool import Pool
from parvis.report import Severity
from tests.box_office import KEY, write_catalog

HEADINGS = (
    "performance,show,start,venue,area,price_type,channel,as_of,capacity,tickets_sold,"
    "complimentary,revenue,currency"
)
ROWS = (
    "lu-1,La lueur,2026-11-20T20:00:00-05:00,Salle du Quai,03,,,2026-11-19,400,230,14,6190,CAD",
    "lu-2,La lueur,2026-11-21T20:00:00-05:00,Salle du Quai,03,,,2026-11-19,400,210,9,5100,",
)
ORDERS = (
    "Event Name,Time,Ticket Price,Ticket Name,Seat,Actually Paid,Purchased Date",
    "Rives,10/1/2026 19:30:00,40.00,Adult,A-10,40.00,8/1/2026",
    "Rives,10/1/2026 19:30:00,40.00,Adult,A-11,36.00,10/2/2026",
)
Check = Callable[[str, str], Outcome]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    """Open a pool with a dataset that takes figures by their recipe."""
    with Pool.open(write_catalog(tmp_path_factory.mktemp("sales"))) as opened:
        yield opened


@pytest.fixture
def check_changed(pool: Pool, tmp_path: Path) -> Check:
    """Return a function that checks the second row with a text replaced."""

    def replace_and_check(old: str, new: str) -> Outcome:
        assert ROWS[1].count(old) == 1
        file = tmp_path / "box-office.csv"
        file.write_text("\n".join((HEADINGS, ROWS[0], ROWS[1].replace(old, new))) + "\n")
        return check(pool, KEY, file)

    return replace_and_check


def list_places(outcome: Outcome) -> list[tuple[str, int | None, str | None]]:
    """Return the rule, row and column of each finding, which is in both languages."""
    others = (f for f in outcome.report.findings if f.severity is not Severity.INFO)
    findings = [f for f in others if f.rule != "Place-where"]  # it has no address
    assert all(finding.text.keys() == {"fr", "en"} for finding in findings)
    places = [(f.rule, f.place) for f in findings if f.place]
    return [(rule, place.row, place.column) for rule, place in places]


def test_figures_that_are_right_have_no_findings(check_changed: Check) -> None:
    outcome = check_changed("5100", "5100")
    assert (outcome.accepted, list_places(outcome)) == (True, [])


@pytest.mark.parametrize(
    ("old", "new", "rule", "column"),
    [
        (",210,", ",-210,", "Observation-value", "tickets_sold"),
        ("5100,", "5100,USD", "two-currencies", "currency"),
        ("La lueur", "", "BoxOffice-show", "show"),
    ],
)
def test_they_are_refused(check_changed: Check, old: str, new: str, rule: str, column: str) -> None:
    """A negative count, a second currency, a performance of an unknown show."""
    outcome = check_changed(old, new)
    assert not outcome.accepted
    assert list_places(outcome).count((rule, 3, column)) == 1


@pytest.mark.parametrize(
    ("old", "new", "rule", "column"),
    [
        (",210,9,", ",210,191,", "BoxOffice-beyond-capacity", "capacity"),
        (",210,9,", ",0,9,", "BoxOffice-revenue-of-gifts", "revenue"),
    ],
)
def test_they_are_reported(
    check_changed: Check, old: str, new: str, rule: str, column: str
) -> None:
    """Tickets beyond the capacity, revenue of gifts alone: the file is accepted."""
    outcome = check_changed(old, new)
    assert outcome.accepted
    assert list_places(outcome) == [(rule, 3, column)]


def test_a_sale_after_the_performance_is_reported(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "ludus.csv"
    file.write_text("\n".join(ORDERS) + "\n", encoding="utf-8")
    assert ("sold-after", 3, "Purchased Date") in list_places(check(pool, KEY, file))


def test_the_mapping_proposed_for_order_lines_adds_them_up(pool: Pool, tmp_path: Path) -> None:
    file = tmp_path / "ludus.csv"
    file.write_text("\n".join(ORDERS) + "\n", encoding="utf-8")
    assert "    sum:\n" in init_mapping(file, "fr", pool.settings)
    assert try_file(pool, file, None, "fr").good


def test_order_lines_of_an_unknown_show_are_refused(pool: Pool, tmp_path: Path) -> None:
    """Each, for they would be counted nowhere."""
    file = tmp_path / "ludus.csv"
    file.write_text("\n".join(ORDERS).replace("Rives", "") + "\n", encoding="utf-8")
    outcome = check(pool, KEY, file)
    assert not outcome.accepted
    places = [("unknown-show", row, "Event Name") for row in (2, 3)]
    assert [place for place in list_places(outcome) if place in places] == places
