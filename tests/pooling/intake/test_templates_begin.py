"""A new pool, as written by `init`."""

from pathlib import Path

import pytest

from parvis.catalog.folder import Catalog
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.pooling.intake.submit import check
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.validation import load_data, load_shapes, validate
from parvis.vocab.iris import DatasetKey

BASE = "http://localhost:8000/"


def test_a_new_pool_is_a_valid_catalogue_folder(tmp_path: Path) -> None:
    """With a third party, an invented partner, and a dataset that everyone may read."""
    init(tmp_path / "new")
    catalog = Catalog.load(tmp_path / "new", BASE)
    assert catalog.third_party.slug == "tiers-de-confiance"
    assert [str(key) for key in catalog.datasets] == ["exemple/programmation"]
    assert all(dataset.invented for dataset in catalog.datasets.values())
    assert catalog.partners["exemple"].invented


def test_the_records_of_a_new_pool_conform_to_the_shapes(tmp_path: Path) -> None:
    """Warnings included."""
    init(tmp_path / "new")
    catalogue = Catalog.load(tmp_path / "new", BASE)
    records = tmp_path / "records.ttl"
    graph = catalogue.graph + catalogue.law
    for dataset in catalogue.datasets.values():
        graph += dataset.metadata
    graph.serialize(records, format="turtle")
    shapes = load_shapes([knowledge("shapes") / "records"])
    assert validate(load_data([records]), shapes).findings == []


def test_the_sample_of_a_new_pool_is_accepted_without_findings(tmp_path: Path) -> None:
    init(tmp_path / "new")
    with Pool.open(Settings.load(tmp_path / "data", tmp_path / "new")) as pool:
        outcome = check(pool, DatasetKey("exemple", "programmation"))
    assert (outcome.accepted, outcome.report.rows, outcome.report.findings) == (True, 6, [])


def test_the_settings_of_a_new_pool_are_the_defaults(tmp_path: Path) -> None:
    init(tmp_path / "new")
    written = Settings.load(tmp_path / "data", tmp_path / "new")
    (tmp_path / "new" / "parvis.toml").unlink()
    assert written == Settings.load(tmp_path / "data", tmp_path / "new")


def test_an_existing_folder_is_refused_and_left_unchanged(tmp_path: Path) -> None:
    """Even an empty one."""
    with pytest.raises(UsageError, match="exists already"):
        init(tmp_path)
    assert list(tmp_path.iterdir()) == []
