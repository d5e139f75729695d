"""A copy is what its origin serves, to the last bit, or it is none."""

import json
import shutil
from pathlib import Path

import pytest

from parvis.errors import StoreError
from parvis.store.generation.generation import (
    Generation,
    GenerationContent,
    build,
    current,
    numbers,
    verify,
)
from parvis.store.generation.replica import FolderOrigin, pull
from tests.store.conftest import OPEN, OTHER, Written, fact


class Counting(FolderOrigin):
    """A folder that counts what is brought from it, and breaks after some files."""

    def __init__(self, data: Path, most: int = 1000) -> None:
        """Break after `most` files."""
        super().__init__(data)
        self.brought: list[str] = []
        self._most = most

    def bring(self, number: int, name: str, file: Path, size: int) -> None:
        """Copy a file."""
        if len(self.brought) == self._most:
            raise OSError("the cable is cut")
        self.brought.append(name)
        super().bring(number, name, file, size)


def kinds(folder: Path) -> list[str]:
    """Give one file of each kind that a generation has."""
    names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()]
    found = {f"{name.split('/')[0]}{Path(name).suffix}": name for name in sorted(names)}
    return [name for name in found.values() if name != "manifest.json"]


def flipped(file: Path) -> None:
    """Change one bit of a file that is not empty, as a disk or a cable would."""
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.unlink()  # the file may have other names
    file.write_bytes(body)


def test_a_copy_is_whole_and_served(generation: Generation, tmp_path: Path) -> None:
    """The second pull has nothing to do."""
    data, origin = tmp_path / "copy", Counting(generation.folder.parents[1])
    found = pull(data, origin)
    assert found is not None
    assert found.manifest == generation.manifest == current(data).manifest
    verify(found)
    assert pull(data, origin) is None
    assert len(origin.brought) == len(generation.manifest.files)


def test_one_flipped_bit_is_refused_in_every_kind_of_file(
    generation: Generation, tmp_path: Path
) -> None:
    """The message names the file; nothing is served, and the sound files are not lost."""
    origin, data = generation.folder.parents[1], tmp_path / "copy"
    names = [one for one in kinds(generation.folder) if (generation.folder / one).stat().st_size]
    assert len(names) > 4
    for name in names:
        there = tmp_path / "origin" / name.replace("/", "-")
        shutil.copytree(origin, there)
        flipped(there / "generations" / "1" / name)
        with pytest.raises(StoreError, match=Path(name).name):
            pull(data, FolderOrigin(there))
        assert numbers(data) == []
        shutil.rmtree(data / "generations" / "1.pulled")
    assert pull(data, FolderOrigin(origin)) is not None


def test_a_damaged_manifest_is_refused(generation: Generation, tmp_path: Path) -> None:
    """So is one that names a file outside of its folder."""
    origin, data = generation.folder.parents[1], tmp_path / "copy"
    file = generation.folder / "manifest.json"
    body = file.read_text()
    for name in ("../outside", "/etc/passwd", "a/../../b", "a//b"):
        told = json.loads(body)
        told["files"][name] = told["files"].pop("a/b.txt", next(iter(told["files"].values())))
        file.write_text(json.dumps(told))
        with pytest.raises(StoreError, match="damaged"):
            pull(data, FolderOrigin(origin))
    file.write_text(body[:-20])
    with pytest.raises(StoreError, match="damaged"):
        pull(data, FolderOrigin(origin))
    assert numbers(data) == []


def test_an_interrupted_copy_goes_on_where_it_stopped(
    generation: Generation, tmp_path: Path
) -> None:
    """What came before is not brought again."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    with pytest.raises(StoreError, match="cable"):
        pull(data, Counting(origin, most=3))
    rest = Counting(origin)
    assert pull(data, rest) is not None
    assert len(rest.brought) == len(generation.manifest.files) - 3


def test_a_new_generation_brings_what_is_new_and_leaves_nothing_of_the_former(
    generation: Generation, tmp_path: Path, written: Written
) -> None:
    """What was erased at the origin is erased here; equal files are linked."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    pull(data, FolderOrigin(origin))
    files = {graph: written(graph.rpartition("/")[2], fact(graph)) for graph in (OPEN, OTHER)}
    build(origin, GenerationContent(open=files, files={"a/b.txt": b"c"}))
    counting = Counting(origin)
    assert pull(data, counting) is not None
    assert [one.name for one in (data / "generations").iterdir()] == ["2"]
    assert "site/a/b.txt" not in counting.brought
    verify(current(data))


def test_a_copy_that_was_damaged_is_made_again(generation: Generation, tmp_path: Path) -> None:
    """A glance at each file tells; its sound files are taken over."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    found = pull(data, FolderOrigin(origin))
    assert found is not None
    flipped(found.site / "a" / "b.txt")
    counting = Counting(origin)
    assert pull(data, counting) is not None
    assert counting.brought == ["site/a/b.txt"]
    verify(current(data))
