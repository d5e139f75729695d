"""Reports as commands give them: files, colours, exit codes."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from lxml import html
from rdflib import Graph

from parvis.cli.terminal import escape_controls

Run = Callable[..., CompletedProcess[str]]

KEY = "exemple/programmation"
PLACE = """
@prefix schema: <http://schema.org/> .
<https://pool.example/id/place/1> a schema:Place ; schema:name "Parc\\u001b[2J"@fr .
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give data with one warning: a place that is nowhere."""
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


def test_each_form_tells_the_shapes_that_saw_nothing(run: Run, place: Path) -> None:
    """Conforming must not mean that nothing was looked at."""
    said = {
        form: run("validate", place, "-f", form, "--lang", "en").stdout
        for form in ("human", "turtle", "json", "csv", "html")
    }
    assert "nothing to look at for: AggregateOffer" in said["human"]
    assert "# Offer: 0 focus nodes (compiled)\n" in said["turtle"]
    assert Graph().parse(data=said["turtle"], format="turtle")
    assert json.loads(said["json"])["checked"]["Offer"] == 0
    assert "info,nothing-checked,Offer," in said["csv"]
    assert "These shapes found nothing to look at:" in said["html"]


@pytest.mark.parametrize(
    ("told", "code"),
    [((), 1), (("info",), 1), (("warning",), 1), (("violation",), 0)],
)
def test_the_exit_code_follows_the_severity_asked_for(
    run: Run, place: Path, told: tuple[str, ...], code: int
) -> None:
    """Without it, any result is exit code 1, as SHACL has it."""
    words = [word for one in told for word in ("--fail-on", one)]
    assert run("validate", place, *words).returncode == code


def test_data_in_which_nothing_was_looked_at_can_be_made_to_fail(run: Run, tmp_path: Path) -> None:
    """They conform, and that is a warning."""
    (tmp_path / "x.ttl").write_text("<urn:a> <urn:b> <urn:c> .", encoding="utf-8")
    found = run("validate", tmp_path / "x.ttl", "--lang", "en")
    assert found.returncode == 0
    assert found.stdout.endswith("but no shape found anything to look at.\n")
    assert run("validate", tmp_path / "x.ttl", "--fail-on", "warning").returncode == 1


def test_colours_are_for_terminals_only(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of them in a pipe; none where NO_COLOR is set."""
    assert "\x1b" not in run("validate", place).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[1;33m" in run("validate", place).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "33m" not in run("validate", place).stdout


def test_what_commands_a_terminal_is_written_out(run: Run, place: Path) -> None:
    """A name with an escape sequence is shown, not obeyed; French spaces stay."""
    found = run("validate", place, "--lang", "fr").stdout
    assert "«\u00a0Parc\\x1b[2J\u00a0»" in found
    assert escape_controls("a\u202eb\n") == "a\\u202eb\\n"


@pytest.mark.usefixtures("pool")
def test_no_command_passes_on_what_a_file_commands(run: Run, dataset: Path, tmp_path: Path) -> None:
    """A cell with an escape sequence, told by `convert` and by a refused `refresh`."""
    file = dataset / "programmation.csv"
    text = file.read_text(encoding="utf-8").replace("38,50", "\x1b[2Jgratis")
    file.write_text(text, encoding="utf-8")
    told = run("convert", dataset / "mapping.yml", "-o", tmp_path / "o.nt").stderr
    told += run("refresh").stdout + run("check", KEY).stdout
    assert told.count("\\x1b[2Jgratis") >= 3
    assert "\x1b" not in told


@pytest.mark.usefixtures("pool")
def test_a_report_is_written_beside_what_is_printed(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """In the form of its ending, for `check` and `submit`; JSON is that of `--json`."""
    for command in ("check", "submit"):
        for form in ("json", "csv", "html"):
            file = tmp_path / f"{command}.{form}"
            assert run(command, KEY, "--report", file).returncode == 0
            assert file.stat().st_size
    printed = json.loads(run("check", KEY, "--json", "--report", tmp_path / "r.json").stdout)
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == printed
    assert printed["score"] == {"value": 100.0, "raise": []}
    assert printed["since"]["counts"] == {"new": 0, "repaired": 0, "same": 0}
    assert dataset.is_dir()


@pytest.mark.usefixtures("pool")
def test_a_report_that_cannot_be_written_stops_before_anything_is_done(
    run: Run, tmp_path: Path, snapshot: Callable[[], dict[str, str]]
) -> None:
    """An unknown ending: exit code 2, nothing is submitted."""
    found = run("submit", KEY, "--report", tmp_path / "r.txt", "--lang", "en")
    assert found.returncode == 2
    assert "must be .json, .csv or .html" in found.stderr
    assert snapshot() == {}


@pytest.mark.usefixtures("pool")
def test_a_check_tells_what_the_file_could_answer(run: Run, tmp_path: Path) -> None:
    """On the terminal, on the page and for programs; a submission does not repeat it."""
    page = tmp_path / "report.html"
    told = run("check", KEY, "--lang", "en", "--report", page).stdout
    assert "What this file could already answer:\n    What is on, and when?\n" in told
    items = html.parse(page).getroot().xpath("//section[h2[contains(., 'already answer')]]//li")
    assert "What is on, and when?" in [item.text_content() for item in items]
    found = json.loads(run("check", KEY, "--json").stdout)["answers"]
    assert "Que se passe-t-il, et quand ?" in [one["fr"] for one in found["answerable"]]
    assert all(one["column"] and one["questions"] for one in found["unlocked"])
    assert "could already answer" not in run("submit", KEY, "--lang", "en").stdout
