"""The 405 points of data.europa.eu, criterion by criterion."""

from collections import Counter
from dataclasses import replace

import pytest

from parvis.catalog import (
    MOST,
    Catalog,
    DatasetRecord,
    DatasetState,
    Distribution,
    assess,
    dataset_record,
)
from parvis.catalog.quality import CRITERIA, DIMENSIONS
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
    """Give a record with one file."""
    return dataset_record(catalog, KEY, DatasetState([], [FILE], public=True))


def unmet(record: DatasetRecord) -> set[str]:
    """Name the criteria that a record does not meet."""
    return {one.metric for one in assess(record).unmet}


def test_the_points_are_those_of_the_method() -> None:
    """100, 100, 110, 75 and 20, of 405 in all."""
    points: Counter[str] = Counter()
    for one in CRITERIA:
        points[one.dimension] += one.points
    assert points == dict(zip(DIMENSIONS, (100, 100, 110, 75, 20), strict=True))
    assert MOST == 405


def test_what_is_not_there_is_named(record: DatasetRecord) -> None:
    """Place, time and dates are missing, since neither text nor submission tells them."""
    assert unmet(record) == {
        "spatialAvailability",
        "temporalAvailability",
        "dateIssuedAvailability",
        "dateModifiedAvailability",
    }
    assert assess(record).points == MOST - 50


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"download_url": None}, {"downloadUrlAvailability", "downloadUrlStatusCode"}),
        ({"download_url": "https://elsewhere.example/f"}, {"downloadUrlStatusCode"}),
        ({"access_url": "https://elsewhere.example/"}, {"accessUrlStatusCode"}),
        ({"format": "XLSX"}, {"formatMediaTypeNonProprietary"}),
        ({"format": "NONE"}, {"formatMediaTypeVocabularyAlignment"}),
        ({"media_type": None}, {"mediaTypeAvailability", "formatMediaTypeVocabularyAlignment"}),
        ({"size": None}, {"byteSizeAvailability"}),
        ({"licence": "https://elsewhere.example/licence"}, {"knownLicence"}),
    ],
)
def test_each_criterion_of_a_file_counts(
    record: DatasetRecord, changed: dict[str, str | None], expected: set[str]
) -> None:
    """An address of elsewhere is never taken to answer: nobody is called to know."""
    spoilt = replace(record, distributions=(replace(FILE, **changed),))  # type: ignore[arg-type] # by name
    assert expected <= unmet(spoilt) - unmet(record)


def test_a_restricted_dataset_honestly_loses_the_download(record: DatasetRecord) -> None:
    """Its file does not answer to everyone."""
    assert "downloadUrlStatusCode" in unmet(replace(record, public=False))


def test_the_best_of_several_distributions_counts(record: DatasetRecord) -> None:
    """A reader would take that one."""
    alone = replace(record, distributions=(FILE,))
    assert unmet(alone) == unmet(record)
