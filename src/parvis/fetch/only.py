"""The one server that somebody named, wherever it stands, and nothing else."""

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from parvis.errors import AddressError, FetchError
from parvis.fetch.deadline import Deadline
from parvis.fetch.guard import Guard
from parvis.fetch.numbers import Number

_PORTS = {"http": 80, "https": 443}


class NoDeadline(Deadline):
    """Watches nothing: who waits too long is ended, or has its own time-outs."""

    def __init__(self) -> None:
        """Never begin."""
        super().__init__(0)

    def watch(self, connection: object) -> None:
        """Leave a connection alone."""


class Only(Guard):
    """Lets the servers of some addresses be called, and nothing else."""

    def __init__(self, addresses: Iterable[str]) -> None:
        """Take the hosts from the addresses."""
        parts = [urlsplit(address) for address in addresses if address]
        self._places = {(str(one.hostname), one.port or _PORTS[one.scheme]) for one in parts}
        super().__init__([host for host, _ in self._places], NoDeadline())

    def resolved(self, host: str) -> list[Number]:
        """Give the numbers of these alone."""
        if host.rstrip(".").lower() not in {known for known, _ in self._places}:
            raise _refused(host)
        return super().resolved(host)

    def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """Open a connection; what cannot be reached now may be later (`OSError`: tried again)."""
        if (host.lower(), port) not in self._places:
            raise _refused(host)
        try:
            return super().connect(host, port, seconds)
        except FetchError as error:
            raise OSError(str(error.fields["reason"])) from error


def _refused(host: str) -> AddressError:
    """Say that a machine is none of those."""
    return AddressError("{host} is not the store that the settings name", host=host)
