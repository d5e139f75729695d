"""A dataset without a mapping takes a file that a recipe recognises, and no other."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from parvis.config import Settings
from parvis.errors import CatalogError
from parvis.pooling.intake.check import preview, try_file
from parvis.pooling.intake.new_mappings import init_mapping
from parvis.pooling.intake.refresh import refresh
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

POOL = Path(__file__).parents[2] / "cases" / "pool"
FILES = Path(__file__).parents[2] / "cases" / "recipes"
KEY = DatasetKey("theatre-b", "spectacles")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the settings of a pool in which a dataset has no mapping."""
    catalog = Path(shutil.copytree(POOL, tmp_path / "catalog"))
    (catalog / "theatre-b" / "spectacles" / "mapping.yml").unlink()
    return Settings.load(data=tmp_path / "data", catalog=catalog)


@pytest.fixture
def pool(settings: Settings) -> Iterator[Pool]:
    with Pool.open(settings) as pool:
        yield pool


def test_a_recognised_file_is_submitted_without_a_mapping(pool: Pool) -> None:
    """Its entities are named under the partner; the same file again changes nothing."""
    file = FILES / "openagenda.json"
    assert check(pool, KEY, file).accepted
    outcome = submit(pool, KEY, file)
    assert outcome.stored, list(outcome.report.in_words("fr"))
    lines = b"".join(pool.record.read_lines(pool.record.versions()[pool.iris.graph(KEY)]))
    assert b"id/event/theatre-b/101-2026-10-10" in lines
    assert b"partenaire" not in lines
    assert submit(pool, KEY, file).unchanged


def test_its_first_rows_can_be_seen(pool: Pool) -> None:
    turtle = "".join(text for _, text in preview(pool, KEY, FILES / "schema-org-rdfa.html", 3))
    assert "La cabane" in turtle


def test_it_is_refreshed_from_its_folder(settings: Settings) -> None:
    """With no mapping in the folder either."""
    folder = settings.catalog / "theatre-b" / "spectacles"
    for file in folder.glob("*.csv"):
        file.unlink()
    shutil.copy(FILES / "icalendar.ics", folder)
    with Pool.open(settings) as pool:
        results = list(refresh(pool, [pool.catalog.datasets[KEY]]))
    assert [result.outcome and result.outcome.stored for result in results] == [True]


def test_a_file_that_no_recipe_recognises_needs_a_mapping(pool: Pool, tmp_path: Path) -> None:
    """The error says which file is missing."""
    file = tmp_path / "programme.csv"
    file.write_text("Titre,Date\nBoréale,2026-11-06\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"mapping\.yml"):
        check(pool, KEY, file)


def test_the_recipes_of_a_catalogue_come_first(pool: Pool, settings: Settings) -> None:
    """So that a steward may change one."""
    (settings.catalog / "recipes").mkdir()
    ours = init_mapping(FILES / "icalendar.ics", "fr", settings)
    theirs = ours.replace("schema:keywords", "schema:alternateName")
    (settings.catalog / "recipes" / "calendriers.yml").write_text(theirs, encoding="utf-8")
    assert "schema:alternateName" in init_mapping(FILES / "icalendar.ics", "fr", settings)
    assert try_file(pool, FILES / "icalendar.ics", None, "fr").good
