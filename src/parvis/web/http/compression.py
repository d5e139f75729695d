"""Answers in gzip (RFC 9110 §8.4) for who accepts it, piece by piece where they come in pieces."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import Response, current_app, request

SUFFIX = "-gzip"
"""What the tag of a coded answer ends with: other bytes need another tag."""

SMALLEST = 1_000
"""Bytes below which an answer is sent as it is."""

LEVEL, LEVEL_OF_KEPT = 5, 9
GZIP = 16 + zlib.MAX_WBITS
"""What makes zlib write the head and the end of gzip."""

APPLICATIONS = ("json", "xml", "n-triples", "n-quads", "trig", "sparql-query")
"""What the name of an application's type ends with where its form is text."""


def compress(response: Response) -> None:
    """Code an answer for a reader who accepts gzip, and say that it depends on that.

    The tag of a coded answer is weak: its bytes depend on the pieces in which it came.
    """
    if response.accept_ranges == "bytes":  # whole files, whose parts and digests are asked for
        return
    whole = not response.is_streamed
    if (whole and is_small(response.get_data())) or not _is_text(response.mimetype):
        return
    depends_on(response, "Accept-Encoding")
    if response.content_encoding or not request.accept_encodings["gzip"]:
        return
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag + SUFFIX, weak=True)
    if response.is_streamed:
        response.headers.pop("Content-Length", None)
        _code_pieces(response)
    else:
        response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))


def compress_file(response: Response) -> None:
    """Code a file of the site's own, once for all its readers, who keep it for long.

    Its tag grows weak, and so stands for it with and without the coding (RFC 9110 §8.8.1).
    """
    if response.status_code != HTTPStatus.OK or not _is_text(response.mimetype):
        return
    depends_on(response, "Accept-Encoding")
    tag, _ = response.get_etag()
    response.set_etag(tag or "", weak=True)
    if request.accept_encodings["gzip"]:
        file = Path(current_app.static_folder or "", request.view_args["filename"])  # type: ignore[index] # found by that rule
        response.content_encoding = "gzip"
        del response.accept_ranges
        response.direct_passthrough = False
        response.close()
        response.set_data(_coded_file(file, file.stat().st_mtime_ns))


@lru_cache(maxsize=64)
def _coded_file(file: Path, changed: int) -> bytes:  # noqa: ARG001 - tells a file from what it was
    """Code a whole file as small as it gets."""
    return gzip.compress(file.read_bytes(), LEVEL_OF_KEPT, mtime=0)


def depends_on(response: Response, *names: str) -> None:
    """Say by which headers of a request an answer was chosen."""
    known = response.headers.get("Vary", "").split(", ")
    response.headers["Vary"] = ", ".join(dict.fromkeys(one for one in (*known, *names) if one))


def _is_text(mimetype: str | None) -> bool:
    """Say whether a media type's form is text."""
    kind = mimetype or ""
    return kind.startswith("text/") or kind.endswith(APPLICATIONS)


def is_small(body: bytes) -> bool:
    """Say whether a whole answer is too small to be worth it."""
    return len(body) < SMALLEST


def _code_pieces(response: Response) -> None:
    """Code each piece as it comes; the work behind them ends with the response."""
    pieces = cast("Iterable[bytes]", response.response)
    close = getattr(pieces, "close", None)
    if close is not None:
        response.call_on_close(close)
    response.response = coded(pieces)


def coded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Code pieces, each so that what was sent until then can be read.

    A failure between two pieces goes on to the server: the end of gzip is missing then, and what
    was cut looks cut.
    """
    coder = zlib.compressobj(LEVEL, wbits=GZIP)
    for piece in pieces:
        yield coder.compress(piece) + coder.flush(zlib.Z_SYNC_FLUSH)
    yield coder.flush()
