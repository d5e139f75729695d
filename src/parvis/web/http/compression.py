"""Compresses responses with gzip (RFC 9110 §8.4) for clients that accept it, as they stream."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import Response, request

COMPRESSED_TAG_SUFFIX = "-gzip"
"""The ending of a compressed response's tag: different bytes need a different tag."""

SMALLEST = 1_000
"""Bytes below which a response is sent uncompressed."""

LEVEL, STATIC_LEVEL = 5, 9
GZIP = 16 + zlib.MAX_WBITS
"""The window size that makes zlib write gzip's header and trailer."""

APPLICATIONS = ("json", "xml", "n-triples", "n-quads", "trig", "sparql-query")
"""The endings of the application/ media types that are text."""
WASM = "application/wasm"


def compress(response: Response) -> None:
    """Compress a response for a client that accepts gzip, and add the Vary header."""
    if response.accept_ranges == "bytes":  # whole files, whose parts and digests are asked for
        return
    small = not response.is_streamed and is_small(response.get_data())
    if small or not is_text(response.mimetype):
        return
    add_vary(response, "Accept-Encoding")
    if response.content_encoding or not request.accept_encodings["gzip"]:
        return
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:  # weak: the bytes depend on the pieces in which the body came
        response.set_etag(tag + COMPRESSED_TAG_SUFFIX, weak=True)
    if response.is_streamed:
        # The length of the compressed body is known only at its end.
        response.headers.pop("Content-Length", None)
        pieces = cast("Iterable[bytes]", response.response)
        close = getattr(pieces, "close", None)
        if close is not None:  # the work behind the pieces ends with the response
            response.call_on_close(close)
        response.response = compress_pieces(pieces)
    else:
        response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))


def compress_file(response: Response, file: Path) -> None:
    """Compress the response with a file of the site, once for all readers."""
    shrinks = is_text(response.mimetype) or response.mimetype == WASM
    if response.status_code != HTTPStatus.OK or not shrinks:
        return
    add_vary(response, "Accept-Encoding")
    tag, _ = response.get_etag()
    # A weak tag stands for the file with and without compression (RFC 9110 §8.8.1).
    response.set_etag(tag or "", weak=True)
    if request.accept_encodings["gzip"]:
        response.content_encoding = "gzip"
        del response.accept_ranges
        response.direct_passthrough = False
        response.close()
        response.set_data(_compress_once(file, file.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _compress_once(file: Path, changed: int) -> bytes:  # noqa: ARG001 - a changed file is new
    return gzip.compress(file.read_bytes(), STATIC_LEVEL, mtime=0)


def add_vary(response: Response, *names: str) -> None:
    """Add the names of request headers to Vary."""
    vary = response.headers.get("Vary", "").split(", ")
    response.headers["Vary"] = ", ".join(dict.fromkeys(name for name in (*vary, *names) if name))


def is_text(mimetype: str | None) -> bool:
    kind = mimetype or ""
    return kind.startswith("text/") or kind.endswith(APPLICATIONS)


def is_small(body: bytes) -> bool:
    """Return whether a body is too small to compress."""
    return len(body) < SMALLEST


def compress_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Compress pieces so that each can be read when it is sent.

    A failure between two pieces goes on to the server: gzip's trailer is missing then, and the
    client can see that the body is incomplete.
    """
    coder = zlib.compressobj(LEVEL, wbits=GZIP)
    for piece in pieces:
        yield coder.compress(piece) + coder.flush(zlib.Z_SYNC_FLUSH)
    yield coder.flush()
