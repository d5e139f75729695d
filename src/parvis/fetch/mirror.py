"""Files under one address, fetched whole or from where a partial copy ends (RFC 9110 §14)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests
import urllib3
from urllib3.util import Retry

from parvis.config import FetchSettings
from parvis.errors import FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import failed_request, too_long
from parvis.fetch.endpoint import Bearer
from parvis.fetch.guard import AllowedHostsGuard
from parvis.fetch.session import guarded_session

PIECE = 1 << 20
OK, PARTIAL = 200, 206
TRIES = 4


class Mirror:
    """The files under one address, for the holder of a token. Raises `FetchError`."""

    def __init__(self, address: Address, settings: FetchSettings, token: str) -> None:
        """Store the address without a call; its server may be anywhere: the caller named it."""
        self._address = address
        self._timeout = (settings.connect_seconds, settings.read_seconds)
        retries = Retry(
            TRIES - 1,
            redirect=0,
            status_forcelist=(502, 503, 504),
            backoff_factor=0.2,
            respect_retry_after_header=False,  # a server could say: in a hundred years
        )
        self._session = guarded_session(AllowedHostsGuard([address.url]), retries)
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.auth = Bearer(token)

    def get(
        self, name: str, most: int, headers: Mapping[str, str]
    ) -> tuple[bytes, Mapping[str, str]]:
        """Return a file of at most `most` bytes, and the headers of the answer.

        `headers` are sent along. Raises `LimitError` for a longer file.
        """
        buffer = bytearray()
        with self._request(name, headers) as response:
            for piece in self._pieces(response, name, most):
                buffer += piece
            return bytes(buffer), response.headers

    def fetch(self, name: str, file: Path, size: int) -> None:
        """Fetch the missing part of a file. Raises `LimitError` if it is longer than `size`."""
        start = file.stat().st_size if file.exists() else 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._request(name, headers, start) as response:
            resumed = response.status_code == PARTIAL
            with file.open("ab" if resumed else "wb") as out:
                for piece in self._pieces(response, name, size - start if resumed else size):
                    out.write(piece)

    def _pieces(self, response: requests.Response, name: str, most: int) -> Iterator[bytes]:
        size = 0
        for piece in response.iter_content(PIECE):
            size += len(piece)
            # Whatever the headers announce: a disk could be filled before anything is compared.
            if size > most:
                raise too_long(Address(f"{self._address.url}{quote(name)}"), most)
            yield piece

    @contextmanager
    def _request(
        self, name: str, headers: Mapping[str, str], start: int = 0
    ) -> Iterator[requests.Response]:
        """Request a file from byte `start` on."""
        address = Address(f"{self._address.url}{quote(name)}")
        try:
            with self._session.get(
                address.url, headers=headers, timeout=self._timeout, stream=True
            ) as response:
                if response.status_code not in {OK, PARTIAL}:
                    raise FetchError(
                        "{address} answered {status}, not with a file",
                        address=address,
                        status=response.status_code,
                    )
                content_range = response.headers.get("Content-Range", "")
                if response.status_code == PARTIAL and not content_range.startswith(
                    f"bytes {start}-"
                ):
                    raise FetchError(
                        "{address} answered with another part of the file than was asked for",
                        address=address,
                    )
                yield response
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise failed_request(address, error) from error

    def close(self) -> None:
        self._session.close()
