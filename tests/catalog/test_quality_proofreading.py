"""What a record should say better."""

from dataclasses import replace

import pytest

from parvis.catalog import Catalog, DatasetRecord, DatasetState, dataset_record, proofread
from parvis.catalog.records import Term
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre", "events")
LONG = {"fr": "Toutes les représentations inventées de la saison, une à une.", "en": "x" * 60}


@pytest.fixture
def record(catalog: Catalog) -> DatasetRecord:
    """Give a record that there is nothing to say of."""
    found = dataset_record(catalog, KEY, DatasetState(public=True))
    french = Term("http://publications.europa.eu/resource/authority/language/FRA", {})
    return replace(
        found, description=LONG, languages=(french,), keywords={"fr": ("a b",), "en": ("a b",)}
    )


def rules(record: DatasetRecord, catalog: Catalog) -> set[str]:
    """Name what is found."""
    return {one.rule for one in proofread(record, catalog.require(KEY))}


def test_a_good_record_needs_nothing(record: DatasetRecord, catalog: Catalog) -> None:
    """The rules can be kept."""
    assert rules(record, catalog) == set()


@pytest.mark.parametrize(
    ("changed", "rule"),
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
def test_each_rule_has_its_finding(
    record: DatasetRecord, catalog: Catalog, changed: dict[str, object], rule: str
) -> None:
    """And no other comes with it."""
    assert rules(replace(record, **changed), catalog) == {rule}  # type: ignore[arg-type] # by name
