"""Two entities with the same key are reported once, with values and rows."""

from pathlib import Path

from parvis.pooling.intake.submit import check
from parvis.pooling.pool import Pool
from parvis.report import Finding, Severity
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre-b", "spectacles")
HEAD = "No,Titre,Date,Salle,Page\n"
ONE = "12,Les sœurs,2026-11-25T19:30:00-05:00,Salle d’été,https://theatre-b.example/s\n"
SAME_NAME = "12,Les sœurs,2026-12-25T19:30:00-05:00,Salle d’été,https://theatre-b.example/s\n"
OTHER = "12,L’hiver,2026-12-03T20:00:00-05:00,Studio,https://theatre-b.example/h\n"
APART = "13,L’été,2026-12-04T20:00:00-05:00,Studio,https://theatre-b.example/e\n"


def check_rows(pool: Pool, tmp_path: Path, rows: str, head: str = HEAD) -> list[Finding]:
    """Check a file with these rows, ignoring that venues lack an address."""
    file = tmp_path / "envoi.csv"
    file.write_text(head + rows, encoding="utf-8")
    return [
        finding
        for finding in check(pool, KEY, file).report.findings
        if finding.rule != "Place-where"
    ]


def test_a_shared_key_is_reported_once_with_values_and_rows(pool: Pool, tmp_path: Path) -> None:
    """Name, date and place differ: the cause is the same."""
    (finding,) = check_rows(pool, tmp_path, ONE + APART + OTHER)
    assert (finding.rule, finding.severity) == ("collision", Severity.VIOLATION)
    assert finding.focus == "http://pool.test/id/event/theatre-b/12"
    text = finding.text["en"]
    assert "name: “Les sœurs”, “L’hiver”" in text
    assert "start: “2026-11-25T19:30:00-05:00”, “2026-12-03T20:00:00-05:00”" in text
    assert "(envoi.csv, row 2 · envoi.csv, row 4)" in text
    assert "nom : « Les sœurs », « L’hiver »" in finding.text["fr"]
    assert finding.place
    assert finding.place.row == 2


def test_only_differing_values_are_reported(pool: Pool, tmp_path: Path) -> None:
    """The name is the same: the finding is on the date."""
    (finding,) = check_rows(pool, tmp_path, ONE + SAME_NAME)
    assert finding.path == "http://schema.org/startDate"
    assert finding.value == "2026-11-25T19:30:00-05:00 | 2026-12-25T19:30:00-05:00"
    assert "Les sœurs" not in finding.text["en"]


def test_repeated_rows_are_no_collision(pool: Pool, tmp_path: Path) -> None:
    """A venue is described in the row of each of its events."""
    assert check_rows(pool, tmp_path, ONE + ONE + APART) == []


def test_a_contradiction_within_a_row_is_reported_by_its_shape(pool: Pool, tmp_path: Path) -> None:
    """The row has two dates, but no key is shared."""
    mapping = pool.catalog.require(KEY).folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    second = "      - [schema:startDate, $(Autre), xsd:dateTime]\n      - [schema:location"
    mapping.write_text(text.replace("      - [schema:location", second), encoding="utf-8")
    rows = ONE.replace("\n", ",2026-12-25T19:30:00-05:00\n")
    (finding,) = check_rows(pool, tmp_path, rows, HEAD.replace("Page", "Page,Autre"))
    assert finding.rule == "Event-startDate"


def test_differing_names_without_a_language_are_a_collision(pool: Pool, tmp_path: Path) -> None:
    """Even then an event has a single name."""
    mapping = pool.catalog.require(KEY).folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("$(Titre), fr~lang]", "$(Titre)]"), encoding="utf-8")
    (finding,) = check_rows(
        pool, tmp_path, ONE + OTHER.replace("2026-12-03T20:00", "2026-11-25T19:30")
    )
    assert finding.rule == "collision"
    assert "name: “Les sœurs”, “L’hiver”" in finding.text["en"]
