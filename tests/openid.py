"""An OpenID provider on loopback, which can be told to lie. `python -m tests.openid PORT` runs it.

It signs everybody in as the subject that it was last told.
"""

import json
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "parvis", "a secret of the client"


@dataclass
class Provider:
    """What the provider says, and what was asked of it."""

    issuer: str
    subject: str = "subject-1"
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of the signed token that differ from what they should be; None leaves one out."""
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    stranger: RSAKey | None = None
    """Another key that signs in the place of the published one."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """Return the discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.metadata,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Return the address that the browser is sent back to."""
        self.requests.append(query)
        code = token_urlsafe(8)
        self.codes[code] = query
        answer = {"code": code, "state": query["state"], "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def redeem(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return the tokens of a code; raise `ValueError` for a client or a proof that is wrong."""
        name, _, secret = b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        query = self.codes.pop(form["code"])
        digest = sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (name, secret) != (CLIENT, SECRET) or challenge != query["code_challenge"]:
            raise ValueError
        if form["redirect_uri"] != query["redirect_uri"]:
            raise ValueError
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT,
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "1"}
        key = self.stranger or self.key
        if self.algorithm.startswith("HS"):  # with what everybody knows as the secret
            token = jwt.encode(
                header, claims, OctKey.import_key(self.key.as_pem(private=False)), [self.algorithm]
            )
        elif self.algorithm == "none":
            parts = [json.dumps(part).encode() for part in (header, claims)]
            token = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        else:
            token = jwt.encode(header, claims, key, [self.algorithm])
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


def make_server(port: int) -> tuple[ThreadingHTTPServer, Provider]:
    """Return a server of a provider that listens on a port, 0 for any."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif parts.path == "/keys":
                self._send({"keys": [provider.key.as_dict(private=False)]})
            elif parts.path == "/.well-known/openid-configuration":
                self._send(provider.describe())
            else:
                self._send({}, 404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            try:
                self._send(provider.redeem(form, self.headers.get("Authorization", "")))
            except (ValueError, LookupError):
                self._send({"error": "invalid_grant"}, 400)

        def _send(self, document: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    provider = Provider(f"http://localhost:{server.server_port}")
    return server, provider


@contextmanager
def provider_on_loopback() -> Iterator[Provider]:
    """Run a provider until the block ends."""
    server, provider = make_server(0)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    make_server(int(sys.argv[1]))[0].serve_forever()
