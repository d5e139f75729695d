"""Commands on files that need no pool: convert and validate."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from rdflib import Graph

Run = Callable[..., CompletedProcess[str]]

BAD_EVENT = """
@prefix schema: <http://schema.org/> .
<https://a.example/e> a schema:TheaterEvent ; schema:name "Le phare"@fr ; schema:startDate "soon" .
"""


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """Give a file whose one event has no sensible date."""
    file = tmp_path / "event.ttl"
    file.write_text(BAD_EVENT, encoding="utf-8")
    return file


def test_convert_writes_triples_to_stdout_and_the_report_to_stderr(run: Run, dataset: Path) -> None:
    """Stdout holds N-Triples alone, each once."""
    found = run("convert", dataset / "mapping.yml", "--lang", "en")
    lines = found.stdout.splitlines()
    assert found.returncode == 0
    assert len(lines) == len(set(lines))
    assert all(line.endswith(" .") for line in lines)
    assert found.stderr == f"6 rows read, {len(lines)} facts written, 0 rows with errors\n"


@pytest.mark.parametrize("ending", ["nt", "nq", "ttl"])
def test_convert_writes_the_format_that_the_ending_says(
    run: Run, dataset: Path, tmp_path: Path, ending: str
) -> None:
    """Every format holds the same graph, under the base that was told."""
    output, report = tmp_path / f"out.{ending}", tmp_path / "report.json"
    told = ["--base", "https://p.example/", "-o", output, "--report", report]
    assert run("convert", dataset / "mapping.yml", *told).returncode == 0
    form = "turtle" if ending == "ttl" else "nt"
    graph = Graph().parse(output, format=form)
    count = json.loads(report.read_text(encoding="utf-8"))["triples"]
    assert len(graph) == count
    assert all(str(one).startswith("https://p.example/id/") for one in graph.subjects())


def test_a_mapping_is_exported_as_rml_with_its_losses_told(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """Turtle in the file, one sentence for each loss on stderr, in the reader's language."""
    file = tmp_path / "mapping.ttl"
    found = run("export-mapping", dataset / "mapping.yml", "-o", file)
    assert (found.returncode, found.stdout) == (0, "")
    assert "est perdu" in found.stderr
    assert "rml:TriplesMap" in file.read_text(encoding="utf-8")
    assert "is lost" in run("export-mapping", dataset / "mapping.yml", "--lang", "en").stderr


def test_an_export_of_which_nothing_is_left_writes_no_file(run: Run, tmp_path: Path) -> None:
    """Exit code 1, and the reason."""
    mapping, file = tmp_path / "mapping.yml", tmp_path / "mapping.ttl"
    mapping.write_text(
        "sources: {a: {access: a.xlsx, referenceFormulation: xlsx}}\n"
        "mappings: {a: {sources: a, s: id/x/$(no), po: [[a, schema:Event]]}}\n",
        encoding="utf-8",
    )
    found = run("export-mapping", mapping, "-o", file, "--lang", "en")
    assert (found.returncode, file.exists()) == (1, False)
    assert "referenceFormulation" in found.stderr


def test_convert_refuses_an_ending_it_does_not_write(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """Exit code 2, and no file is left."""
    found = run("convert", dataset / "mapping.yml", "-o", tmp_path / "out.xml")
    assert found.returncode == 2
    assert not (tmp_path / "out.xml").exists()


def test_convert_takes_another_file_than_the_mapping_names(
    run: Run, dataset: Path, tmp_path: Path
) -> None:
    """`--source` names the file; one that is not there is exit code 2."""
    found = run("convert", dataset / "mapping.yml", "--source", tmp_path / "x.csv")
    assert found.returncode == 2
    assert "x.csv" in found.stderr


def test_validate_tells_what_does_not_conform_by_its_exit_code(run: Run, event: Path) -> None:
    """Exit code 1, and the finding in words."""
    found = run("validate", event, "--lang", "en")
    assert (found.returncode, found.stderr) == (1, "")
    assert "The start “soon” is neither a date" in found.stdout


def test_validate_writes_its_report_in_the_form_asked_for(
    run: Run, event: Path, tmp_path: Path
) -> None:
    """JSON for programs, Turtle as SHACL has it, into a file if told."""
    report = tmp_path / "report.ttl"
    assert run("validate", event, "-f", "turtle", "-o", report).returncode == 1
    assert Graph().parse(report)
    found = json.loads(run("validate", event, "-f", "json").stdout)
    assert found["conforms"] is False


def test_validate_takes_other_shapes(run: Run, dataset: Path) -> None:
    """The starter's own records conform to the shapes of records."""
    shapes = Path(__file__).parents[2] / "shapes" / "records"
    record = dataset / "dataset.ttl"
    found = run("validate", record, "--shapes", shapes, "--lang", "en")
    assert found.returncode == 0
    assert found.stdout.endswith("\nThe data conform: nothing was found.\n")


def test_validate_refuses_what_is_no_rdf(run: Run, tmp_path: Path) -> None:
    """A file that cannot be read is bad input: exit code 2, one line."""
    (tmp_path / "a.ttl").write_text("this is no Turtle", encoding="utf-8")
    for name in ("a.ttl", "missing.ttl"):
        found = run("validate", tmp_path / name)
        assert (found.returncode, found.stderr.count("\n")) == (2, 1)
        assert name in found.stderr


def test_a_strict_conversion_refuses_a_row_with_an_error(run: Run, tmp_path: Path) -> None:
    """The row is named, and nothing is written; without `--strict` the rest is."""
    (tmp_path / "mapping.yml").write_text(
        "sources: {s: {access: f.csv, referenceFormulation: csv}}\n"
        "mappings: {e: {sources: s, s: id/e/$(id), po: [[schema:startDate, $(d), xsd:date]]}}\n"
    )
    (tmp_path / "f.csv").write_text("id,d\n1,2026-07-01\n2,demain\n")
    words = ("convert", tmp_path / "mapping.yml", "-o", tmp_path / "out.nt", "--lang", "en")
    found = run(*words, "--strict")
    assert found.returncode == 2
    assert "f.csv: 1 rows have errors, and with --strict none may; the first, 3" in found.stderr
    assert not (tmp_path / "out.nt").exists()
    assert run(*words).returncode == 0
    assert (tmp_path / "out.nt").read_text().count("\n") == 1
