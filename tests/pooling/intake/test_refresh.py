"""Datasets are fetched again from their sources when these have changed."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from parvis.config import Settings
from parvis.errors import CatalogError, FetchError, SourceError, StoreError, UnknownThing
from parvis.fetch.address import Address
from parvis.pooling.intake.check import preview
from parvis.pooling.intake.refresh import refresh, refreshable
from parvis.pooling.intake.submit import check, submit
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from tests.conftest import Server


KEY = DatasetKey("theatre-b", "spectacles")


@pytest.fixture
def catalog(settings: Settings) -> Path:
    """Return the catalogue folder of a pool that may fetch from loopback."""
    (settings.catalog / "parvis.toml").write_text("[fetch]\nallow = ['127.0.0.1']\n", "utf-8")
    return settings.catalog


def open_pool(catalog: Path) -> Pool:
    """Open the pool with its catalogue folder as it is now."""
    return Pool.open(Settings.load(data=catalog.parent / "data", catalog=catalog))


def add_address(catalog: Path, url: str) -> Path:
    """Write an address into the dataset's record, and return its folder."""
    folder = catalog / "theatre-b" / "spectacles"
    with (folder / "dataset.ttl").open("a", encoding="utf-8") as record:
        statement = f"<id/dataset/{KEY}> dcat:distribution [ dcat:downloadURL <{url}> ] ."
        record.write(f"\n@prefix dcat: <http://www.w3.org/ns/dcat#> .\n{statement}\n")
    return folder


def refresh_datasets(catalog: Path, name: str | None = str(KEY)) -> list[str]:
    """Refresh the datasets of a name, and return the status of each."""
    with open_pool(catalog) as pool:
        return [result.status for result in refresh(pool, refreshable(pool, name))]


def count_conditional_requests(server: "Server") -> int:
    return sum("If-None-Match" in headers for _, headers in server.asked)


@pytest.fixture
def sample_text(catalog: Path) -> bytes:
    """Return the text of the sample."""
    return (catalog / "theatre-b" / "spectacles" / "spectacles.csv").read_bytes()


def test_a_file_at_an_address_is_checked_previewed_and_submitted_like_a_local_one(
    catalog: Path, server: "Server", sample_text: bytes
) -> None:
    """It is stored under its own name, and no other file is left."""
    address = Address.parse(server.gives("/envoi.csv", sample_text))
    with open_pool(catalog) as pool:
        assert check(pool, KEY, address).accepted
        assert not pool.settings.data.exists()
        assert len(list(preview(pool, KEY, address, 1))) > 1
        assert submit(pool, KEY, address).stored
        (folder,) = (pool.settings.data / "incoming" / str(KEY)).glob("*/")
    assert (folder / "envoi.csv").read_bytes() == sample_text


def test_an_unchanged_file_is_not_fetched_again(
    catalog: Path, server: "Server", sample_text: bytes
) -> None:
    """By its ETag, then by its digest."""
    add_address(catalog, server.gives("/envoi.csv", sample_text, ETag='"1"'))
    assert refresh_datasets(catalog) == ["stored"]
    state = (catalog.parent / "data" / "state.json").read_bytes()
    assert refresh_datasets(catalog) == ["unchanged"]
    assert count_conditional_requests(server) == 1
    server.gives("/envoi.csv", sample_text, ETag='"2"')
    assert refresh_datasets(catalog) == ["unchanged"]
    assert refresh_datasets(catalog) == ["unchanged"]
    assert server.asked[-1][1]["If-None-Match"] == '"2"'
    assert (catalog.parent / "data" / "state.json").read_bytes() == state


def test_a_changed_file_is_submitted(catalog: Path, server: "Server", sample_text: bytes) -> None:
    """As is the same file with a changed mapping, which the server cannot know of."""
    folder = add_address(catalog, server.gives("/envoi.csv", sample_text, ETag='"1"'))
    assert refresh_datasets(catalog) == ["stored"]
    shorter = b"".join(sample_text.splitlines(keepends=True)[:2])
    server.gives("/envoi.csv", shorter, ETag='"2"')
    assert refresh_datasets(catalog) == ["stored"]
    with (folder / "mapping.yml").open("a", encoding="utf-8") as mapping:
        mapping.write("# relue\n")
    assert refresh_datasets(catalog) == ["stored"]
    assert refresh_datasets(catalog) == ["unchanged"]


