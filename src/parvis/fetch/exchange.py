"""A session for one call of another server's API, within the limits of a download."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from parvis.config import FetchSettings
from parvis.errors import LimitError
from parvis.fetch.address import Address
from parvis.fetch.download import translate_errors
from parvis.fetch.guard import Deadline
from parvis.fetch.session import session


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
                raise LimitError(
                    "{address} gives more than {limit} bytes",
                    address=self._address,
                    limit=self._limit,
                )
            yield piece

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - theirs
        return getattr(self._raw, name)
