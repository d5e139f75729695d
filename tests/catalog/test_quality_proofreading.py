"""Proofreading suggestions for records."""

from dataclasses import replace

import pytest

from parvis.catalog.folder import Catalog
from parvis.catalog.quality import proofread
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import DatasetRecord, Term
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre", "events")
LONG = {"fr": "Toutes les représentations inventées de la saison, une à une.", "en": "x" * 60}


@pytest.fixture
def record(catalog: Catalog) -> DatasetRecord:
    """Make a record without suggestions."""
    base = dataset_record(catalog, KEY, DatasetState(public=True))
    french = Term("http://publications.europa.eu/resource/authority/language/FRA", {})
    return replace(
        base, description=LONG, languages=(french,), keywords={"fr": ("a b",), "en": ("a b",)}
    )


def rules(record: DatasetRecord, catalog: Catalog) -> set[str]:
    """Return the rules that a record breaks."""
    return {finding.rule for finding in proofread(record, catalog.require(KEY))}


def test_a_good_record_breaks_no_rule(record: DatasetRecord, catalog: Catalog) -> None:
    assert rules(record, catalog) == set()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"description": {"fr": "court", "en": "x" * 60}}, "description"),
        ({"description": {"fr": "x" * 5001, "en": "y" * 60}}, "description"),
        ({"description": {"fr": "x" * 60, "en": "x" * 60}}, "language"),
        ({"keywords": {"fr": ("a b",)}}, "keyword"),
        ({"themes": ()}, "missing"),
        ({"frequency": None}, "missing"),
        ({"languages": (Term("https://elsewhere.example/fr", {}),)}, "vocabulary"),
        ({"licence": Term("https://elsewhere.example/licence", {})}, "licence"),
    ],
)
def test_each_fault_breaks_exactly_its_rule(
    record: DatasetRecord, catalog: Catalog, changes: dict[str, object], rule: str
) -> None:
    assert rules(replace(record, **changes), catalog) == {rule}  # type: ignore[arg-type] # by name
