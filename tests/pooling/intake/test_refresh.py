"""Datasets are taken anew from where they come from, when something has changed there."""

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
    """Give the catalogue folder, where loopback may be called."""
    (settings.catalog / "parvis.toml").write_text("[fetch]\nallow = ['127.0.0.1']\n", "utf-8")
    return settings.catalog


def opened(catalog: Path) -> Pool:
    """Open the pool as its folder is now."""
    return Pool.open(Settings.load(data=catalog.parent / "data", catalog=catalog))


def told(catalog: Path, url: str) -> Path:
    """Write an address into the dataset's record; gives its folder."""
    folder = catalog / "theatre-b" / "spectacles"
    with (folder / "dataset.ttl").open("a", encoding="utf-8") as record:
        about = f"<id/dataset/{KEY}> dcat:distribution [ dcat:downloadURL <{url}> ] ."
        record.write(f"\n@prefix dcat: <http://www.w3.org/ns/dcat#> .\n{about}\n")
    return folder


def status(catalog: Path, name: str | None = str(KEY)) -> list[str]:
    """Refresh what has a name; gives what came of each."""
    with opened(catalog) as pool:
        return [one.status for one in refresh(pool, refreshable(pool, name))]


def statuses(server: "Server") -> int:
    """Count the requests that asked “has it changed since?”."""
    return sum("If-None-Match" in headers for _, headers in server.asked)


@pytest.fixture
def text(catalog: Path) -> bytes:
    """Give the sample's text."""
    return (catalog / "theatre-b" / "spectacles" / "spectacles.csv").read_bytes()


def test_an_address_is_checked_previewed_and_submitted_as_a_file_is(
    catalog: Path, server: "Server", text: bytes
) -> None:
    """The file is kept under its own name, and nothing else is left."""
    address = Address.parse(server.gives("/envoi.csv", text))
    with opened(catalog) as pool:
        assert check(pool, KEY, address).accepted
        assert not pool.settings.data.exists()
        assert len(list(preview(pool, KEY, address, 1))) > 1
        assert submit(pool, KEY, address).stored
        (kept,) = (pool.settings.data / "incoming" / str(KEY)).glob("*/")
    assert (kept / "envoi.csv").read_bytes() == text


def test_what_has_not_changed_is_not_fetched_again(
    catalog: Path, server: "Server", text: bytes
) -> None:
    """Refreshing twice is refreshing once: by the ETag, then by the digest."""
    told(catalog, server.gives("/envoi.csv", text, ETag='"1"'))
    assert status(catalog) == ["stored"]
    state = (catalog.parent / "data" / "state.json").read_bytes()
    assert status(catalog) == ["unchanged"]
    assert statuses(server) == 1
    server.gives("/envoi.csv", text, ETag='"2"')
    assert status(catalog) == ["unchanged"]
    assert status(catalog) == ["unchanged"]
    assert server.asked[-1][1]["If-None-Match"] == '"2"'
    assert (catalog.parent / "data" / "state.json").read_bytes() == state


def test_what_has_changed_is_submitted(catalog: Path, server: "Server", text: bytes) -> None:
    """A new file, or a new mapping of the same file, which its server need not know of."""
    folder = told(catalog, server.gives("/envoi.csv", text, ETag='"1"'))
    assert status(catalog) == ["stored"]
    shorter = b"".join(text.splitlines(keepends=True)[:2])
    server.gives("/envoi.csv", shorter, ETag='"2"')
    assert status(catalog) == ["stored"]
    with (folder / "mapping.yml").open("a", encoding="utf-8") as mapping:
        mapping.write("# relue\n")
    assert status(catalog) == ["stored"]
    assert status(catalog) == ["unchanged"]


