"""The timestamps of releases, stored in the data folder beside what the releases are made of.

The name of a file follows from all that is stamped: a release that another key signs, or whose
site has another address, has none until one is asked for again.
"""

from hashlib import sha256
from pathlib import Path

from parvis.config import make_private
from parvis.pooling.publics.history import FOLDER
from parvis.pooling.publics.receipts.keys import Signer
from parvis.pooling.publics.receipts.receipt import SignedRelease, compose_stamped
from parvis.store.files import replace_private
from parvis.vocab.iris import DatasetKey

ENDING = ".timestamp"
_DIGITS = 32


def read_timestamp(data: Path, release: SignedRelease, signer: Signer) -> bytes | None:
    """Return the stored timestamp of a release as a key signs it; None for none yet."""
    try:
        return _locate(data, release, signer).read_bytes()
    except FileNotFoundError:
        return None


def store_timestamp(data: Path, release: SignedRelease, signer: Signer, timestamp: bytes) -> None:
    """Store a timestamp, atomically, in a folder that only its owner may enter."""
    file = _locate(data, release, signer)
    make_private(file.parent)
    replace_private(file, timestamp)


def _locate(data: Path, release: SignedRelease, signer: Signer) -> Path:
    key = DatasetKey.parse(release.dataset)
    digest = sha256(compose_stamped(release, signer)).hexdigest()[:_DIGITS]
    return data / FOLDER / key.partner / key.dataset / f"{release.number}.{digest}{ENDING}"
