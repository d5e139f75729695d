"""Folders for work in progress, and the end of those that a killed process left behind."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from parvis.config import make_private

YOUNG = 60.0
"""Seconds for which a folder is left alone: whoever makes one locks it a moment later."""


@contextmanager
def workplace(data: Path) -> Iterator[Path]:
    """Give an empty folder under ``staging/``, on the record's own disk, that is gone after.

    The kernel's lock on it (flock) ends with the process, so that `sweep` knows whose is dead.
    """
    staging = data / "staging"
    make_private(data)
    staging.mkdir(mode=0o700, exist_ok=True)
    with TemporaryDirectory(dir=staging) as folder:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield Path(folder)
        finally:
            os.close(handle)


def sweep(data: Path) -> None:
    """Delete what processes that were killed left under ``staging/``."""
    for folder in (data / "staging").glob("*"):
        with suppress(FileNotFoundError, NotADirectoryError):
            if time.time() - folder.stat().st_mtime > YOUNG and _free(folder):
                shutil.rmtree(folder)


def _free(folder: Path) -> bool:
    """Say whether no process works in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
