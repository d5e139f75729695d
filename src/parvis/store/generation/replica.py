"""Copy the generation served at an origin: verify it file by file, then serve it.

Only the manifest is trusted: a file that differs by one bit is refused, and the generation served
before stays. Files that are present already are linked, not fetched again, and an interrupted copy
continues where it stopped.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from parvis.errors import StoreError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.store.files import move, settle, settle_tree, sha256, writing
from parvis.store.generation.generation import Generation, delete_views, undamaged, verify
from parvis.store.generation.manifest import LARGEST, NAME, Manifest
from parvis.store.generation.pointer import move_pointer, read_pointer

DIFFERS = N_("{file} came otherwise than the manifest says: it is refused, and nothing is changed")
REFUSED = N_(
    "the copy is refused, and what is served here stays: {reason}. Ask whoever keeps the origin"
)
ELSEWHERE = N_("{file} is no plain file of its own folder")
TOO_LONG = N_("{file} has more than {most} bytes")
NO_ROOM = N_("the copy needs {needed} bytes, and the disk has {free} left: make room, then pull")
PIECE = 1 << 20


class ReplicaOrigin(Protocol):
    """Where a generation is copied from."""

    def manifest(self) -> tuple[bytes, int]:
        """Return the manifest served there, of `LARGEST` bytes at most, and its edition."""
        ...

    def fetch(self, number: int, name: str, file: Path, size: int) -> None:
        """Fetch one of a generation's files, or what its partial file lacks, up to a size."""
        ...


