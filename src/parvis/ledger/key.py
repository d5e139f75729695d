"""The key that signs sessions: the file ``secrets`` of the data folder, readable by its owner."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from parvis.config import make_private

BITS = 256


def signing_key(data: Path) -> bytes:
    """Return the key of a data folder, drawn at its first use."""
    file = data / "secrets"
    if not file.exists():
        write_secret(file, f"{secrets.token_hex(BITS // 8)}\n")
    return file.read_bytes().strip()


def write_secret(file: Path, text: str) -> None:
    """Write a file that only its owner may read, unless another process writes it first."""
    make_private(file.parent)
    # Processes that draw a secret at the same time must get the same one: each writes a draft of
    # its own, and the first that links it wins, so that the file appears whole or not at all.
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()
