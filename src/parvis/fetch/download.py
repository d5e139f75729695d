"""Download one file: whole and within its limits, or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import Any, overload
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from parvis.config import FetchSettings
from parvis.errors import FetchError, LimitError
from parvis.fetch.address import Address
from parvis.fetch.guard import Deadline
from parvis.fetch.session import follow_redirects, session
from parvis.fetch.validators import Validators

PIECE = 1 << 16
FREE = 64_000_000
"""Bytes that any compressed response may unfold to, however small it is."""
RATIO = 200
"""Bytes out for each byte in, beyond that: real tables seldom pass 50, bombs reach 1000."""
OK, NOT_MODIFIED = 200, 304
LONGEST = 100
LONGEST_BYTES = 200
"""Of a file's name: file systems take 255 bytes, and a suffix is added during the download."""
LONGEST_HEADER = 1000


@dataclass(frozen=True)
class DownloadedFile:
    """A downloaded file, its validators and its media type."""

    file: Path
    validators: Validators
    media_type: str = ""


@overload
def download(address: Address, folder: Path, settings: FetchSettings) -> DownloadedFile: ...
@overload
def download(
    address: Address,
    folder: Path,
    settings: FetchSettings,
    validators: Validators | None,
    accept: str = "*/*",
) -> DownloadedFile | None: ...
def download(
    address: Address,
    folder: Path,
    settings: FetchSettings,
    validators: Validators | None = None,
    accept: str = "*/*",
) -> DownloadedFile | None:
    """Download a file into a folder; None where the server says that it has not changed.

    The file has the name that the address ends with; `accept` are the acceptable media types
    (RFC 9110 §12.5.1). Raises `AddressError` for a machine that may not be called, `FetchError` for
    a server that does not deliver it, `LimitError` for a file that is too long or too slow; then
    nothing is in the folder.
    """
    conditions = (validators or Validators()).headers()
    with (
        Deadline(settings.seconds) as deadline,
        translate_errors(address, settings, deadline),
        session(settings, deadline) as http_session,
    ):
        request_headers = {**conditions, "Accept": accept}
        last, response = follow_redirects(http_session, address, request_headers, settings)
        with response:
            if response.status_code == NOT_MODIFIED and conditions:
                return None
            _require_file(address, response)
            file = folder / _file_name(last, response)
            _write(address, response, file, settings, deadline)
            headers = response.headers
            kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
            current = Validators(headers.get("ETag"), headers.get("Last-Modified"))
            return DownloadedFile(file, current, kind)


@contextmanager
def translate_errors(
    address: Address, settings: FetchSettings, deadline: Deadline
) -> Iterator[None]:
    """Raise `FetchError` or `LimitError` in the place of the errors of libraries."""
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, FetchError) as error:
        # A connection that the deadline closed looks like many other failures.
        if deadline.passed:
            raise _too_slow(address, settings) from error
        if isinstance(error, FetchError):
            raise
        raise failed_request(address, error) from error


def failed_request(address: Address, error: Exception) -> FetchError:
    """Return the error of a failed request, with its innermost reason."""
    # The errors that wrap it name objects and memory addresses.
    inner: BaseException = error
    while (cause := inner.__cause__ or inner.__context__) is not None:
        inner = cause
    reason = str(getattr(inner, "strerror", None) or inner) or type(inner).__name__
    return FetchError("{address} cannot be fetched: {reason}", address=address, reason=reason)


def too_long(address: Address, limit: int) -> LimitError:
    return LimitError("{address} gives more than {limit} bytes", address=address, limit=limit)


def _too_slow(address: Address, settings: FetchSettings) -> LimitError:
    return LimitError(
        "{address} took more than {seconds} seconds to fetch",
        address=address,
        seconds=f"{settings.seconds:g}",
    )


def _require_file(address: Address, response: requests.Response) -> None:
    """Refuse a response that is no file, or has a coding that was not requested."""
    if response.status_code != OK:
        raise FetchError(
            "{address} answered {status}, not with a file",
            address=address,
            status=response.status_code,
        )
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise FetchError(
            "{address} answered in the coding “{coding}”, which was not asked for",
            address=address,
            coding=coding,
        )


