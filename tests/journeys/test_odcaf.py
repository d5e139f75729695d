"""Statistics Canada's cultural facilities, unchanged, restricted to Québec."""

from collections import Counter
from pathlib import Path

from parvis.pooling.intake.submit import submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PREFIXES

PLACE = f"<{PREFIXES['rdf']}type> <{PREFIXES['schema']}Place>"


def test_the_facilities_of_quebec_enter_with_their_accents(pool: Pool, shared: Path) -> None:
    """Windows-1252 is read right, absent values are absent, mislabelled provinces reported."""
    outcome = submit(pool, DatasetKey("statcan", "odcaf"), shared / "data" / "ODCAF_v1.0.csv")
    assert outcome.accepted
    (version,) = pool.record.versions().values()
    text = b"".join(pool.record.read_lines(version)).decode()
    assert text.count(PLACE) == 2_238
    assert "Sœurs" in text
    assert '".."' not in text
    mislabelled = [f for f in outcome.report.findings if f.rule == "province-mislabelled"]
    assert len(mislabelled) == 18
    assert all(f.place and f.place.row and f.place.column == "Prov_Terr" for f in mislabelled)
    assert Counter(f.value for f in mislabelled) == {"on": 18}
    assert outcome.report.facts["ODCAF_v1.0.csv: encoding"] == "cp1252"
