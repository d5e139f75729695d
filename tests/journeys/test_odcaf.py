"""Statistics Canada's cultural facilities, unchanged, restricted to Québec."""

from collections import Counter
from pathlib import Path

from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

PLACE = f"<{PREFIXES['rdf']}type> <{PREFIXES['schema']}Place>"


def test_the_facilities_of_quebec_are_read_with_their_accents(pool: Pool, shared: Path) -> None:
    """The encoding is Windows-1252; ".." means absent; mislabelled provinces are reported."""
    outcome = submit(pool, DatasetKey("statcan", "odcaf"), shared / "data" / "ODCAF_v1.0.csv")
    assert outcome.accepted
    (version,) = pool.record.versions().values()
    text = b"".join(pool.record.read_lines(version)).decode()
    assert text.count(PLACE) == 2_238
    assert "Sœurs" in text
    assert '".."' not in text
    mislabelled = [
        finding for finding in outcome.report.findings if finding.rule == "province-mislabelled"
    ]
    assert len(mislabelled) == 18
    assert all(
        finding.place and finding.place.row and finding.place.column == "Prov_Terr"
        for finding in mislabelled
    )
    assert Counter(finding.value for finding in mislabelled) == {"on": 18}
    assert outcome.report.facts["ODCAF_v1.0.csv: encoding"] == "cp1252"
