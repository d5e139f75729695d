"""A partner's key that two things share is told once, with the values and the rows."""

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


def found(pool: Pool, tmp_path: Path, rows: str, head: str = HEAD) -> list[Finding]:
    """Check a file with these rows; that venues lack an address is another matter."""
    file = tmp_path / "envoi.csv"
    file.write_text(head + rows, encoding="utf-8")
    return [one for one in check(pool, KEY, file).report.findings if one.rule != "Place-where"]


def test_a_shared_key_is_one_finding_with_values_and_rows(pool: Pool, tmp_path: Path) -> None:
    """Name, date and place contradict one another: one cause, said once."""
    (one,) = found(pool, tmp_path, ONE + APART + OTHER)
    assert (one.rule, one.severity) == ("collision", Severity.VIOLATION)
    assert one.focus == "http://pool.test/id/event/theatre-b/12"
    text = one.text["en"]
    assert "name: “Les sœurs”, “L’hiver”" in text
    assert "start: “2026-11-25T19:30:00-05:00”, “2026-12-03T20:00:00-05:00”" in text
    assert "(envoi.csv, row 2 · envoi.csv, row 4)" in text
    assert "nom : « Les sœurs », « L’hiver »" in one.text["fr"]
    assert one.place
    assert one.place.row == 2


def test_only_what_contradicts_is_shown(pool: Pool, tmp_path: Path) -> None:
    """The name is the same: the date alone is told, as the property of the finding."""
    (one,) = found(pool, tmp_path, ONE + SAME_NAME)
    assert one.path == "http://schema.org/startDate"
    assert one.value == "2026-11-25T19:30:00-05:00 | 2026-12-25T19:30:00-05:00"
    assert "Les sœurs" not in one.text["en"]


def test_rows_that_say_the_same_are_no_collision(pool: Pool, tmp_path: Path) -> None:
    """A venue told by each of its events is one venue."""
    assert found(pool, tmp_path, ONE + ONE + APART) == []


def test_one_row_that_contradicts_itself_is_left_to_its_shape(pool: Pool, tmp_path: Path) -> None:
    """No key is shared there: the row says two dates."""
    mapping = pool.catalog.require(KEY).folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    second = "      - [schema:startDate, $(Autre), xsd:dateTime]\n      - [schema:location"
    mapping.write_text(text.replace("      - [schema:location", second), encoding="utf-8")
    rows = ONE.replace("\n", ",2026-12-25T19:30:00-05:00\n")
    (one,) = found(pool, tmp_path, rows, HEAD.replace("Page", "Page,Autre"))
    assert one.rule == "Event-startDate"


def test_names_without_a_language_contradict_one_another_too(pool: Pool, tmp_path: Path) -> None:
    """A mapping that says no language gives an event one name all the same."""
    mapping = pool.catalog.require(KEY).folder / "mapping.yml"
    text = mapping.read_text(encoding="utf-8")
    mapping.write_text(text.replace("$(Titre), fr~lang]", "$(Titre)]"), encoding="utf-8")
    (one,) = found(pool, tmp_path, ONE + OTHER.replace("2026-12-03T20:00", "2026-11-25T19:30"))
    assert one.rule == "collision"
    assert "name: “Les sœurs”, “L’hiver”" in one.text["en"]
