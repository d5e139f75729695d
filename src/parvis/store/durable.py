"""Writing so that a crash leaves the old or the new, and never something between."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from parvis.documents import Document

PIECE = 1 << 20


def settle(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle_tree(folder: Path) -> None:
    """Wait until a folder and all that is in it are on the disk."""
    for path in folder.rglob("*"):
        settle(path)
    settle(folder)


def replace(path: Path, body: bytes) -> None:
    """Give a file a new content, at once or not at all."""
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_bytes(body)
    move(temporary, path)


def move(temporary: Path, path: Path) -> None:
    """Move a finished file or folder to its name, once its content is on the disk."""
    settle(temporary)
    temporary.replace(path)
    settle(path.parent)


def copy_private(source: Path, target: Path) -> None:
    """Copy a file so that its owner alone may read it, whatever rights the other has."""
    with source.open("rb") as file:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as copy:
            os.fchmod(copy.fileno(), 0o600)  # also of a file that was there
            shutil.copyfileobj(file, copy, PIECE)


def read_object(file: Path) -> dict[str, Any]:
    """Read a file of one JSON object, empty if absent; raises `StoreError` for a damaged one."""
    try:
        body = file.read_bytes()
    except FileNotFoundError:
        return {}
    return Document.parse(body, file).table()


def replace_object(file: Path, whole: dict[str, Any]) -> None:
    """Replace a small file of one JSON object at once, its names in order."""
    replace(file, json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode())
