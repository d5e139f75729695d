"""One writer at a time in a data folder."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parvis.config import make_private
from parvis.errors import StoreError

_mutex = threading.Lock()
_holders: dict[Path, int] = {}


@contextmanager
def writing(data: Path) -> Iterator[None]:
    """Hold the data folder for writing; the thread that holds it may enter again.

    The lock is the kernel's (flock on ``lock``): it ends with the process, however that ends.
    Raises `StoreError` at once when another thread or process holds it.
    """
    folder = data.resolve()
    if _holders.get(folder) == threading.get_ident():
        yield
        return
    make_private(folder)
    handle = _locked(folder)
    with _mutex:
        _holders[folder] = threading.get_ident()
    try:
        yield
    finally:
        with _mutex:
            del _holders[folder]
        os.close(handle)


def _locked(folder: Path) -> int:
    """Take the kernel's lock; closing the handle gives it back."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise StoreError(
            "another command is writing to {folder}; try again when it has ended", folder=folder
        ) from error
    return handle
