"""The steward deletes what is due, and hands over the certificate."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from rdflib import RDF, Graph
from rdflib.namespace import PROV

from parvis.config import Settings

Run = Callable[..., CompletedProcess[str]]
OBLIGATION = """
<id/agreement/exemple> <http://www.w3.org/ns/odrl/2/obligation> [
  odrl:target <id/dataset/exemple/programmation> ; odrl:assignee parvis:host ;
  odrl:action odrl:delete ; odrl:constraint [
    odrl:leftOperand odrl:dateTime ; odrl:operator odrl:gteq ;
    odrl:rightOperand "2027-07-01T00:00:00-04:00"^^<http://www.w3.org/2001/XMLSchema#dateTime> ] ] .
"""


@pytest.fixture
def due(run: Run, kept: Settings) -> Run:
    """Give a way to run commands on a pool of which one dataset must go on 1 July 2027."""
    with (kept.catalog / "exemple" / "agreement.ttl").open("a", encoding="utf-8") as file:
        file.write(OBLIGATION)
    return run


def test_a_dataset_is_deleted_on_its_day_and_certified(due: Run, tmp_path: Path) -> None:
    """Not the day before; a rehearsal deletes nothing; the certificate comes in each form."""
    assert json.loads(due("expire", "--date", "2027-06-30", "--json").stdout)["due"] == []
    told = due("expire", "--date", "2027-07-01", "--dry-run", "--lang", "en")
    assert told.stdout == "exemple/programmation is due to be deleted\n"
    done = due("expire", "--date", "2027-07-01", "--lang", "fr")
    assert done.returncode == 0
    assert done.stdout.startswith("exemple/programmation est supprimé")
    assert "programmation.csv" in done.stderr  # beside the record, for the steward to remove
    for ending in ("html", "json", "ttl", "jsonld"):
        file = tmp_path / f"certificate.{ending}"
        assert due("certificate", "exemple/programmation", "-o", file).returncode == 0
        assert file.stat().st_size > 500
    page = (tmp_path / "certificate.html").read_text(encoding="utf-8")
    assert "Certificat de destruction" in page
    assert "Certificate of destruction" in page
    printed = Graph().parse(data=due("certificate", "exemple/programmation").stdout)
    assert set(printed.subjects(RDF.type, PROV.Activity))


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("expire", "--date", "hier"), "neither a day"),
        (("expire", "--date", "2027-07-01T00:00:00"), "neither a day"),
        (("certificate", "exemple/programmation"), "there is no certificate"),
        (("certificate", "exemple/programmation", "-o", "x.doc"), "the ending of a certificate"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, no traceback."""
    found = run(*words, "--lang", "en")
    assert found.returncode == 2
    assert said in found.stderr
    assert found.stderr.count("\n") == 1
