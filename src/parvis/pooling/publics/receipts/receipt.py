"""A receipt: one figure, its path to the root of its release, and what the third party signed.

It is JSON that is written in one way only, so that a receipt with anything changed in it, be it a
space, is no longer one. Numbers are whole, names of members are ASCII: Python and a browser write
it alike.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from parvis.config.documents import SHA256, Document, read_fields
from parvis.errors import SourceError
from parvis.i18n import N_
from parvis.pooling.publics.receipts.keys import IDENTIFIER, ReceiptKey, Signer
from parvis.pooling.publics.receipts.tree import HashTree, compute_root

FORMAT = "parvis receipt 1"
SIGNED = b"parvis receipt 1\n"
"""What comes before the text that is signed: the key signs nothing else that looks like it."""
STAMPED = b"parvis timestamp 1\n"
"""What comes before a timestamp that is signed."""
MOST_BYTES = 50_000
LONGEST_PATH = 64
SIGNATURE_BYTES = 64
SIGNATURE = re.compile("[0-9a-f]{128}")
RESPONSE = re.compile("([0-9a-f]{2})+")
MEMBERS = {"figure", "path", "place", "release", "signature", "timestamp"}

NO_RECEIPT = N_("{file} is not a receipt of a figure of parvis")
REWRITTEN = N_(
    "{file} was changed since it was made: a receipt is valid as it was downloaded, to the letter"
)
UNKNOWN_KEY = N_(
    "{file} is signed by the key {key}, which is none of the third party’s: fetch its keys again,"
    " or ask it"
)
WRONG_SIGNATURE = N_("{file} was changed: the third party did not sign this release")
ENDED_KEY = N_(
    "{file} is of a release of {released}, and its key {key} has signed nothing since {until}"
)
WRONG_STAMP = N_("{file} was changed: the third party did not receive this timestamp")
WRONG_FIGURE = N_("{file} was changed: this figure is not in the release that was signed")


@dataclass(frozen=True)
class SignedRelease:
    """What is signed of a release: its dataset, number, instant, rules, and the root of its tree.

    `content` is the digest of its content in the record, `figures` how many it has, published or
    not; `rules` are the thresholds that may be known. `keys` and `status` are addresses: of the
    public keys, and of whether it was recalled.
    """

    publisher: str
    dataset: str
    title: Mapping[str, str]
    number: int
    released: datetime
    content: str
    rules: Mapping[str, int]
    figures: int
    root: str
    keys: str
    status: str

    def to_json(self, key: str) -> dict[str, Any]:
        instant = self.released.isoformat()
        fields = {**vars(self), "title": dict(self.title), "rules": dict(self.rules)}
        return {**fields, "released": instant, "format": FORMAT, "key": key}


@dataclass(frozen=True)
class FigureReceipt:
    """A receipt that was verified: its figure as JSON data and in words, and its release.

    `stamped` is what its timestamp is of; `timestamp`, None for none, is the authority's answer,
    which only a certificate of the authority verifies.
    """

    figure: Mapping[str, Any]
    words: Mapping[str, str]
    release: SignedRelease
    key: ReceiptKey
    stamped: bytes
    timestamp: bytes | None


def write_canonically(value: object) -> bytes:
    """Write JSON data in the one form that is hashed and signed (RFC 8785, of whole numbers)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A half of a character, which a forger may have written, is in no receipt.
    return text.encode(errors="replace")


def plant_tree(figures: Iterable[Mapping[str, Any]]) -> HashTree:
    """Return the tree of the figures of a release, in their order."""
    return HashTree([write_canonically(figure) for figure in figures])


def compose_stamped(release: SignedRelease, signer: Signer) -> bytes:
    """Return what a timestamp is of: a release as it is signed, followed by the signature."""
    message = SIGNED + write_canonically(release.to_json(signer.key.key))
    return message + signer.sign(message)


