"""The 405 points of data.europa.eu, criterion by criterion."""

from collections import Counter
from dataclasses import replace

import pytest

from parvis.catalog.folder import Catalog
from parvis.catalog.quality import CRITERIA, DIMENSIONS, MOST, assess
from parvis.catalog.record import DatasetState, dataset_record
from parvis.catalog.records import DatasetRecord, Distribution, Term
from parvis.vocab.iris import DatasetKey

KEY = DatasetKey("theatre", "events")
BASE = "https://pool.example/"
FILE = Distribution(
    iri=f"{BASE}f",
    title={"fr": "f", "en": "f"},
    access_url=f"{BASE}dataset/theatre/events",
    download_url=f"{BASE}f.csv",
    media_type="text/csv",
    format="CSV",
    size=3,
)


@pytest.fixture
def record(catalog: Catalog) -> DatasetRecord:
    """Make a record with one file."""
    return dataset_record(catalog, KEY, DatasetState([], [FILE], public=True))


def unmet(record: DatasetRecord) -> set[str]:
    """Return the criteria that a record does not meet."""
    return {criterion.metric for criterion in assess(record).unmet}


def test_the_points_are_those_of_the_method() -> None:
    points: Counter[str] = Counter()
    for criterion in CRITERIA:
        points[criterion.dimension] += criterion.points
    assert points == dict(zip(DIMENSIONS, (100, 100, 110, 75, 20), strict=True))
    assert MOST == 405


def test_unmet_criteria_are_listed(record: DatasetRecord) -> None:
    """Place, period and dates are missing: neither the record nor a submission states them."""
    assert unmet(record) == {
        "spatialAvailability",
        "temporalAvailability",
        "dateIssuedAvailability",
        "dateModifiedAvailability",
    }
    assert assess(record).points == MOST - 50


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"download_url": None}, {"downloadUrlAvailability", "downloadUrlStatusCode"}),
        ({"download_url": "https://elsewhere.example/f"}, {"downloadUrlStatusCode"}),
        ({"access_url": "https://elsewhere.example/"}, {"accessUrlStatusCode"}),
        ({"format": "XLSX"}, {"formatMediaTypeNonProprietary"}),
        ({"format": "NONE"}, {"formatMediaTypeVocabularyAlignment"}),
        ({"media_type": None}, {"mediaTypeAvailability", "formatMediaTypeVocabularyAlignment"}),
        ({"size": None}, {"byteSizeAvailability"}),
    ],
)
def test_each_criterion_of_a_file_counts(
    record: DatasetRecord, changes: dict[str, str | None], expected: set[str]
) -> None:
    """External addresses are never assumed to answer: they are not called."""
    modified = replace(record, distributions=(replace(FILE, **changes),))  # type: ignore[arg-type] # by name
    assert expected <= unmet(modified) - unmet(record)


def test_the_licence_counts_if_harvesters_know_it(record: DatasetRecord) -> None:
    modified = replace(record, licence=Term("https://elsewhere.example/licence", {}))
    assert unmet(modified) - unmet(record) == {"knownLicence"}


def test_a_restricted_dataset_loses_the_points_of_the_download(record: DatasetRecord) -> None:
    """Its file is not available to everyone."""
    assert "downloadUrlStatusCode" in unmet(replace(record, public=False))


def test_the_best_of_several_distributions_counts(record: DatasetRecord) -> None:
    single = replace(record, distributions=(FILE,))
    assert unmet(single) == unmet(record)
