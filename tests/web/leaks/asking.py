"""Send requests as a reader, and read everything in the responses."""

import gzip
import io
import re
import zipfile
from base64 import urlsafe_b64decode
from collections.abc import Callable
from contextlib import suppress

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parvis.rdf.formats import GRAPH_TYPES, PARQUET, RESULT_TYPES, XLSX
from tests.parquet import read_columns

ACCEPTS = (
    "text/html",
    *GRAPH_TYPES.values(),
    *RESULT_TYPES.values(),
    XLSX,
    PARQUET,
    "application/json",
    "application/trig",
    "application/n-quads",
)

Ask = Callable[..., TestResponse]
NAME = "searching-for-leaks"
"""The id of every request: a random id would make all responses differ."""
TOKEN = re.compile(r"[\w=-]{40,}")


def asking(client: FlaskClient, token: str | None) -> Ask:
    """Return a function that sends requests as a reader."""
    reader_headers = {"Authorization": f"Bearer {token}"} if token else {}
    reader_headers["X-Request-Id"] = NAME

    def ask(address: str, method: str = "GET", **headers: str) -> TestResponse:
        sent_headers = reader_headers | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        body = address.partition("?")[2] if method == "POST" else None
        kind = "application/x-www-form-urlencoded" if method == "POST" else None
        response = client.open(
            address, method=method, headers=sent_headers, data=body, content_type=kind
        )
        response.get_data()
        response.close()
        return response

    return ask


def read_response(response: TestResponse) -> str:
    """Return status, headers and decoded body of a response as text."""
    head = "\n".join(f"{name}: {value}" for name, value in response.headers)
    text = f"{response.status}\n{head}\n{decode_body(response.get_data())}"
    return f"{text}\n{_decode_tokens(text)}" if "resumptionToken" in text else text


def decode_body(body: bytes) -> str:
    """Read a body as text, unpacking gzip and zip, and reading Parquet."""
    if body.startswith(b"\x1f\x8b"):
        return decode_body(gzip.decompress(body))
    if body.startswith(b"PAR1"):
        columns = read_columns(body)
        return "\n".join([*columns, *(str(cell) for cells in columns.values() for cell in cells)])
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(
                f"{name}\n{decode_body(packed.read(name))}" for name in packed.namelist()
            )
    return body.decode("utf-8", "replace")


def _decode_tokens(text: str) -> str:
    """Decode what may be base64, such as the tokens of OAI-PMH."""
    texts = []
    for token in TOKEN.findall(text):
        with suppress(ValueError):
            texts.append(urlsafe_b64decode(token).decode())
    return "\n".join(texts)
