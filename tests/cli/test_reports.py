"""Reports of commands: files, colours and exit codes."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from rdflib import Graph

from parvis.cli.terminal import escape_controls
from tests.cli.conftest import Run

KEY = "exemple/programmation"
PLACE = """
@prefix schema: <http://schema.org/> .
<https://pool.example/id/place/1> a schema:Place ; schema:name "Parc\\u001b[2J"@fr .
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Write data with one warning: a place without location."""
    file = tmp_path / "place.ttl"
    file.write_text(PLACE, encoding="utf-8")
    return file


def test_validate_writes_a_page_and_a_table(run: Run, place: Path, tmp_path: Path) -> None:
    """Into a file or to standard output."""
    page, table = tmp_path / "r.html", tmp_path / "r.csv"
    assert run("validate", place, "-f", "html", "-o", page, "--lang", "fr").returncode == 1
    assert html.parse(page).getroot().xpath("string(//h1)") == "place.ttl"
    assert run("validate", place, "-f", "csv", "-o", table).returncode == 1
    with table.open(encoding="utf-8-sig", newline="") as stream:
        first = next(csv.DictReader(stream))
    assert (first["severity"], first["rule"]) == ("warning", "Place-where")
    assert run("validate", place, "-f", "html").stdout.startswith("<!doctype html>")


def test_each_format_lists_the_shapes_without_focus_nodes(run: Run, place: Path) -> None:
    """Conforming must not mean that nothing was checked."""
    reports = {
        report_format: run("validate", place, "-f", report_format, "--lang", "en").stdout
        for report_format in ("human", "turtle", "json", "csv", "html")
    }
    assert "not in this file: " in reports["human"]
    assert "Offer" not in reports["human"]
    assert "# Offer: 0 focus nodes (compiled)\n" in reports["turtle"]
    assert Graph().parse(data=reports["turtle"], format="turtle")
    assert json.loads(reports["json"])["checked"]["Offer"] == 0
    assert "info,nothing-checked,Offer," in reports["csv"]
    assert "Not in this file:" in reports["html"]


@pytest.mark.parametrize(
    ("severities", "code"),
    [((), 1), (("info",), 1), (("warning",), 1), (("violation",), 0)],
)
def test_fail_on_sets_the_severity_of_exit_code_1(
    run: Run, place: Path, severities: tuple[str, ...], code: int
) -> None:
    """Without it, any result exits with code 1, as in SHACL."""
    options = [word for severity in severities for word in ("--fail-on", severity)]
    assert run("validate", place, *options).returncode == code


def test_data_without_focus_nodes_can_be_made_to_fail(run: Run, tmp_path: Path) -> None:
    """Such data conform, with a warning."""
    (tmp_path / "x.ttl").write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    result = run("validate", tmp_path / "x.ttl", "--lang", "en")
    assert result.returncode == 0
    assert result.stdout.endswith("but no shape found anything to look at.\n")
    assert run("validate", tmp_path / "x.ttl", "--fail-on", "warning").returncode == 1


def test_colours_are_for_terminals_only(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None in a pipe, none where NO_COLOR is set."""
    assert "\x1b" not in run("validate", place).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1;33m" in run("validate", place).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in run("validate", place).stdout


def test_escape_sequences_are_shown_not_obeyed(run: Run, place: Path) -> None:
    """French no-break spaces stay."""
    output = run("validate", place, "--lang", "fr").stdout
    assert "«\u00a0Parc\\x1b[2J\u00a0»" in output
    assert escape_controls("a\u202eb\n") == "a\\u202eb\\n"


@pytest.mark.usefixtures("pool")
def test_no_command_prints_an_escape_sequence_of_a_file(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """A cell holds one, and `convert`, `refresh` and `check` quote the cell."""
    file = dataset / "programmation.csv"
    text = file.read_text(encoding="utf-8").replace("38,50", "\x1b[2Jgratis")
    file.write_text(text, encoding="utf-8")
    output = run("convert", dataset / "mapping.yml", "-o", tmp_path / "o.nt").stderr
    output += run("refresh").stdout + run("check", KEY).stdout
    assert output.count("\\x1b[2Jgratis") >= 3
    assert "\x1b" not in output


@pytest.mark.usefixtures("pool")
def test_a_report_file_is_written_besides_the_output(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """In the format of its extension; the JSON equals that of `--json`."""
    for command in ("check", "submit"):
        for extension in ("json", "csv", "html"):
            file = tmp_path / f"{command}.{extension}"
            assert run(command, KEY, "--report", file).returncode == 0
            assert file.stat().st_size
    printed = json.loads(run("check", KEY, "--json", "--report", tmp_path / "r.json").stdout)
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == printed
    assert printed["score"] == {"value": 100.0, "raise": []}
    assert printed["since"]["counts"] == {"new": 0, "repaired": 0, "same": 0}
    assert dataset.is_dir()


@pytest.mark.usefixtures("pool")
def test_an_unknown_extension_of_the_report_stops_before_submitting(
    run: Run, tmp_path: Path, digest_data: Callable[[], dict[str, str]]
) -> None:
    result = run("submit", KEY, "--report", tmp_path / "r.txt", "--lang", "en")
    assert result.returncode == 2
    assert "must be .json, .csv or .html" in result.stderr
    assert digest_data() == {}


@pytest.mark.usefixtures("pool")
def test_a_check_lists_the_questions_that_the_file_could_answer(run: Run, tmp_path: Path) -> None:
    """On the terminal, on the page and in JSON; a submission does not repeat them."""
    page = tmp_path / "report.html"
    output = run("check", KEY, "--lang", "en", "--report", page).stdout
    assert "What this file could already answer:\n    What is on, and when?\n" in output
    items = html.parse(page).getroot().xpath("//section[h2[contains(., 'already answer')]]//li")
    assert "What is on, and when?" in [item.text_content() for item in items]
    answers = json.loads(run("check", KEY, "--json").stdout)["answers"]
    assert "Que se passe-t-il, et quand ?" in [question["fr"] for question in answers["answerable"]]
    assert all(entry["column"] and entry["questions"] for entry in answers["unlocked"])
    assert "could already answer" not in run("submit", KEY, "--lang", "en").stdout
