"""Files under one address, brought whole or from where a copy ends (RFC 9110 §14)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import requests
import urllib3
from urllib3.util import Retry

from parvis.config import Fetching
from parvis.errors import FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import reason_of
from parvis.fetch.endpoint import Bearer
from parvis.fetch.only import Only
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
        retries = Retry(TRIES - 1, redirect=0, status_forcelist=(502, 503, 504), backoff_factor=0.2)
        self._session = guarded_session(Only([address.url]), retries)
        self._session.headers["Accept-Encoding"] = "identity"
        self._session.auth = Bearer(token)

    def get(self, name: str) -> bytes:
        """Give a small file."""
        with self._asked(name, 0) as answer:
            return bytes(answer.content)

    def bring(self, name: str, file: Path) -> None:
        """Bring a file, the part of it that is not there yet."""
        begun = file.stat().st_size if file.exists() else 0
        with self._asked(name, begun) as answer:
            mode = "ab" if answer.status_code == PARTIAL else "wb"
            with file.open(mode) as out:
                for piece in answer.iter_content(PIECE):
                    out.write(piece)

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
                yield answer
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise FetchError(
                "{address} cannot be fetched: {reason}", address=address, reason=reason_of(error)
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
