"""The secret parameters of disclosure control: the file ``disclosure`` of the data folder.

They are drawn at their first use and never change. Only the owner may read the file: whoever knows
p, or the key, could undo a part of rounding and suppression.
"""

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from parvis.errors import StoreError
from parvis.i18n import N_
from parvis.ledger.key import BITS, write_secret

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
