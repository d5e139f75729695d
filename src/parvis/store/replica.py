"""A copy of the generation that is served elsewhere: verified file by file, then served at once.

What the manifest says of a file is believed, nothing else: a file that differs by one bit is
refused, and what is served stays. Files that are here already are linked, not brought again, and a
copy that was interrupted goes on where it stopped.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Protocol

from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.store.durable import move, replace, settle, settle_tree
from parvis.store.generation import Generation, numbers, pointer, verify
from parvis.store.lock import writing
from parvis.store.manifest import NAME, Manifest, sha256

DIFFERS = N_("{file} came otherwise than the manifest says: it is refused, and nothing is changed")


class Origin(Protocol):
    """Where a generation is copied from."""

    def manifest(self) -> bytes:
        """Give the manifest of what is served there."""
        ...

    def bring(self, number: int, name: str, file: Path) -> None:
        """Bring one of a generation's files, or what its part that is here lacks."""
        ...


class Folder:
    """A data folder, or a copy of one that `rsync` made."""

    def __init__(self, data: Path) -> None:
        """Copy from a folder."""
        self._data = data

    def manifest(self) -> bytes:
        """Give the manifest."""
        return (self._generation(pointer(self._data)) / NAME).read_bytes()

    def bring(self, number: int, name: str, file: Path) -> None:
        """Copy a file anew."""
        shutil.copyfile(self._generation(number) / name, file)

    def _generation(self, number: int) -> Path:
        """Tell where a generation is."""
        return self._data / "generations" / str(number)


def pull(data: Path, origin: Origin) -> Generation | None:
    """Copy what is served at an origin, and serve it; None if that is what is served here.

    No other generation stays: what was erased at the origin is erased here. Raises `StoreError`
    for a file that differs, and what the origin raises; then the former generation is served, and
    what has come already is kept for the next attempt.
    """
    with writing(data):
        body = _read(origin)
        manifest = _manifest(body)
        folder = data / "generations" / str(manifest.generation)
        if _is_here(folder, body) and pointer(data) == manifest.generation:
            return None
        if not _is_here(folder, body):
            _copied(origin, manifest, body, folder)
        replace(data / "current", f"{manifest.generation}\n".encode())
        _drop_others(data, manifest.generation)
        return Generation(folder, manifest)


def _read(origin: Origin) -> bytes:
    """Take the manifest. Raises `StoreError`."""
    try:
        return origin.manifest()
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=NAME, reason=error) from error


def _manifest(body: bytes) -> Manifest:
    """Read a manifest that names files of its own folder alone. Raises `StoreError`."""
    try:
        found = Manifest.unpacked(body)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError("{file} is damaged: {reason}", file=NAME, reason=error) from error
    for name in found.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
            raise StoreError("{file} is damaged: {reason}", file=NAME, reason=name)
    return found


def _is_here(folder: Path, body: bytes) -> bool:
    """Say whether this very generation is here, and sound as far as a glance tells."""
    if not (folder / NAME).is_file() or (folder / NAME).read_bytes() != body:
        return False
    try:
        verify(Generation(folder, Manifest.read(folder)), wholly=False)
    except StoreError:
        return False
    return True


def _copied(origin: Origin, manifest: Manifest, body: bytes, folder: Path) -> None:
    """Bring every file, then give the folder its name."""
    temporary = folder.with_suffix(".pulled")
    known = dict(_known(folder.parent))
    for name in sorted(manifest.files):
        file = temporary / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not _is_sound(file, manifest, name):
            file.unlink(missing_ok=True)
            _brought(origin, manifest, name, file, known.get(manifest.files[name]))
    _remove_strangers(temporary, manifest)
    (temporary / NAME).write_bytes(body)
    settle_tree(temporary)
    if folder.is_dir():  # damaged, or of another history: an origin that was restored
        folder.rename(folder.with_suffix(".former"))
    move(temporary, folder)


def _brought(origin: Origin, manifest: Manifest, name: str, file: Path, held: Path | None) -> None:
    """Bring one file, or link one that is here; raises `StoreError` if it differs."""
    part = file.with_name(f"{file.name}.part")
    if held is not None and _is_sound(held, manifest, name):
        file.hardlink_to(held)
        return
    if part.exists() and part.stat().st_size >= manifest.sizes[name]:
        part.unlink()
    try:
        origin.bring(manifest.generation, name, part)
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=name, reason=error) from error
    if not _is_sound(part, manifest, name):
        part.unlink()
        raise StoreError(DIFFERS, file=name)
    part.replace(file)


def _is_sound(file: Path, manifest: Manifest, name: str) -> bool:
    """Say whether a file is what the manifest says."""
    if not file.is_file() or file.stat().st_size != manifest.sizes[name]:
        return False
    return sha256(file) == manifest.files[name]


def _known(generations: Path) -> Iterator[tuple[str, Path]]:
    """Give the files that are here, by their digests."""
    for number in numbers(generations.parent):
        folder = generations / str(number)
        with suppress(StoreError):
            for name, digest in Manifest.read(folder).files.items():
                yield digest, folder / name


def _remove_strangers(temporary: Path, manifest: Manifest) -> None:
    """Remove what an earlier attempt, at another generation of this number, had brought."""
    for path in [path for path in temporary.rglob("*") if path.is_file()]:
        if path.relative_to(temporary).as_posix() not in manifest.files:
            path.unlink()


def _drop_others(data: Path, number: int) -> None:
    """Delete every other generation, and what was left of other attempts."""
    generations = data / "generations"
    for path in generations.iterdir():
        if path.name != str(number):
            shutil.rmtree(path)
    settle(generations)
