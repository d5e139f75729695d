"""The steward deletes what is due and gets a certificate."""

import json
from pathlib import Path

import pytest
from rdflib import RDF, Graph
from rdflib.namespace import PROV

from parvis.config import Settings
from tests.cli.conftest import Run

OBLIGATION = """
<id/agreement/exemple> <http://www.w3.org/ns/odrl/2/obligation> [
  odrl:target <id/dataset/exemple/programmation> ; odrl:assignee parvis:host ;
  odrl:action odrl:delete ; odrl:constraint [
    odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
    odrl:rightOperand "2027-07-01T00:00:00-04:00"^^<http://www.w3.org/2001/XMLSchema#dateTime> ] ] .
"""


@pytest.fixture
def run_with_duty(run: Run, submitted_pool: Settings) -> Run:
    """Return a way to run commands on a pool with a dataset to delete on 1 July 2027."""
    with (submitted_pool.catalog / "exemple" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(OBLIGATION)
    return run


def test_a_dataset_is_deleted_on_its_day_and_certified(run_with_duty: Run, tmp_path: Path) -> None:
    """Not the day before, nor by a dry run; the certificate comes in each format."""
    assert json.loads(run_with_duty("expire", "--date", "2027-06-30", "--json").stdout)["due"] == []
    rehearsal = run_with_duty("expire", "--date", "2027-07-01", "--dry-run", "--lang", "en")
    assert rehearsal.stdout == "exemple/programmation is due to be deleted\n"
    deletion = run_with_duty("expire", "--date", "2027-07-01", "--lang", "fr")
    assert deletion.returncode == 0
    assert deletion.stdout.startswith("exemple/programmation est supprimé")
    assert "programmation.csv" in deletion.stderr  # next to the record; the steward removes it
    for ending in ("html", "json", "ttl", "jsonld"):
        file = tmp_path / f"certificate.{ending}"
        assert run_with_duty("certificate", "exemple/programmation", "-o", file).returncode == 0
        assert file.stat().st_size > 500
    page = (tmp_path / "certificate.html").read_text(encoding="utf-8")
    assert "Certificat de destruction" in page
    assert "Certificate of destruction" in page
    printed = Graph().parse(data=run_with_duty("certificate", "exemple/programmation").stdout)
    assert set(printed.subjects(RDF.type, PROV.Activity))


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("expire", "--date", "hier"), "neither a day"),
        (("expire", "--date", "2027-07-01T00:00:00"), "neither a day"),
        (("certificate", "exemple/programmation"), "there is no certificate"),
        (("certificate", "exemple/programmation", "-o", "x.doc"), "the ending of a certificate"),
    ],
)
def test_an_impossible_request_prints_one_line(
    run: Run, arguments: tuple[str, ...], expected: str
) -> None:
    result = run(*arguments, "--lang", "en")
    assert result.returncode == 2
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
