"""A new pool, as `init` writes it."""

from pathlib import Path

import pytest

from parvis.catalog import Catalog
from parvis.config import Settings, knowledge
from parvis.errors import UsageError
from parvis.pooling.intake.submit import check
from parvis.pooling.intake.templates import init
from parvis.pooling.pool import Pool
from parvis.validation import load_data, load_shapes, validate
from parvis.vocab.iris import DatasetKey

BASE = "http://localhost:8000/"


def test_a_new_pool_is_a_catalogue_folder_without_fault(tmp_path: Path) -> None:
    """It has a host, one invented partner, one dataset that an agreement opens to everyone."""
    init(tmp_path / "new")
    found = Catalog.load(tmp_path / "new", BASE)
    assert found.host.slug == "tiers-de-confiance"
    assert [str(key) for key in found.datasets] == ["exemple/programmation"]
    assert all(one.invented for one in found.datasets.values())
    assert found.partners["exemple"].invented


def test_a_new_pool_keeps_to_the_shapes_of_records(tmp_path: Path) -> None:
    """Its records would be found without fault, warnings included."""
    init(tmp_path / "new")
    catalogue = Catalog.load(tmp_path / "new", BASE)
    records = tmp_path / "records.ttl"
    graph = catalogue.graph + catalogue.law
    for dataset in catalogue.datasets.values():
        graph += dataset.described
    graph.serialize(records, format="turtle")
    shapes = load_shapes([knowledge("shapes") / "records"])
    assert validate(load_data([records]), shapes).findings == []


def test_a_new_pools_file_is_accepted_without_a_remark(tmp_path: Path) -> None:
    """The sample converts and conforms, so that whoever begins sees no finding of ours."""
    init(tmp_path / "new")
    with Pool.open(Settings.load(tmp_path / "data", tmp_path / "new")) as pool:
        found = check(pool, DatasetKey("exemple", "programmation"))
    assert (found.accepted, found.report.rows, found.report.findings) == (True, 6, [])


def test_a_new_pools_settings_are_the_defaults(tmp_path: Path) -> None:
    """What parvis.toml explains is what would hold without it."""
    init(tmp_path / "new")
    told = Settings.load(tmp_path / "data", tmp_path / "new")
    (tmp_path / "new" / "parvis.toml").unlink()
    assert told == Settings.load(tmp_path / "data", tmp_path / "new")


def test_an_existing_folder_is_left_as_it_is(tmp_path: Path) -> None:
    """Even an empty folder is refused."""
    with pytest.raises(UsageError, match="exists already"):
        init(tmp_path)
    assert list(tmp_path.iterdir()) == []
