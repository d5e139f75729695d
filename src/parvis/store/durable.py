"""Writing so that a crash leaves the old or the new, and never something between."""

import json
import os
from pathlib import Path
from typing import Any

from parvis.errors import StoreError


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


def read_object(file: Path) -> dict[str, Any]:
    """Read a file of one JSON object, empty if absent; raises `StoreError` for a damaged one."""
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StoreError("{file} is damaged: {reason}", file=file, reason=error) from error
    return found


def replace_object(file: Path, whole: dict[str, Any]) -> None:
    """Replace a small file of one JSON object at once, its names in order."""
    replace(file, json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode())
