"""Writing so that a crash leaves the old or the new, and never something between."""

import os
from pathlib import Path


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
