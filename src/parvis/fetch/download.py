"""One file brought from an address: whole and within its limits, or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import overload
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from parvis.config import Fetching
from parvis.errors import FetchError, LimitError
from parvis.fetch.address import Address
from parvis.fetch.guard import Deadline
from parvis.fetch.session import followed, session

PIECE = 1 << 16
FREE = 64_000_000
"""Bytes that may come out of any compressed answer, however small."""
RATIO = 200
"""Bytes out for each byte in, beyond that: real tables seldom pass 50, bombs reach 1000."""
OK, NOT_MODIFIED = 200, 304
LONGEST = 100
LONGEST_BYTES = 200
"""Of a file's name: a file system takes 255 bytes, and an ending is added while it comes."""
LONGEST_HEADER = 1000
_ETAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]{0,1000}"|[\x21\x23-\x7e]{1,1000})')
"""An entity tag (RFC 9110 §8.8.3); some servers leave its quotation marks out."""
_DATE = re.compile(r"[A-Za-z0-9,:+ -]{1,100}")
"""The characters of a date (RFC 9110 §5.6.7), also as servers write it wrongly."""


def _is(form: re.Pattern[str], value: object) -> bool:
    """Say whether a value is a text of a form."""
    return isinstance(value, str) and form.fullmatch(value) is not None


@dataclass(frozen=True)
class Validators:
    """What a server said by which to know its file again (RFC 9110 §8.8)."""

    etag: str | None = None
    modified: str | None = None

    def __post_init__(self) -> None:
        """Forget what is no validator: it is kept, and sent in a header the next time."""
        if self.etag is not None and not _is(_ETAG, self.etag):
            object.__setattr__(self, "etag", None)
        if self.modified is not None and not _is(_DATE, self.modified):
            object.__setattr__(self, "modified", None)

    def headers(self) -> dict[str, str]:
        """Write the question “has it changed since?” (RFC 9110 §13.1)."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class Fetched:
    """A file that was brought, what its server said by which to know it again, and its kind."""

    file: Path
    validators: Validators
    media_type: str = ""


@overload
def download(address: Address, folder: Path, settings: Fetching) -> Fetched: ...
@overload
def download(
    address: Address,
    folder: Path,
    settings: Fetching,
    known: Validators | None,
    accept: str = "*/*",
) -> Fetched | None: ...
def download(
    address: Address,
    folder: Path,
    settings: Fetching,
    known: Validators | None = None,
    accept: str = "*/*",
) -> Fetched | None:
    """Bring a file into a folder; None where the server says that the `known` one is unchanged.

    The file has the name that the address ends with; `accept` tells the media types that are wanted
    (RFC 9110 §12.5.1). Raises `AddressError` for a machine that may
    not be called, `FetchError` for a server that does not give it, `LimitError` for a file that
    is too long or too slow; then nothing is in the folder.
    """
    asked = (known or Validators()).headers()
    with (
        Deadline(settings.seconds) as deadline,
        told(address, settings, deadline),
        session(settings, deadline) as opened,
    ):
        last, answer = followed(opened, address, {**asked, "Accept": accept}, settings)
        with answer:
            if answer.status_code == NOT_MODIFIED and asked:
                return None
            _expect_file(address, answer)
            file = folder / _name(last, answer)
            _write(address, answer, file, settings, deadline)
            said = answer.headers
            kind = said.get("Content-Type", "").partition(";")[0].strip().lower()
            return Fetched(file, Validators(said.get("ETag"), said.get("Last-Modified")), kind)


@contextmanager
def told(address: Address, settings: Fetching, deadline: Deadline) -> Iterator[None]:
    """Say in a sentence what came between; a deadline looks like many other failures.

    Raises `FetchError` or `LimitError` in the place of what the libraries raise.
    """
    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, FetchError) as error:
        if deadline.passed:
            raise _too_slow(address, settings) from error
        if isinstance(error, FetchError):
            raise
        raise FetchError(
            "{address} cannot be fetched: {reason}", address=address, reason=reason_of(error)
        ) from error


def reason_of(error: Exception) -> str:
    """Give the innermost reason of a failure: what wraps it names objects and memory places."""
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return str(getattr(inner, "strerror", None) or inner) or type(inner).__name__


def _too_slow(address: Address, settings: Fetching) -> LimitError:
    """Say that a file took too long."""
    return LimitError(
        "{address} took more than {seconds} seconds to fetch",
        address=address,
        seconds=f"{settings.seconds:g}",
    )


def _expect_file(address: Address, answer: requests.Response) -> None:
    """Refuse an answer that is no file, or is coded in a way that was not asked for."""
    if answer.status_code != OK:
        raise FetchError(
            "{address} answered {status}, not with a file",
            address=address,
            status=answer.status_code,
        )
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise FetchError(
            "{address} answered in the coding “{coding}”, which was not asked for",
            address=address,
            coding=coding,
        )


def _name(address: Address, answer: requests.Response) -> str:
    """Name a file by its address; only an ending is taken from ``Content-Disposition``.

    Its whole name often holds the day, and the same file would look new each time.
    """
    name = _tame(unquote(urlsplit(address.url).path)) or "download"
    if "." in name:
        return name
    header = Message()
    # Python's reader of this header takes digits without end for a number, which it refuses.
    header["Content-Disposition"] = answer.headers.get("Content-Disposition", "")[:LONGEST_HEADER]
    return name + Path(_tame(header.get_filename() or "")).suffix


def _tame(name: str) -> str:
    """Keep the last step of a path, and of that what is harmless in a file's name."""
    last = re.split(r"[/\\]", name)[-1]
    tame = re.sub(r"[^\w. -]", "_", last).lstrip(". ")[-LONGEST:]
    return tame.encode()[-LONGEST_BYTES:].decode(errors="ignore").lstrip(". ").strip()


def _write(
    address: Address, answer: requests.Response, file: Path, settings: Fetching, deadline: Deadline
) -> None:
    """Write the body beside the file's name, then give it that name."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as out:
            for piece in _pieces(address, answer, file, settings):
                out.write(piece)
            if deadline.passed:  # a body without length would look as if it had ended
                raise _too_slow(address, settings)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _pieces(
    address: Address, answer: requests.Response, file: Path, settings: Fetching
) -> Iterator[bytes]:
    """Give the body in pieces, unpacked, within its limits.

    A file that is compressed itself is kept so: servers often tell that as the answer's coding.
    """
    size, raw = 0, answer.raw
    unpack = file.suffix.lower() not in {".gz", ".tgz"}
    while piece := raw.read(PIECE, decode_content=unpack):
        size += len(piece)
        if size > settings.bytes:
            raise LimitError(
                "{address} gives more than {limit} bytes", address=address, limit=settings.bytes
            )
        if size > (limit := max(FREE, raw.tell() * RATIO)):
            raise LimitError(
                "{address} unfolds to more than {limit} bytes", address=address, limit=limit
            )
        yield piece


# Whether an address answers, without taking what it gives.

PATIENCE = 30.0
"""Seconds that one answer may take, redirects included, whatever a file may."""


def status(address: Address, settings: Fetching) -> int:
    """Ask for an address and give the status of its answer, redirects followed (RFC 9110 §15).

    By GET, which every server understands; the body is left unread. Raises `AddressError` for a
    machine that may not be called, `FetchError` or `LimitError` where no answer comes.
    """
    patient = replace(settings, seconds=min(settings.seconds, PATIENCE))
    with (
        Deadline(patient.seconds) as deadline,
        told(address, patient, deadline),
        session(patient, deadline) as opened,
    ):
        _, answer = followed(opened, address, {}, patient)
        with answer:
            return answer.status_code
