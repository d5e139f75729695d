"""Secrets of a data folder, drawn at their first use, each in a file that its owner alone may read.

The file ``secrets`` has the key that signs sessions, the file ``disclosure`` the parameters of
disclosure control. These never change: whoever knows p, or the key, could undo a part of rounding
and suppression. The file ``receipts`` has the key that signs receipts of figures, which may change,
and the public keys of before.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from parvis.config import make_private
from parvis.config.durability import waits_for_disk
from parvis.errors import StoreError
from parvis.i18n import N_

BITS = 256


def signing_key(data: Path) -> bytes:
    """Return the key of a data folder, drawn at its first use."""
    file = data / "secrets"
    if not file.exists():
        write_secret(file, f"{secrets.token_hex(BITS // 8)}\n")
    return file.read_bytes().strip()


def write_secret(file: Path, text: str) -> None:
    """Write a file that only its owner may read, unless another process writes it first."""
    # Processes that draw a secret at the same time must get the same one: each writes a draft of
    # its own, and the first that links it wins, so that the file appears whole or not at all.
    draft = _write_draft(file, text)
    try:
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()


def replace_secret(file: Path, text: str) -> None:
    """Write a file that only its owner may read in place of another; the caller holds the lock."""
    _write_draft(file, text).replace(file)


def _write_draft(file: Path, text: str) -> Path:
    make_private(file.parent)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
            stream.flush()
            if waits_for_disk():
                os.fsync(stream.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def read_secret(file: Path) -> str:
    """Return a secret; raises `StoreError` for a file that others than its owner may read."""
    if file.stat().st_mode & 0o077:
        raise StoreError(READABLE, file=file)
    return file.read_text(encoding="ascii")


NAME = "disclosure"
LOW, HIGH, STEPS = 15.0, 25.0, 10_000
"""The range from which p is drawn, and the number of steps in it."""
READABLE = N_("{file} may be read by others than its owner: it must have the mode 0600")
DAMAGED = N_("{file} is damaged: {reason}")


@dataclass(frozen=True)
class Parameters:
    """The p of the p% rule, in percent, and the key of rounding."""

    p: float
    key: bytes

    @property
    def identifier(self) -> str:
        """Identifies the parameters without revealing them."""
        return sha256(b"parvis disclosure\n" + self.key + str(self.p).encode()).hexdigest()[:16]


def parameters(data: Path) -> Parameters:
    """Return the parameters of a data folder, drawn at their first use.

    Raises `StoreError` for a file that others may read, or that is damaged.
    """
    file = data / NAME
    if not file.exists():
        p = LOW + (HIGH - LOW) * secrets.randbelow(STEPS + 1) / STEPS
        write_secret(file, json.dumps({"p": p, "key": secrets.token_hex(BITS // 8)}))
    try:
        document = json.loads(read_secret(file))
        secret = Parameters(float(document["p"]), bytes.fromhex(document["key"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(DAMAGED, file=file, reason=error) from error
    if not LOW <= secret.p <= HIGH or len(secret.key) * 8 < BITS:
        raise StoreError(DAMAGED, file=file, reason="p, key")
    return secret
