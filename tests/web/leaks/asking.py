"""Asking the application as a reader, and reading every word of what it answers."""

import gzip
import io
import re
import zipfile
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.vocab import media

ACCEPTS = (
    "text/html",
    *media.RDF.values(),
    *media.RESULTS.values(),
    media.XLSX,
    "application/json",
    "application/trig",
    "application/n-quads",
)

Ask = Callable[..., TestResponse]
NAME = "searching-for-leaks"
"""The id of every request: one that is drawn would make each answer unlike the others."""
TOKEN = re.compile(r"[\w=-]{40,}")


def asking(client: FlaskClient, token: str | None) -> Ask:
    """Give a reader's way to ask."""
    known = {"Authorization": f"Bearer {token}"} if token else {}
    known["X-Request-Id"] = NAME

    def ask(address: str, method: str = "GET", **headers: str) -> TestResponse:
        told = known | {name.replace("_", "-"): value for name, value in headers.items()}
        body = address.partition("?")[2] if method == "POST" else None
        kind = "application/x-www-form-urlencoded" if method == "POST" else None
        response = client.open(address, method=method, headers=told, data=body, content_type=kind)
        response.get_data()
        response.close()
        return response

    return ask


def told(response: TestResponse) -> str:
    """Give all that an answer says: status, headers, and its body out of every wrapping."""
    head = "\n".join(f"{name}: {value}" for name, value in response.headers)
    text = f"{response.status}\n{head}\n{written(response.get_data())}"
    return f"{text}\n{_decoded(text)}" if "resumptionToken" in text else text


def written(body: bytes) -> str:
    """Read a body as text: what is gzipped or zipped is opened."""
    if body.startswith(b"\x1f\x8b"):
        return written(gzip.decompress(body))
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(f"{name}\n{written(packed.read(name))}" for name in packed.namelist())
    return body.decode("utf-8", "replace")


def _decoded(text: str) -> str:
    """Read what may be in base64, as OAI-PMH's tokens are."""
    found = []
    for token in TOKEN.findall(text):
        with suppress(ValueError):
            found.append(urlsafe_b64decode(token).decode())
    return "\n".join(found)
