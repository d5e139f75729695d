"""A copy of the generation that is served elsewhere: verified file by file, then served at once.

What the manifest says of a file is believed, nothing else: a file that differs by one bit is
refused, and what is served stays. Files that are here already are linked, not brought again, and a
copy that was interrupted goes on where it stopped.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from parvis.errors import StoreError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.store.files import move, replace, settle, settle_tree, writing
from parvis.store.generation.generation import Generation, numbers, pointer, verify
from parvis.store.generation.manifest import LARGEST, NAME, Manifest, sha256

DIFFERS = N_("{file} came otherwise than the manifest says: it is refused, and nothing is changed")
REFUSED = N_(
    "the copy is refused, and what is served here stays: {reason}. Ask whoever keeps the origin"
)
ELSEWHERE = N_("{file} is no plain file of its own folder")
TOO_LONG = N_("{file} has more than {most} bytes")
NO_ROOM = N_("the copy needs {needed} bytes, and the disk has {free} left: make room, then pull")
PIECE = 1 << 20


class Origin(Protocol):
    """Where a generation is copied from."""

    def manifest(self) -> bytes:
        """Return the manifest of what is served there, of `LARGEST` bytes at most."""
        ...

    def bring(self, number: int, name: str, file: Path, size: int) -> None:
        """Bring one of a generation's files, or what its part that is here lacks, up to a size."""
        ...


class Folder:
    """A data folder, or a copy of one that `rsync` made."""

    def __init__(self, data: Path) -> None:
        """Copy from a folder."""
        self._data = data

    def manifest(self) -> bytes:
        """Return the manifest."""
        with self._plain_file(pointer(self._data), NAME).open("rb") as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise StoreError(TOO_LONG, file=NAME, most=LARGEST)
        return body

    def bring(self, number: int, name: str, file: Path, size: int) -> None:
        """Copy a file anew, not beyond its size: it may be growing, or have no end."""
        with self._plain_file(number, name).open("rb") as source, file.open("wb") as copy:
            left = size
            while left and (piece := source.read(min(PIECE, left))):
                left -= copy.write(piece)

    def _plain_file(self, number: int, name: str) -> Path:
        """Find a file of a generation; a link, which may lead anywhere, or a device is none."""
        folder = (self._data / "generations" / str(number)).resolve()
        path = folder / name
        if path.resolve() != path or (path.exists() and not path.is_file()):
            raise StoreError(ELSEWHERE, file=path)
        return path


def pull(
    data: Path, origin: Origin, check: Callable[[Generation], None] = lambda _: None
) -> Generation | None:
    """Copy what is served at an origin, and serve it; None if that is what is served here.

    Its files being what the manifest says, `check` may refuse it still (`StoreError`), before it
    is served. No other generation stays: what was erased at the origin is erased here. Raises
    `StoreError` for a file that differs, and what the origin raises; then the former generation is
    served, and what has come already is kept for the next attempt.
    """
    with writing(data):
        try:
            body = origin.manifest()
            manifest = Manifest.unpacked(body)
            folder = data / "generations" / str(manifest.generation)
            new = not _is_here(folder, body)
            if new:
                _copied(origin, manifest, body, folder, check)
        except (StoreError, OSError) as error:
            raise StoreError(REFUSED, reason=_in_words(error)) from error
        former = pointer(data)
        if new or former != manifest.generation:
            replace(data / "current", f"{manifest.generation}\n".encode())
        # Also where nothing is new: a copy that was killed just here has left the former ones.
        _drop_others(data, manifest.generation)
        same = not new and former == manifest.generation
        return None if same else Generation(folder, manifest)


def _in_words(error: StoreError | OSError) -> dict[str, str]:
    """Say in each language what went wrong."""
    if isinstance(error, StoreError):
        return {lang: explain(error, lang) for lang in LANGUAGES}
    return dict.fromkeys(LANGUAGES, error.strerror or str(error))


def _is_here(folder: Path, body: bytes) -> bool:
    """Say whether this very generation is here, and sound as far as a glance tells."""
    if not (folder / NAME).is_file() or (folder / NAME).read_bytes() != body:
        return False
    try:
        verify(Generation(folder, Manifest.read(folder)), wholly=False)
    except StoreError:
        return False
    return True


def _copied(
    origin: Origin,
    manifest: Manifest,
    body: bytes,
    folder: Path,
    check: Callable[[Generation], None],
) -> None:
    """Bring every file, then give the folder its name."""
    temporary = folder.with_suffix(".pulled")
    temporary.mkdir(parents=True, exist_ok=True)
    _remove_strangers(temporary, manifest)
    known = dict(_known(folder.parent))
    lacking = [name for name in sorted(manifest.files) if not (temporary / name).is_file()]
    needed = sum(manifest.sizes[name] for name in lacking if manifest.files[name] not in known)
    if needed > (free := shutil.disk_usage(temporary).free):
        raise StoreError(NO_ROOM, needed=needed, free=free)
    for name in sorted(manifest.files):
        file = temporary / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not _is_sound(file, manifest, name):
            file.unlink(missing_ok=True)
            _brought(origin, manifest, name, file, known.get(manifest.files[name]))
    _remove_strangers(temporary, manifest)
    (temporary / NAME).write_bytes(body)
    settle_tree(temporary)
    check(Generation(temporary, manifest))
    if folder.is_dir():  # damaged, or of another history: an origin that was restored
        former = folder.with_suffix(".former")
        _delete(former)
        folder.rename(former)
    move(temporary, folder)


def _brought(origin: Origin, manifest: Manifest, name: str, file: Path, held: Path | None) -> None:
    """Bring one file, or link one that is here; raises `StoreError` if it differs."""
    # The part's own name is short, and no file of the manifest's: two of those may differ by
    # ".part" alone, and one of 255 bytes could not be lengthened.
    part = file.with_name(f".{manifest.files[name][:16]}.part")
    if held is not None and _is_sound(held, manifest, name):
        file.hardlink_to(held)
        return
    size = manifest.sizes[name]
    if part.exists() and part.stat().st_size >= size:
        part.unlink()
    try:
        origin.bring(manifest.generation, name, part, size)
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=name, reason=error) from error
    if not _is_sound(part, manifest, name):
        part.unlink(missing_ok=True)
        raise StoreError(DIFFERS, file=name)
    part.replace(file)


def _is_sound(file: Path, manifest: Manifest, name: str) -> bool:
    """Say whether a file is what the manifest says."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size != manifest.sizes[name]:
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
    """Remove what an earlier attempt, at another generation of this number, had brought.

    Parts stay, each of which is named by the digest of what it is to be.
    """
    parts = {f".{digest[:16]}.part" for digest in manifest.files.values()}
    for path in [path for path in temporary.rglob("*") if path.is_symlink() or path.is_file()]:
        if path.relative_to(temporary).as_posix() not in manifest.files and path.name not in parts:
            path.unlink()
    for folder in sorted((path for path in temporary.rglob("*") if path.is_dir()), reverse=True):
        if folder.relative_to(temporary).as_posix() in manifest.files:
            shutil.rmtree(folder)


def _drop_others(data: Path, number: int) -> None:
    """Delete every other generation, and what was left of other attempts."""
    generations = data / "generations"
    others = [path for path in generations.iterdir() if path.name != str(number)]
    for path in others:
        _delete(path)
    if others:
        settle(generations)


def _delete(path: Path) -> None:
    """Delete a folder and all that is in it, or a file that stands where one was."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
