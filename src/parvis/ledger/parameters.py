"""The secret parameters of disclosure control: the file ``disclosure`` of the data folder.

They are drawn once for a pool, when they are first wanted, and stay: who knew p, or the key, could
take back a part of what rounding and suppression hide. Only the owner may read the file.
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
"""Between which p is drawn, in how many steps."""
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
        """Name the parameters without telling them."""
        return sha256(b"parvis disclosure\n" + self.key + str(self.p).encode()).hexdigest()[:16]


def parameters(data: Path) -> Parameters:
    """Give those of a data folder, drawn when they are first wanted.

    Raises `StoreError` for a file that others may read, or that is damaged.
    """
    file = data / NAME
    if not file.exists():
        _draw(file)
    if file.stat().st_mode & 0o077:
        raise StoreError(READABLE, file=file)
    try:
        told = json.loads(file.read_text(encoding="ascii"))
        found = Parameters(float(told["p"]), bytes.fromhex(told["key"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(DAMAGED, file=file, reason=error) from error
    if not LOW <= found.p <= HIGH or len(found.key) * 8 < BITS:
        raise StoreError(DAMAGED, file=file, reason="p, key")
    return found


def _draw(file: Path) -> None:
    """Write them under a name of this process alone, then give them the file's, if it is free."""
    make_private(file.parent)
    drawn = LOW + (HIGH - LOW) * secrets.randbelow(STEPS + 1) / STEPS
    draft = file.with_name(f"{NAME}.{secrets.token_hex(8)}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            json.dump({"p": drawn, "key": secrets.token_hex(BITS // 8)}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(draft)
    finally:
        draft.unlink()
