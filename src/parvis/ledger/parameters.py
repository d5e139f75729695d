"""The secret parameters of disclosure control: the file ``disclosure`` of the data folder.

They are drawn at their first use and never change. Only the owner may read the file: whoever knows
p, or the key, could undo a part of rounding and suppression.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from parvis.config import make_private
from parvis.errors import StoreError
from parvis.i18n import N_

NAME = "disclosure"
LOW, HIGH, STEPS = 15.0, 25.0, 10_000
"""The range from which p is drawn, and the number of steps in it."""
BITS = 256
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
        _draw(file)
    if file.stat().st_mode & 0o077:
        raise StoreError(READABLE, file=file)
    try:
        document = json.loads(file.read_text(encoding="ascii"))
        secret = Parameters(float(document["p"]), bytes.fromhex(document["key"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(DAMAGED, file=file, reason=error) from error
    if not LOW <= secret.p <= HIGH or len(secret.key) * 8 < BITS:
        raise StoreError(DAMAGED, file=file, reason="p, key")
    return secret


def _draw(file: Path) -> None:
    make_private(file.parent)
    # As with the signing key, the first process that links its draft wins.
    p = LOW + (HIGH - LOW) * secrets.randbelow(STEPS + 1) / STEPS
    draft = file.with_name(f"{NAME}.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            json.dump({"p": p, "key": secrets.token_hex(BITS // 8)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()
