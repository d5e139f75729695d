"""A session for one call of another server's API, within the walls of a download."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import requests

from parvis.config import Fetching
from parvis.errors import LimitError
from parvis.fetch.address import Address
from parvis.fetch.download import told
from parvis.fetch.guard import Deadline
from parvis.fetch.session import session


@contextmanager
def exchange(address: Address, settings: Fetching) -> Iterator[requests.Session]:
    """Lend a guarded session to a library that speaks an API; it follows no redirect.

    Raises `AddressError` for a machine that may not be called, `FetchError` for one that does not
    answer, `LimitError` for an answer that is too long or too slow.
    """
    with (
        Deadline(settings.seconds) as deadline,
        told(address, settings, deadline),
        session(settings, deadline) as opened,
    ):
        opened.hooks["response"].append(partial(_walled, address, settings))
        yield opened


def _walled(address: Address, settings: Fetching, answer: requests.Response, **_: object) -> None:
    """Count an answer's body as it is read; JSON is UTF-8, so nothing is guessed (RFC 8259 §8)."""
    answer.encoding = "utf-8"
    answer.raw = _Counted(answer.raw, address, settings.bytes)


class _Counted:
    """A body that ends with an error once it is longer than it may be."""

    def __init__(self, raw: Any, address: Address, limit: int) -> None:  # noqa: ANN401 - theirs
        """Wrap what the library reads."""
        self._raw, self._address, self._limit = raw, address, limit

    def stream(self, amount: int, **told: bool) -> Iterator[bytes]:
        """Give the body in pieces, unpacked."""
        size = 0
        for piece in self._raw.stream(amount, **told):
            size += len(piece)
            if size > self._limit:
                raise LimitError(
                    "{address} gives more than {limit} bytes",
                    address=self._address,
                    limit=self._limit,
                )
            yield piece

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - theirs
        """Be the wrapped one in all else."""
        return getattr(self._raw, name)