def write_receipt(  # noqa: PLR0913, PLR0917 - a receipt has as many parts
    figure: Mapping[str, Any],
    place: int,
    tree: HashTree,
    release: SignedRelease,
    signer: Signer,
    timestamp: bytes | None = None,
) -> bytes:
    """Sign the release of a figure and return the receipt as its file.

    `timestamp` is an authority's answer about `compose_stamped`; it is signed too, since not all
    bytes of it are covered by what the authority signs.
    """
    signed, stamped = release.to_json(signer.key.key), compose_stamped(release, signer)
    receipt = {
        "figure": figure,
        "path": [digest.hex() for digest in tree.list_path(place)],
        "place": place,
        "release": signed,
        "signature": stamped[-SIGNATURE_BYTES:].hex(),
        "timestamp": timestamp
        and {
            "response": timestamp.hex(),
            "signature": signer.sign(STAMPED + stamped + timestamp).hex(),
        },
    }
    return _lay_out(receipt)


def verify_receipt(body: bytes, file: object, keys: Sequence[ReceiptKey]) -> FigureReceipt:
    """Return what a receipt holds; raises `SourceError` for one that is not sound, and says why.

    That the release was not recalled since cannot be seen in it.
    """
    document = Document.parse(body, file, most=MOST_BYTES, error=SourceError)
    receipt = document.table()
    if receipt.keys() != MEMBERS or document.member("release").table().get("format") != FORMAT:
        raise SourceError(NO_RECEIPT, file=file)
    try:
        is_as_written = _lay_out(receipt) == body
    except RecursionError:  # nested deeper than anything that parvis writes
        is_as_written = False
    if not is_as_written:
        raise SourceError(REWRITTEN, file=file)
    release, signature = document.member("release"), document.member("signature").text(SIGNATURE)
    identifier = release.member("key").text(IDENTIFIER)
    key = next((key for key in keys if key.key == identifier), None)
    if key is None:
        raise SourceError(UNKNOWN_KEY, file=file, key=identifier)
    signed = SIGNED + write_canonically(release.value)
    if not key.verifies(bytes.fromhex(signature), signed):
        raise SourceError(WRONG_SIGNATURE, file=file)
    # Whoever gave the keys may have signed members of any type.
    described, words = (
        read_fields(SignedRelease, release),
        document.member("figure").member("words"),
    )
    released, until = described.released, key.until
    if until is not None and released > until:
        raise SourceError(ENDED_KEY, file=file, key=identifier, released=released, until=until)
    path = [bytes.fromhex(digest.text(SHA256)) for digest in document.member("path").items()]
    root = compute_root(
        write_canonically(document.member("figure").table()),
        document.member("place").whole(),
        described.figures,
        path[: LONGEST_PATH + 1],
    )
    if root is None or root.hex() != release.member("root").text(SHA256):
        raise SourceError(WRONG_FIGURE, file=file)
    stamped = signed + bytes.fromhex(signature)
    timestamp = _read_timestamp(document.member("timestamp"), stamped, key)
    texts = words.optional(words.texts) or {}
    return FigureReceipt(receipt["figure"], texts, described, key, stamped, timestamp)


def _read_timestamp(member: Document, stamped: bytes, key: ReceiptKey) -> bytes | None:
    if member.value is None:
        return None
    if member.table().keys() != {"response", "signature"}:
        raise SourceError(NO_RECEIPT, file=member.file)
    response = bytes.fromhex(member.member("response").text(RESPONSE, most=MOST_BYTES))
    signature = bytes.fromhex(member.member("signature").text(SIGNATURE))
    if not key.verifies(signature, STAMPED + stamped + response):
        raise SourceError(WRONG_STAMP, file=member.file)
    return response


def _lay_out(receipt: Mapping[str, Any]) -> bytes:
    """Write a receipt as its file, which people may read."""
    text = json.dumps(receipt, ensure_ascii=False, sort_keys=True, indent=2)
    return f"{text}\n".encode(errors="replace")