def test_a_file_is_fetched_again_after_another_submission(
    catalog: Path, server: "Server", sample_text: bytes
) -> None:
    """The ETag is of a file that is no longer the content."""
    folder = add_address(catalog, server.gives("/envoi.csv", sample_text, ETag='"1"'))
    assert refresh_datasets(catalog) == ["stored"]
    with open_pool(catalog) as pool:
        local_file = folder / "spectacles.csv"
        local_file.write_bytes(b"".join(sample_text.splitlines(keepends=True)[:-1]))
        assert submit(pool, KEY, local_file).stored
    assert refresh_datasets(catalog) == ["stored"]


def test_a_refused_file_is_reported_each_time(
    catalog: Path, server: "Server", sample_text: bytes
) -> None:
    """Its ETag is not stored, or the refusal would be forgotten."""
    add_address(catalog, server.gives("/envoi.csv", sample_text, ETag='"1"'))
    assert refresh_datasets(catalog) == ["stored"]
    bad = b"\n".join(
        [*sample_text.splitlines()[:1], *[b"," * sample_text.splitlines()[0].count(b",")] * 3]
    )
    server.gives("/envoi.csv", bad + b"\n", ETag='"2"')
    statuses = refresh_datasets(catalog)
    assert statuses == refresh_datasets(catalog)
    assert statuses in (["refused"], ["failed"])


def test_a_local_source_is_compared_by_its_digest(catalog: Path) -> None:
    file = catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    assert refresh_datasets(catalog) == ["stored"]
    assert refresh_datasets(catalog) == ["unchanged"]
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    assert refresh_datasets(catalog) == ["stored"]


def test_a_failing_dataset_stops_no_other(catalog: Path, server: "Server") -> None:
    """A partner's name selects its datasets, no name selects all."""
    add_address(catalog, server.address("/absent.csv"))
    with open_pool(catalog) as pool:
        results = {
            str(result.key): result for result in refresh(pool, refreshable(pool, "theatre-b"))
        }
        assert len(refreshable(pool)) == len(results) == 3
        with pytest.raises(UnknownThing):
            refreshable(pool, "absent")
        with pytest.raises(UnknownThing):
            refreshable(pool, "theatre-b/absent")
    failed = results.pop(str(KEY))
    assert isinstance(failed.error, FetchError)
    assert failed.exit_code == 3
    assert "404" in failed.to_json()["error"]["fr"]
    assert {result.status for result in results.values()} == {"stored"}


def test_a_dataset_without_a_source_is_reported_only_if_it_is_named(catalog: Path) -> None:
    """Among all it is skipped: its partner sends its files."""
    (catalog / "theatre-b" / "spectacles" / "spectacles.csv").unlink()
    with open_pool(catalog) as pool:
        (result,) = refresh(pool, refreshable(pool, str(KEY)))
        assert isinstance(result.error, SourceError)
        assert KEY not in {item.key for item in refreshable(pool)}


@pytest.mark.parametrize("url", ["ftp://ville.example/a", "https://me:secret@ville.example/a"])
def test_an_invalid_address_in_a_record_is_reported_with_its_file(catalog: Path, url: str) -> None:
    """Before any request, and without repeating a password."""
    add_address(catalog, url)
    with pytest.raises(CatalogError, match=r"dataset\.ttl") as caught:
        open_pool(catalog)
    assert "secret" not in str(caught.value)


def test_a_dataset_has_a_single_address(catalog: Path) -> None:
    add_address(catalog, "https://ville.example/a.csv")
    add_address(catalog, "https://ville.example/b.csv")
    with pytest.raises(CatalogError, match="not from several"):
        open_pool(catalog)


def test_damaged_source_states_are_reported_by_file(
    catalog: Path, server: "Server", sample_text: bytes
) -> None:
    add_address(catalog, server.gives("/envoi.csv", sample_text, ETag='"1"'))
    assert refresh_datasets(catalog) == ["stored"]
    (catalog.parent / "data" / "sources.json").write_text("{", encoding="utf-8")
    with open_pool(catalog) as pool:
        (result,) = refresh(pool, refreshable(pool, str(KEY)))
    assert isinstance(result.error, StoreError)
    assert "sources.json" in json.dumps(result.to_json())
