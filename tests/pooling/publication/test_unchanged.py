"""What a publication takes over from the one before is what it would have written."""

from pathlib import Path

import pytest

from parvis.catalog import void
from parvis.pooling.pool import Pool
from parvis.pooling.publication import contents, records
from parvis.pooling.publication.publish import publish
from parvis.pooling.publication.unchanged import BASES
from parvis.store.generation import generation as store

DESCRIPTIONS = ("site/records/", "site/closed/", "site/void/", "site/statistics/")
OPEN = "theatre-b/spectacles"


def published_files(pool: Pool) -> dict[str, str]:
    """Publish, and return the digest of each file that describes datasets."""
    publish(pool)
    files = store.current(pool.settings.data).manifest.files
    return {
        name: digest
        for name, digest in files.items()
        if name.startswith(DESCRIPTIONS) or name == "site/datasets.json"
    }


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note each dataset whose record is built, or that is described in VoID."""
    keys: list[str] = []
    build, describe = records._build_record, void.dataset_void  # noqa: SLF001 - what must not be run

    def build_record(*arguments: object) -> object:
        keys.append(str(arguments[1]))
        return build(*arguments)  # type: ignore[arg-type]

    def describe_void(*arguments: object) -> object:
        keys.append(f"void of {arguments[0].key}")  # type: ignore[attr-defined]
        return describe(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(records, "_build_record", build_record)
    monkeypatch.setattr(contents, "dataset_void", describe_void)
    return keys


def test_only_what_changed_is_described_again(published: Pool, built: list[str]) -> None:
    """The files are the same bytes; a text that changes changes the record that it is of."""
    first = published_files(published)
    built.clear()
    assert published_files(published) == first
    assert built == []
    text = published.catalog.folder / OPEN / "dataset.ttl"
    text.write_text(text.read_text("utf-8").replace("dcat:keyword", 'dcat:keyword "neige"@fr ,', 1))
    with Pool.open(published.settings) as pool:
        assert published_files(pool) != first
    assert built == [OPEN]


def test_what_is_damaged_or_of_another_version_is_described_again(
    published: Pool, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published_files(published)
    site = store.current(published.settings.data).site
    for file in (site / "records" / "ttl", site / "void" / f"{OPEN}.nt"):
        _replace_end(file)
    built.clear()
    assert published_files(published) == first
    assert f"void of {OPEN}" in built
    assert len(built) == 2
    built.clear()
    monkeypatch.setattr("parvis.pooling.publication.unchanged._digest_code", lambda: "other")
    assert published_files(published) == first
    assert len(built) > len(published.catalog.datasets)
    _replace_end(store.current(published.settings.data).site / BASES)
    assert published_files(published) == first


def _replace_end(file: Path) -> None:
    """Damage a file without a change of its size, and not those that are linked to it."""
    body = file.read_bytes()
    file.unlink()
    file.write_bytes(body[:-20] + b"?" * 20)