class FolderOrigin:
    """A data folder, or a copy of one made by `rsync`."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def manifest(self) -> tuple[bytes, int]:
        """Return the manifest. Raises `StoreError`."""
        number, edition = read_pointer(self._data)
        with self._plain_file(number, NAME).open("rb") as file:
            body = file.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise StoreError(TOO_LONG, file=NAME, most=LARGEST)
        return body, edition

    def fetch(self, number: int, name: str, file: Path, size: int) -> None:
        """Copy a file anew, up to its size."""
        with self._plain_file(number, name).open("rb") as source, file.open("wb") as copy:
            left = size  # the source may be growing, or have no end
            while left and (piece := source.read(min(PIECE, left))):
                left -= copy.write(piece)

    def _plain_file(self, number: int, name: str) -> Path:
        """Return the path of a regular file of a generation; links may lead anywhere."""
        folder = (self._data / "generations" / str(number)).resolve()
        path = folder / name
        if path.resolve() != path or (path.exists() and not path.is_file()):
            raise StoreError(ELSEWHERE, file=path)
        return path


def pull(
    data: Path, origin: ReplicaOrigin, check: Callable[[Generation], None] = lambda _: None
) -> Generation | None:
    """Copy and serve the generation served at an origin; None if it is served here already.

    Once its files are verified, `check` may still refuse it (`StoreError`) before it is served. All
    other generations are deleted, so that erasures at the origin apply here. Raises `StoreError`
    for a file that differs, and the errors of the origin; then the former generation stays, and
    fetched files are kept for the next attempt.
    """
    with writing(data):
        try:
            body, edition = origin.manifest()
            manifest = Manifest.from_bytes(body)
            folder = data / "generations" / str(manifest.generation)
            new = True
            if (folder / NAME).is_file() and (folder / NAME).read_bytes() == body:
                # This very generation is present, and sound as far as a quick check tells.
                with suppress(StoreError):
                    verify(Generation(folder, Manifest.read(folder)), wholly=False)
                    new = False
            if new:
                _copy(origin, manifest, body, folder, check)
        except (StoreError, OSError) as error:
            if isinstance(error, StoreError):
                reasons = {lang: explain(error, lang) for lang in LANGUAGES}
            else:
                reasons = dict.fromkeys(LANGUAGES, error.strerror or str(error))
            raise StoreError(REFUSED, reason=reasons) from error
        former = read_pointer(data)
        if new or former != (manifest.generation, edition):
            move_pointer(data, manifest.generation, edition)
        _delete_others(data, manifest.generation)
        unchanged = not new and former.number == manifest.generation
        return None if unchanged else Generation(folder, manifest)


def _delete_others(data: Path, number: int) -> None:
    """Delete all but a generation, also what a copy that was killed has left."""
    generations = data / "generations"
    leftovers = [path for path in generations.iterdir() if path.name != str(number)]
    for path in leftovers:
        _delete(path)
    delete_views(data, keep=[number])
    if leftovers:
        settle(generations)


def _copy(
    origin: ReplicaOrigin,
    manifest: Manifest,
    body: bytes,
    folder: Path,
    check: Callable[[Generation], None],
) -> None:
    """Fetch every file into a temporary folder, then rename it."""
    temporary = folder.with_suffix(".pulled")
    temporary.mkdir(parents=True, exist_ok=True)
    _remove_strangers(temporary, manifest)
    present: dict[str, Path] = {}  # local files by digest
    for local in undamaged(folder.parent.parent):
        files = local.manifest.files.items()
        present |= {digest: local.folder / name for name, digest in files}
    lacking = [name for name in sorted(manifest.files) if not (temporary / name).is_file()]
    needed = sum(manifest.sizes[name] for name in lacking if manifest.files[name] not in present)
    # Better no copy than a full disk halfway.
    if needed > (free := shutil.disk_usage(temporary).free):
        raise StoreError(NO_ROOM, needed=needed, free=free)
    for name in sorted(manifest.files):
        file = temporary / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not _is_sound(file, manifest, name):
            file.unlink(missing_ok=True)
            _fetch(origin, manifest, name, file, present.get(manifest.files[name]))
    _remove_strangers(temporary, manifest)
    (temporary / NAME).write_bytes(body)
    settle_tree(temporary)
    check(Generation(temporary, manifest))
    if folder.is_dir():  # damaged, or of another history, as after a restoration of the origin
        former = folder.with_suffix(".former")
        _delete(former)
        folder.rename(former)
    move(temporary, folder)


def _fetch(
    origin: ReplicaOrigin, manifest: Manifest, name: str, file: Path, local: Path | None
) -> None:
    """Fetch one file, or link a local one. Raises `StoreError` if it differs."""
    # The part's own name is short, and no file of the manifest's: two of those may differ by
    # ".part" alone, and one of 255 bytes could not be lengthened.
    part = file.with_name(f".{manifest.files[name][:16]}.part")
    if local is not None and _is_sound(local, manifest, name):
        file.hardlink_to(local)
        return
    size = manifest.sizes[name]
    if part.exists() and part.stat().st_size >= size:
        part.unlink()
    try:
        origin.fetch(manifest.generation, name, part, size)
    except OSError as error:
        raise StoreError("{file} is damaged: {reason}", file=name, reason=error) from error
    if not _is_sound(part, manifest, name):
        part.unlink(missing_ok=True)
        raise StoreError(DIFFERS, file=name)
    part.replace(file)


def _is_sound(file: Path, manifest: Manifest, name: str) -> bool:
    if file.is_symlink() or not file.is_file() or file.stat().st_size != manifest.sizes[name]:
        return False
    return sha256(file) == manifest.files[name]


def _remove_strangers(temporary: Path, manifest: Manifest) -> None:
    """Remove files of an earlier attempt at another generation of this number.

    Partial files stay if they are named by the digest of one of the manifest's files.
    """
    parts = {f".{digest[:16]}.part" for digest in manifest.files.values()}
    for path in [path for path in temporary.rglob("*") if path.is_symlink() or path.is_file()]:
        if path.relative_to(temporary).as_posix() not in manifest.files and path.name not in parts:
            path.unlink()
    for folder in sorted((path for path in temporary.rglob("*") if path.is_dir()), reverse=True):
        if folder.relative_to(temporary).as_posix() in manifest.files:
            shutil.rmtree(folder)


def _delete(path: Path) -> None:
    """Delete a folder and its content, or a file of its name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
