"""Convert and validate files without a pool."""

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import Graph

from parvis.mapping.engine.rows import PROGRESS_INTERVAL
from tests.cli.conftest import Run

BAD_EVENT = """
@prefix schema: <http://schema.org/> .
<https://a.example/e> a schema:TheaterEvent ; schema:name "Le phare"@fr ; schema:startDate "soon" .
"""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """Write a file whose only event has an invalid date."""
    file = tmp_path / "event.ttl"
    file.write_text(BAD_EVENT, encoding="utf-8")
    return file


def test_convert_writes_triples_to_stdout_and_the_report_to_stderr(run: Run, dataset: Path) -> None:
    """Print N-Triples only, without repetition."""
    result = run("convert", dataset / "mapping.yml", "--lang", "en")
    lines = result.stdout.splitlines()
    assert result.returncode == 0
    assert len(lines) == len(set(lines))
    assert all(line.endswith(" .") for line in lines)
    assert result.stderr == (f"rows read: 6; triples written: {len(lines)}; rows with errors: 0\n")


@pytest.mark.parametrize("ending", ["nt", "nq", "ttl"])
def test_convert_writes_the_format_of_the_file_extension(
    run: Run, dataset: Path, tmp_path: Path, ending: str
) -> None:
    """Every format holds the same graph, under the given base."""
    output, report = tmp_path / f"out.{ending}", tmp_path / "report.json"
    options = ["--base", "https://p.example/", "-o", output, "--report", report]
    assert run("convert", dataset / "mapping.yml", *options).returncode == 0
    syntax = "turtle" if ending == "ttl" else "nt"
    graph = Graph().parse(output, format=syntax)
    count = json.loads(report.read_text(encoding="utf-8"))["triples"]
    assert len(graph) == count
    assert all(str(subject).startswith("https://p.example/id/") for subject in graph.subjects())


def test_a_mapping_is_exported_as_rml_with_its_losses(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """Turtle goes to the file; each loss is one sentence on stderr, in the reader's language."""
    file = tmp_path / "mapping.ttl"
    result = run("export-mapping", dataset / "mapping.yml", "-o", file)
    assert (result.returncode, result.stdout) == (0, "")
    assert "est perdu" in result.stderr
    assert "rml:TriplesMap" in file.read_text(encoding="utf-8")
    assert "is lost" in run("export-mapping", dataset / "mapping.yml", "--lang", "en").stderr


def test_an_export_that_loses_everything_writes_no_file(run: Run, tmp_path: Path) -> None:
    """Exit with code 1, and the reason."""
    mapping, file = tmp_path / "mapping.yml", tmp_path / "mapping.ttl"
    mapping.write_text(
        "sources: {a: {access: a.xlsx, referenceFormulation: xlsx}}\n"
        "mappings: {a: {sources: a, s: id/x/$(no), po: [[a, schema:Event]]}}\n",
        encoding="utf-8",
    )
    result = run("export-mapping", mapping, "-o", file, "--lang", "en")
    assert (result.returncode, file.exists()) == (1, False)
    assert "referenceFormulation" in result.stderr


def test_convert_refuses_an_unknown_file_extension(run: Run, dataset: Path, tmp_path: Path) -> None:
    result = run("convert", dataset / "mapping.yml", "-o", tmp_path / "out.xml")
    assert result.returncode == 2
    assert not (tmp_path / "out.xml").exists()


def test_source_replaces_the_file_that_the_mapping_names(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """A missing file exits with code 2."""
    result = run("convert", dataset / "mapping.yml", "--source", tmp_path / "x.csv")
    assert result.returncode == 2
    assert "x.csv" in result.stderr


def test_validate_exits_with_1_when_data_do_not_conform(run: Run, event: Path) -> None:
    result = run("validate", event, "--lang", "en")
    assert (result.returncode, result.stderr) == (1, "")
    assert "The start “soon” is neither a date" in result.stdout


def test_validate_writes_its_report_in_the_requested_format(
    run: Run, event: Path, tmp_path: Path
) -> None:
    """JSON for programs, Turtle as in SHACL, into a file on request."""
    report = tmp_path / "report.ttl"
    assert run("validate", event, "-f", "turtle", "-o", report).returncode == 1
    assert Graph().parse(report)
    report_data = json.loads(run("validate", event, "-f", "json").stdout)
    assert report_data["conforms"] is False


def test_validate_takes_other_shapes(run: Run, dataset: Path) -> None:
    """The records of a new pool conform to the shapes of records."""
    shapes = Path(__file__).parents[2] / "shapes" / "records"
    record = dataset / "dataset.ttl"
    result = run("validate", record, "--shapes", shapes, "--lang", "en")
    assert result.returncode == 0
    assert result.stdout.endswith("\nThe data conform: nothing was found.\n")


def test_validate_refuses_a_file_that_is_not_rdf(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("this is no Turtle", encoding="utf-8")
    for name in ("a.ttl", "missing.ttl"):
        result = run("validate", tmp_path / name)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert name in result.stderr


def test_a_strict_conversion_refuses_a_row_with_an_error(run: Run, tmp_path: Path) -> None:
    """Name the row, and write nothing; without `--strict`, write the other rows."""
    (tmp_path / "mapping.yml").write_text(
        "sources: {s: {access: f.csv, referenceFormulation: csv}}\n"
        "mappings: {e: {sources: s, s: id/e/$(id), po: [[schema:startDate, $(d), xsd:date]]}}\n"
    )
    (tmp_path / "f.csv").write_text("id,d\n1,2026-07-01\n2,demain\n")
    arguments = ("convert", tmp_path / "mapping.yml", "-o", tmp_path / "out.nt", "--lang", "en")
    result = run(*arguments, "--strict")
    assert result.returncode == 2
    assert "f.csv: 1 rows have errors, and with --strict none may; the first, 3" in result.stderr
    assert not (tmp_path / "out.nt").exists()
    assert run(*arguments).returncode == 0
    assert (tmp_path / "out.nt").read_text().count("\n") == 1


MAPPING = """\
sources: {events: {access: f.csv, referenceFormulation: csv}}
mappings:
  event: {sources: events, s: id/event/x/$(id), po: [[schema:name, $(name)]]}
"""


def convert_at_a_terminal(folder: Path) -> str:
    """Run a conversion whose stderr is a terminal, and return what it shows."""
    controller, tty = pty.openpty()
    command = Path(sys.executable).with_name("parvis")
    argv = [str(command), "convert", "mapping.yml", "-o", "out.nt"]
    with subprocess.Popen(argv, cwd=folder, stdout=subprocess.DEVNULL, stderr=tty) as process:  # noqa: S603 - our own command
        os.close(tty)
        output = b""
        while select.select([controller], [], [], 60)[0]:
            try:
                output += os.read(controller, 65_536)
            except OSError:  # the other end is closed
                break
        assert process.wait(60) == 0
    os.close(controller)
    return output.decode()


def test_a_progress_bar_is_drawn_at_a_terminal(tmp_path: Path) -> None:
    """It names the file and the part of it that is read."""
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    rows = "".join(f"{number},un\n" for number in range(2 * PROGRESS_INTERVAL))
    (tmp_path / "f.csv").write_text(f"id,name\n{rows}", encoding="utf-8")
    output = convert_at_a_terminal(tmp_path)
    assert "f.csv" in output
    assert "50%" in output
