"""The key that signs sessions: the file ``secrets`` of the data folder, readable by its owner."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from parvis.config import make_private

BITS = 256


def signing_key(data: Path) -> bytes:
    """Give the key of a data folder, drawn when it is first wanted.

    Processes that want it at once get the same: the file appears whole or not at all.
    """
    file = data / "secrets"
    if not file.exists():
        _draw(file)
    return file.read_bytes().strip()


def _draw(file: Path) -> None:
    """Write a key under a name of this process alone, then give it the file's, if it is free."""
    make_private(file.parent)
    draft = file.with_name(f"secrets.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(f"{secrets.token_hex(BITS // 8)}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()
