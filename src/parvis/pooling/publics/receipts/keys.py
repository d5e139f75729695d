"""The keys that sign receipts (Ed25519, RFC 8032): one signs, those of before still verify.

The private key never leaves the file ``receipts`` of the data folder, beside the other secrets. It
is drawn where releases are made: a copy of the pool has none, and signs nothing.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from parvis.config import clock
from parvis.config.documents import Document
from parvis.errors import ParvisError, SourceError, StoreError, UnknownThing
from parvis.i18n import N_
from parvis.ledger import read_secret, replace_secret, write_secret
from parvis.store.files import writing

FILE = "receipts"
ALGORITHM = "Ed25519"
IDENTIFIER, PUBLIC = re.compile("[0-9a-f]{16}"), re.compile("[0-9a-f]{64}")
MOST_BYTES, MOST_KEYS = 100_000, 1000
"""Limits of a document of public keys."""
NO_KEY = N_("no key signs receipts here: they are signed where releases are made")
NO_KEYS = N_("{file} holds no public key of receipts")
WRONG_KEY = N_("{file} is damaged: the key {key} does not have the number that follows from it")
TOO_MANY = N_("{file} has more than {most} keys")


@dataclass(frozen=True)
class ReceiptKey:
    """A public key, by the digest that identifies it, and since and until when it signed.

    `until` is None for the key that signs now; releases since then are signed by another.
    """

    key: str
    public: str
    since: datetime
    until: datetime | None = None

    def verifies(self, signature: bytes, message: bytes) -> bool:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public))
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "algorithm": ALGORITHM,
            "public": self.public,
            "since": self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }


class Signer:
    """The private key of a pool with its public keys, the latest last."""

    def __init__(self, private: Ed25519PrivateKey, keys: Sequence[ReceiptKey]) -> None:
        self._private, self.keys = private, tuple(keys)

    @property
    def key(self) -> ReceiptKey:
        """The key that signs now."""
        return self.keys[-1]

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def has_signer(data: Path) -> bool:
    """Return whether a key signs here: a copy of a pool has none."""
    return (data / FILE).is_file()


def read_signer(data: Path) -> Signer:
    """Return the key of a data folder; raises `UnknownThing` where none was drawn."""
    if not has_signer(data):
        raise UnknownThing(NO_KEY)
    file = data / FILE
    document = Document.parse(read_secret(file), file)
    private = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex(document.member("private").text(PUBLIC))
    )
    keys = _read_keys(document)
    if not keys or keys[-1].public != _public_of(private):
        raise StoreError(NO_KEYS, file=file)
    return Signer(private, keys)


def draw_signer(data: Path) -> Signer:
    """Return the key of a data folder, drawn at its first use by whoever may write there."""
    if not has_signer(data):
        with writing(data):
            private = Ed25519PrivateKey.generate()
            write_secret(data / FILE, _write_keys(private, [_describe_key(private)]))
    return read_signer(data)


def rotate_keys(data: Path) -> Signer:
    """Draw another key in place of the former, whose public key verifies what it signed.

    Backups of before still hold the former. Receipts are made when they are asked for: those of all
    releases are signed by the new key from now on, and those that people have stay valid.
    """
    with writing(data):
        former, private = draw_signer(data), Ed25519PrivateKey.generate()
        latest = _describe_key(private)
        ended = replace(former.key, until=latest.since)
        replace_secret(data / FILE, _write_keys(private, [*former.keys[:-1], ended, latest]))
        return read_signer(data)


def keys_to_json(keys: Sequence[ReceiptKey]) -> dict[str, Any]:
    """Return public keys as the document that anybody may fetch and keep."""
    return {"keys": [key.to_json() for key in keys]}


def parse_keys(body: bytes, file: object) -> tuple[ReceiptKey, ...]:
    """Parse a document of public keys; raises `SourceError` for any other."""
    document = Document.parse(body, file, most=MOST_BYTES, error=SourceError)
    keys = _read_keys(document)
    if not keys:
        raise SourceError(NO_KEYS, file=file)
    return keys


def _read_keys(document: Document) -> tuple[ReceiptKey, ...]:
    keys = []
    for entry in document.member("keys").items():
        until = entry.member("until")
        key = ReceiptKey(
            key=entry.member("key").text(IDENTIFIER),
            public=entry.member("public").text(PUBLIC),
            since=entry.member("since").instant(),
            until=until.optional(until.instant),
        )
        if key.key != _identify(key.public):
            raise _refuse(document, WRONG_KEY, key=key.key)
        keys.append(key)
        if len(keys) > MOST_KEYS:
            raise _refuse(document, TOO_MANY, most=MOST_KEYS)
    return tuple(keys)


def _refuse(document: Document, template: str, **fields: object) -> ParvisError:
    return document.error(template, file=document.file, **fields)


def _describe_key(private: Ed25519PrivateKey) -> ReceiptKey:
    public = _public_of(private)
    return ReceiptKey(_identify(public), public, clock.machine_time())


def _write_keys(private: Ed25519PrivateKey, keys: Sequence[ReceiptKey]) -> str:
    secret = {"private": private.private_bytes_raw().hex()}
    return json.dumps(secret | keys_to_json(keys), indent=1)


def _public_of(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes_raw().hex()


def _identify(public: str) -> str:
    return sha256(b"parvis receipts\n" + bytes.fromhex(public)).hexdigest()[:16]
