"""Durable writes: a crash leaves the old file or the new one, never something between."""

import fcntl
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from parvis.config import make_private
from parvis.config.documents import Document
from parvis.config.durability import waits_for_disk
from parvis.errors import StoreError

PIECE = 1 << 20
WAITING = 16
"""Files whose bytes are waited for at a time."""
RECORDED = ".nt.gz"
"""The end of the name of a content of the record, or of what is made of one; no other has it."""


def settle(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk (fsync)."""
    if not waits_for_disk():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle_tree(folder: Path) -> None:
    """Wait until a folder and everything in it are on the disk (fsync)."""
    if waits_for_disk():
        # A disk writes the journal once for all that wait at the same time.
        with ThreadPoolExecutor(WAITING) as threads:
            list(threads.map(settle, (*folder.rglob("*"), folder)))


def replace(path: Path, body: bytes) -> None:
    """Replace a file's content atomically."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(body)
    move(temporary, path)


def move(temporary: Path, path: Path) -> None:
    """Move a finished file or folder to its name, once its content is on the disk."""
    settle(temporary)  # else a crash might leave the new name without its content
    temporary.replace(path)
    settle(path.parent)


def replace_private(path: Path, body: bytes) -> None:
    """Replace a file's content atomically, so that only its owner may read it."""
    temporary = path.with_name(f"{path.name}.tmp")
    with _open_private(temporary) as file:
        file.write(body)
    move(temporary, path)


def copy_private(source: Path, target: Path) -> None:
    """Copy a file so that only its owner may read it, whatever rights the source has."""
    with source.open("rb") as file, _open_private(target) as copy:
        shutil.copyfileobj(file, copy, PIECE)


def _open_private(path: Path) -> BinaryIO:
    # The mode is that of this file alone; a umask would be that of all threads.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    os.fchmod(handle, 0o600)  # the file may have existed
    return os.fdopen(handle, "wb")


def shred_folder(folder: Path) -> None:
    """Overwrite every file of a folder, then delete it with all that is in it.

    A journal of the disk may still hold blocks of what was written.
    """
    if not folder.exists():
        return
    for file in filter(Path.is_file, folder.rglob("*")):
        shred(file)
    shutil.rmtree(folder)
    settle(folder.parent)


def shred(file: Path) -> None:
    """Overwrite a file's bytes on the disk, then delete it."""
    with file.open("r+b") as stream:
        stream.write(bytes(file.stat().st_size))
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_object(file: Path) -> dict[str, Any]:
    """Read a file of one JSON object, empty if absent. Raises `StoreError` if damaged."""
    try:
        body = file.read_bytes()
    except FileNotFoundError:
        return {}
    return Document.parse(body, file).table()


def replace_object(file: Path, content: dict[str, Any]) -> None:
    """Replace a small file of one JSON object atomically, its names in order."""
    replace(file, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode())


# One writer at a time in a data folder.

_mutex = threading.Lock()
_holders: dict[Path, int] = {}


@contextmanager
def writing(data: Path) -> Iterator[None]:
    """Hold the data folder for writing; the thread that holds it may enter again.

    Raises `StoreError` at once when another thread or process holds it.
    """
    folder = data.resolve()
    if _holders.get(folder) == threading.get_ident():
        yield
        return
    make_private(folder)
    # The kernel's lock ends with the process, however that ends.
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise StoreError(
            "another command is writing to {folder}; try again when it has ended", folder=folder
        ) from error
    with _mutex:
        _holders[folder] = threading.get_ident()
    try:
        yield
    finally:
        with _mutex:
            del _holders[folder]
        os.close(handle)


# Folders for work in progress, and the removal of those that a killed process left behind.

YOUNG = 60.0
"""Seconds for which a new folder is left alone: its maker locks it a moment later."""


@contextmanager
def workplace(data: Path) -> Iterator[Path]:
    """Yield an empty folder under ``staging/``, on the record's own disk, and delete it after."""
    staging = data / "staging"
    make_private(data)
    staging.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=staging) as folder:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)  # ends with the process: `sweep` sees if it is dead
            yield Path(folder)
        finally:
            os.close(handle)


def sweep(data: Path) -> None:
    """Delete what killed processes left under ``staging/``."""
    for folder in (data / "staging").glob("*"):
        with suppress(FileNotFoundError, NotADirectoryError):
            if time.time() - folder.stat().st_mtime <= YOUNG:
                continue
            handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # it is in use
                continue
            finally:
                os.close(handle)
            shutil.rmtree(folder)