def test_what_was_submitted_since_from_elsewhere_is_taken_anew(
    catalog: Path, server: "Server", text: bytes
) -> None:
    """What the server said is of a file that is no longer the content."""
    folder = told(catalog, server.gives("/envoi.csv", text, ETag='"1"'))
    assert status(catalog) == ["stored"]
    with opened(catalog) as pool:
        other = folder / "spectacles.csv"
        other.write_bytes(b"".join(text.splitlines(keepends=True)[:-1]))
        assert submit(pool, KEY, other).stored
    assert status(catalog) == ["stored"]


def test_a_refused_file_is_told_each_time(catalog: Path, server: "Server", text: bytes) -> None:
    """Its ETag is not kept, else the refusal would be forgotten."""
    told(catalog, server.gives("/envoi.csv", text, ETag='"1"'))
    assert status(catalog) == ["stored"]
    bad = b"\n".join([*text.splitlines()[:1], *[b"," * text.splitlines()[0].count(b",")] * 3])
    server.gives("/envoi.csv", bad + b"\n", ETag='"2"')
    first = status(catalog)
    assert first == status(catalog)
    assert first in (["refused"], ["failed"])


def test_a_file_beside_its_record_is_compared_by_its_digest(catalog: Path) -> None:
    """No address is needed."""
    file = catalog / "theatre-b" / "spectacles" / "spectacles.csv"
    assert status(catalog) == ["stored"]
    assert status(catalog) == ["unchanged"]
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    assert status(catalog) == ["stored"]


def test_what_fails_for_one_stops_no_other(catalog: Path, server: "Server") -> None:
    """A partner's name takes its datasets, no name all of them."""
    told(catalog, server.address("/absent.csv"))
    with opened(catalog) as pool:
        found = {str(one.key): one for one in refresh(pool, refreshable(pool, "theatre-b"))}
        assert len(refreshable(pool)) == len(found) == 3
        with pytest.raises(UnknownThing):
            refreshable(pool, "absent")
        with pytest.raises(UnknownThing):
            refreshable(pool, "theatre-b/absent")
    failed = found.pop(str(KEY))
    assert isinstance(failed.error, FetchError)
    assert failed.exit_code == 3
    assert "404" in failed.to_json()["error"]["fr"]
    assert {one.status for one in found.values()} == {"stored"}


def test_a_dataset_that_comes_from_nowhere_is_told_when_it_is_named(catalog: Path) -> None:
    """Among all it is passed over: its partner sends its files."""
    (catalog / "theatre-b" / "spectacles" / "spectacles.csv").unlink()
    with opened(catalog) as pool:
        (found,) = refresh(pool, refreshable(pool, str(KEY)))
        assert isinstance(found.error, SourceError)
        assert KEY not in {one.key for one in refreshable(pool)}


@pytest.mark.parametrize("url", ["ftp://ville.example/a", "https://me:secret@ville.example/a"])
def test_a_wrong_address_in_a_record_is_told_with_its_file(catalog: Path, url: str) -> None:
    """Before anything is called; a password is not repeated."""
    told(catalog, url)
    with pytest.raises(CatalogError, match=r"dataset\.ttl") as caught:
        opened(catalog)
    assert "secret" not in str(caught.value)


def test_a_dataset_has_one_address(catalog: Path) -> None:
    """Two would be two files."""
    told(catalog, "https://ville.example/a.csv")
    told(catalog, "https://ville.example/b.csv")
    with pytest.raises(CatalogError, match="not from several"):
        opened(catalog)


def test_a_damaged_memory_is_told(catalog: Path, server: "Server", text: bytes) -> None:
    """By its name."""
    told(catalog, server.gives("/envoi.csv", text, ETag='"1"'))
    assert status(catalog) == ["stored"]
    (catalog.parent / "data" / "sources.json").write_text("{", encoding="utf-8")
    with opened(catalog) as pool:
        (found,) = refresh(pool, refreshable(pool, str(KEY)))
    assert isinstance(found.error, StoreError)
    assert "sources.json" in json.dumps(found.to_json())
