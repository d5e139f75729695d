"""A passkey in software: it answers as a browser and its device do (WebAuthn Level 3)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encode(data: bytes) -> str:
    """Write bytes in base64url."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """A device with one discoverable key for one site."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: token_bytes(16))
    count: int = 0
    handle: bytes = b""
    flags: int = PRESENT | VERIFIED

    def register(self, options: dict[str, Any]) -> str:
        """Answer the options of a registration, as `navigator.credentials.create` does."""
        self.handle = decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._authenticator_data(options["rp"]["id"], ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client_data("webauthn.create", options["challenge"])
        return self._credential(attestationObject=encode(cbor2.dumps(statement)), client=client)

    def sign_in(self, options: dict[str, Any]) -> str:
        """Answer the options of signing in, as `navigator.credentials.get` does."""
        self.count += 1
        data = self._authenticator_data(options["rpId"], 0)
        client = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            authenticatorData=encode(data),
            signature=encode(signature),
            userHandle=encode(self.handle),
            client=client,
        )

    def _authenticator_data(self, site: str, flags: int) -> bytes:
        hashed = sha256(site.encode()).digest()
        return hashed + bytes([self.flags | flags]) + self.count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(data).encode()

    def _credential(self, *, client: bytes, **response: str) -> str:
        return json.dumps(
            {
                "id": encode(self.id),
                "rawId": encode(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": encode(client), **response},
            }
        )
