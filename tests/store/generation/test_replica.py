"""A replica equals its origin to the last bit, or is refused."""

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
from tests.store.conftest import OPEN, OTHER, WriteLines, write_triple


class CountingOrigin(FolderOrigin):
    """An origin that counts the copied files, and fails after some of them."""

    def __init__(self, data: Path, most: int = 1000) -> None:
        """Fail after `most` files."""
        super().__init__(data)
        self.copied: list[str] = []
        self._most = most

    def fetch(self, number: int, name: str, file: Path, size: int) -> None:
        if len(self.copied) == self._most:
            raise OSError("the cable is cut")
        self.copied.append(name)
        super().fetch(number, name, file, size)


def list_file_kinds(folder: Path) -> list[str]:
    """Return a file of each kind in a generation."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    by_kind = {f"{name.split('/')[0]}{Path(name).suffix}": name for name in sorted(names)}
    return [name for name in by_kind.values() if name != "manifest.json"]


def flip_bit(file: Path) -> None:
    """Change a bit of a file that is not empty, as a disk or a connection might."""
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.unlink()  # the file may be hard-linked
    file.write_bytes(body)


def test_a_replica_is_complete_and_served(generation: Generation, tmp_path: Path) -> None:
    """A second pull has nothing to do."""
    data, origin = tmp_path / "copy", CountingOrigin(generation.folder.parents[1])
    replica = pull(data, origin)
    assert replica is not None
    assert replica.manifest == generation.manifest == current(data).manifest
    verify(replica)
    assert pull(data, origin) is None
    assert len(origin.copied) == len(generation.manifest.files)


def test_a_flipped_bit_is_refused_in_every_kind_of_file(
    generation: Generation, tmp_path: Path
) -> None:
    """The error names the file; nothing is served, and the valid files are not lost."""
    origin, data = generation.folder.parents[1], tmp_path / "copy"
    names = [
        file_name
        for file_name in list_file_kinds(generation.folder)
        if (generation.folder / file_name).stat().st_size
    ]
    assert len(names) > 4
    for name in names:
        damaged_origin = tmp_path / "origin" / name.replace("/", "-")
        shutil.copytree(origin, damaged_origin)
        flip_bit(damaged_origin / "generations" / "1" / name)
        with pytest.raises(StoreError, match=Path(name).name):
            pull(data, FolderOrigin(damaged_origin))
        assert numbers(data) == []
        shutil.rmtree(data / "generations" / "1.pulled")
    assert pull(data, FolderOrigin(origin)) is not None


def test_a_damaged_manifest_is_refused(generation: Generation, tmp_path: Path) -> None:
    """As is a manifest that names a file outside of its folder."""
    origin, data = generation.folder.parents[1], tmp_path / "copy"
    file = generation.folder / "manifest.json"
    body = file.read_text()
    for name in ("../outside", "/etc/passwd", "a/../../b", "a//b"):
        manifest = json.loads(body)
        manifest["files"][name] = manifest["files"].pop(
            "a/b.txt", next(iter(manifest["files"].values()))
        )
        file.write_text(json.dumps(manifest))
        with pytest.raises(StoreError, match="damaged"):
            pull(data, FolderOrigin(origin))
    file.write_text(body[:-20])
    with pytest.raises(StoreError, match="damaged"):
        pull(data, FolderOrigin(origin))
    assert numbers(data) == []


def test_an_interrupted_pull_resumes_where_it_stopped(
    generation: Generation, tmp_path: Path
) -> None:
    """Files that were copied are not copied again."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    with pytest.raises(StoreError, match="cable"):
        pull(data, CountingOrigin(origin, most=3))
    remainder = CountingOrigin(origin)
    assert pull(data, remainder) is not None
    assert len(remainder.copied) == len(generation.manifest.files) - 3


def test_a_new_generation_copies_new_files_and_deletes_the_former(
    generation: Generation, tmp_path: Path, write_lines: WriteLines
) -> None:
    """What was erased at the origin is erased in the replica; equal files are linked."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    pull(data, FolderOrigin(origin))
    files = {
        graph: write_lines(graph.rpartition("/")[2], write_triple(graph)) for graph in (OPEN, OTHER)
    }
    build(origin, GenerationContent(open=files, files={"a/b.txt": b"c"}))
    counting_origin = CountingOrigin(origin)
    assert pull(data, counting_origin) is not None
    assert [path.name for path in (data / "generations").iterdir()] == ["2"]
    assert "site/a/b.txt" not in counting_origin.copied
    verify(current(data))


def test_a_damaged_replica_is_repaired(generation: Generation, tmp_path: Path) -> None:
    """A quick verification detects the damage; valid files are reused."""
    data, origin = tmp_path / "copy", generation.folder.parents[1]
    replica = pull(data, FolderOrigin(origin))
    assert replica is not None
    flip_bit(replica.site / "a" / "b.txt")
    counting_origin = CountingOrigin(origin)
    assert pull(data, counting_origin) is not None
    assert counting_origin.copied == ["site/a/b.txt"]
    verify(current(data))
