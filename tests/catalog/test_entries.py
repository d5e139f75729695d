"""Datasets: mappings, source files, error threshold."""

from pathlib import Path

import pytest

from parvis.catalog.entries import Dataset
from parvis.catalog.folder import Catalog
from parvis.errors import CatalogError, SourceError

BASE = "https://pool.example/"


def events(folder: Path, *names: str) -> Dataset:
    """Write files into a dataset's folder and read the dataset."""
    for name in names:
        (folder / "theatre" / "events" / name).write_text("…", encoding="utf-8")
    return Catalog.load(folder, BASE).require_named("theatre/events")


def test_a_mapping_is_chosen_by_the_extension_of_the_file(folder: Path) -> None:
    """The default mapping serves all other extensions, and folders."""
    dataset = events(folder, "mapping.yml", "mapping.xls.yml")
    assert dataset.mapping_for(Path("A.XLS")).name == "mapping.xls.yml"
    assert dataset.mapping_for(Path("a.csv")).name == "mapping.yml"
    assert dataset.mapping_for(Path("folder")).name == "mapping.yml"


def test_a_missing_mapping_is_an_error(folder: Path) -> None:
    """The error names the missing file, or says that the mapping is for other files."""
    with pytest.raises(CatalogError, match=r"no mapping for “a\.csv”.*mapping\.yml is missing"):
        events(folder).mapping_for(Path("a.csv"))
    with pytest.raises(SourceError, match=r"is not for a file like “a\.csv”"):
        events(folder, "mapping.xls.yml").mapping_for(Path("a.csv"))


def test_the_data_files_of_a_folder_are_its_sources(folder: Path) -> None:
    """Records, mappings, notes and hidden files are not sources."""
    dataset = events(folder, "b.csv", "a.xlsx", "mapping.yml", "README.md", ".DS_Store")
    assert [source.name for source in dataset.sources] == ["a.xlsx", "b.csv"]


def test_a_dataset_may_set_its_own_threshold(folder: Path) -> None:
    """It is a share of the rows."""
    file = folder / "theatre" / "events" / "dataset.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text} <id/dataset/theatre/events> parvis:errorThreshold 0.2 .", "utf-8")
    assert Catalog.load(folder, BASE).require_named("theatre/events").error_threshold == 0.2
