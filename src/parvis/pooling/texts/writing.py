"""Write the texts of the catalogue folder, so that a kill leaves the old ones or the new ones.

What is about to be written stands in the ledger first: `finish_changes` writes what a killed
process left, before anything reads the folder.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from parvis.config import Settings, make_private
from parvis.errors import StoreError, UsageError
from parvis.i18n import N_
from parvis.ledger import TextChange, TextChanges
from parvis.store.files import move, settle

BUSY = N_("somebody else is changing the catalogue just now; try again in a moment")
NO_PATH = N_("“{path}” is no text of the catalogue folder")
NO_TEXT = N_("{file} is not UTF-8 text: {reason}")

LOCK = "texts.lock"
"""The file of the data folder that whoever changes texts holds."""
BEGUN = "texts.begun"
"""The file of the data folder that is there while a change is being written.

Whoever only reads looks for it, not into the ledger: to open that would leave files beside it.
"""
LONGEST, LONGEST_STEP = 1_000, 200
"""Characters of a path, and bytes of each of its steps: file systems take 255, with ours."""
PATIENCE = 10.0
"""Seconds to wait for whoever changes texts: a change takes less than one."""
PAUSE = 0.02


@contextmanager
def changing(data: Path) -> Iterator[None]:
    """Hold the texts for changing; raises `StoreError` when somebody else does for long.

    It is not the lock of `store.files.writing`: a text may change while a long publication runs.
    """
    make_private(data)
    handle = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise StoreError(BUSY) from error
                time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)


def text_file(folder: Path, path: str) -> Path:
    """Return the file of a text by its path in the catalogue folder; raises `UsageError`."""
    steps = PurePosixPath(path).parts
    is_plain = steps and path == "/".join(steps) and not path.startswith("/") and path.isprintable()
    # A hidden file is none of the catalogue's: git's own are.
    sizes = [len(step.encode(errors="replace")) for step in steps]
    is_long = len(path) > LONGEST or max(sizes, default=0) > LONGEST_STEP
    if not is_plain or is_long or "\\" in path or any(step.startswith(".") for step in steps):
        raise UsageError(NO_PATH, path=path)
    file = folder.joinpath(*steps)
    if not file.resolve().is_relative_to(folder.resolve()):
        raise UsageError(NO_PATH, path=path)
    return file


def read_text(file: Path) -> str | None:
    """Return a text, None where there is none; raises `UsageError` for what is no text."""
    try:
        # Without newline="" a line's end would come back as another one than it was.
        with file.open(encoding="utf-8", newline="") as stream:
            return stream.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise UsageError(NO_TEXT, file=file, reason=error) from error


def write_change(folder: Path, change: TextChange) -> None:
    """Write the files of a change that are not as it says: new ones, changed ones, removed ones.

    A file that is neither as before nor as after was changed by hand meanwhile, and stays.
    """
    ordered = sorted(
        change.texts, key=lambda text: (text.after is None, text.before is not None, text.path)
    )
    for text in ordered:
        file = text_file(folder, text.path)
        if read_text(file) != text.before or text.before == text.after:
            continue
        if text.after is None:
            file.unlink()
            settle(file.parent)
            with suppress(OSError):  # others are in it
                file.parent.rmdir()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        # A hidden file is none of a dataset's files.
        temporary = file.with_name(f".{file.name}.tmp")
        temporary.write_bytes(text.after.encode())
        move(temporary, file)


def apply_change(settings: Settings, change: TextChange) -> None:
    """Record a change, write it, and record that it is written."""
    changes, mark = TextChanges(settings.data), settings.data / BEGUN
    mark.touch(mode=0o600)
    settle(settings.data)
    begun = changes.begin(change)
    write_change(settings.catalog, begun)
    changes.finish(begun)
    mark.unlink()


def finish_changes(settings: Settings) -> None:
    """Write what a killed process left to be written, before anything reads the folder."""
    if (settings.data / BEGUN).exists():
        with changing(settings.data):
            finish_begun(settings)


def finish_begun(settings: Settings) -> None:
    """Do the same for who holds the texts already."""
    changes, mark = TextChanges(settings.data), settings.data / BEGUN
    if not mark.exists():
        return
    for change in changes.unfinished():
        write_change(settings.catalog, change)
        changes.finish(change)
    mark.unlink()