def _file_name(address: Address, response: requests.Response) -> str:
    name = _sanitise(unquote(urlsplit(address.url).path)) or "download"
    if "." in name:
        return name
    header = Message()
    # Python's parser of this header takes digits without end for a number, which it refuses.
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")[:LONGEST_HEADER]
    # Only the ending: the whole name often holds the day, and the file would look new each time.
    return name + Path(_sanitise(header.get_filename() or "")).suffix


def _sanitise(path: str) -> str:
    """Return the last step of a path, without what is harmful in a file's name."""
    last = re.split(r"[/\\]", path)[-1]
    name = re.sub(r"[^\w. -]", "_", last).lstrip(". ")[-LONGEST:]
    return name.encode()[-LONGEST_BYTES:].decode(errors="ignore").lstrip(". ").strip()


def _write(
    address: Address,
    response: requests.Response,
    file: Path,
    settings: FetchSettings,
    deadline: Deadline,
) -> None:
    """Write the body, unpacked and within its limits, next to the file, then rename it."""
    part = file.with_name(f"{file.name}.part")
    raw, size = response.raw, 0
    # A compressed file stays so: servers often declare its compression as the response's coding.
    unpack = file.suffix.lower() not in {".gz", ".tgz"}
    try:
        with part.open("wb") as out:
            while piece := raw.read(PIECE, decode_content=unpack):
                size += len(piece)
                if size > settings.bytes:
                    raise too_long(address, settings.bytes)
                if size > (limit := max(FREE, raw.tell() * RATIO)):
                    raise LimitError(
                        "{address} unfolds to more than {limit} bytes", address=address, limit=limit
                    )
                out.write(piece)
            if deadline.passed:  # a body without length would look as if it had ended
                raise _too_slow(address, settings)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


PATIENCE = 30.0
"""Seconds that a check of an address may take, redirects included."""


def fetch_status(address: Address, settings: FetchSettings) -> int:
    """Return the status of an address, redirects followed, its body left unread (RFC 9110 §15).

    Raises `AddressError` for a machine that may not be called, `FetchError` or `LimitError` where
    no response comes.
    """
    # By GET: not every server implements HEAD.
    limits = replace(settings, seconds=min(settings.seconds, PATIENCE))
    with (
        Deadline(limits.seconds) as deadline,
        translate_errors(address, limits, deadline),
        session(limits, deadline) as http_session,
    ):
        _, response = follow_redirects(http_session, address, {}, limits)
        with response:
            return response.status_code


# A session for one call of another server's API, within the limits of a download.


@contextmanager
def exchange(address: Address, settings: FetchSettings) -> Iterator[requests.Session]:
    """Lend a guarded session to a library that speaks an API; it follows no redirect.

    Raises `AddressError` for a machine that may not be called, `FetchError` for one that does not
    answer, `LimitError` for a response that is too long or too slow.
    """

    def limit_body(response: requests.Response, **_: object) -> None:
        response.encoding = "utf-8"  # JSON always is: nothing is guessed (RFC 8259 §8)
        response.raw = _LimitedBody(response.raw, address, settings.bytes)

    with (
        Deadline(settings.seconds) as deadline,
        translate_errors(address, settings, deadline),
        session(settings, deadline) as http_session,
    ):
        http_session.hooks["response"].append(limit_body)
        yield http_session


class _LimitedBody:
    """A body that ends with an error once it is longer than it may be."""

    def __init__(self, raw: Any, address: Address, limit: int) -> None:  # noqa: ANN401 - theirs
        self._raw, self._address, self._limit = raw, address, limit

    def stream(self, amount: int, **options: bool) -> Iterator[bytes]:
        """Return the body in pieces, unpacked."""
        size = 0
        for piece in self._raw.stream(amount, **options):
            size += len(piece)
            if size > self._limit:
                raise too_long(self._address, self._limit)
            yield piece

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - theirs
        return getattr(self._raw, name)
