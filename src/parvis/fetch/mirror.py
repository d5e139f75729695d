"""Files under one address, brought whole or from where a copy ends (RFC 9110 §14)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests
import urllib3
from urllib3.util import Retry

from parvis.config import Fetching
from parvis.errors import FetchError, LimitError
from parvis.fetch.address import Address
from parvis.fetch.download import reason_of
from parvis.fetch.endpoint import Bearer
from parvis.fetch.guard import Only
from parvis.fetch.session import guarded_session

PIECE = 1 << 20
OK, PARTIAL = 200, 206
TRIES = 4


class Mirror:
    """The files under one address, for who has a token. Raises `FetchError`."""

    def __init__(self, address: Address, settings: Fetching, token: str) -> None:
        """Call nothing yet; the server may stand anywhere: who calls it named it."""
        self._address = address
        self._pause = (settings.connect_seconds, settings.read_seconds)
        # A server that says when to come back could say: in a hundred years.
        retries = Retry(
            TRIES - 1,
            redirect=0,
            status_forcelist=(502, 503, 504),
            backoff_factor=0.2,
            respect_retry_after_header=False,
        )
        self._session = guarded_session(Only([address.url]), retries)
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.auth = Bearer(token)

    def get(self, name: str, most: int) -> bytes:
        """Return a small file, of `most` bytes. Raises `LimitError` for a longer one."""
        buffer = bytearray()
        with self._asked(name, 0) as answer:
            for piece in self._pieces(answer, name, most):
                buffer += piece
        return bytes(buffer)

    def bring(self, name: str, file: Path, size: int) -> None:
        """Bring a file, the part of it that is not there yet.

        Raises `LimitError` once more than its size has come: a disk could be filled before anything
        is compared.
        """
        begun = file.stat().st_size if file.exists() else 0
        with self._asked(name, begun) as answer:
            resumed = answer.status_code == PARTIAL
            with file.open("ab" if resumed else "wb") as out:
                for piece in self._pieces(answer, name, size - begun if resumed else size):
                    out.write(piece)

    def _pieces(self, answer: requests.Response, name: str, most: int) -> Iterator[bytes]:
        """Read a body of `most` bytes in pieces, whatever its headers announce."""
        size = 0
        for piece in answer.iter_content(PIECE):
            size += len(piece)
            if size > most:
                address = Address(f"{self._address.url}{quote(name)}")
                raise LimitError(
                    "{address} gives more than {limit} bytes", address=address, limit=most
                )
            yield piece

    @contextmanager
    def _asked(self, name: str, begun: int) -> Iterator[requests.Response]:
        """Ask for a file from some byte on."""
        address = Address(f"{self._address.url}{quote(name)}")
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        try:
            with self._session.get(
                address.url, headers=headers, timeout=self._pause, stream=True
            ) as answer:
                if answer.status_code not in {OK, PARTIAL}:
                    raise FetchError(
                        "{address} answered {status}, not with a file",
                        address=address,
                        status=answer.status_code,
                    )
                part = answer.headers.get("Content-Range", "")
                if answer.status_code == PARTIAL and not part.startswith(f"bytes {begun}-"):
                    raise FetchError(
                        "{address} answered with another part of the file than was asked for",
                        address=address,
                    )
                yield answer
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise FetchError(
                "{address} cannot be fetched: {reason}", address=address, reason=reason_of(error)
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
