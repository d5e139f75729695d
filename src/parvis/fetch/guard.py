"""Which machines may be called: public ones, and those that the steward allows.

An address in a partner's record, or in another server's redirect, could lead to this machine, to
its neighbours, or to a cloud's metadata (server-side request forgery). So each connection goes to
the very IP address that was checked, never to a name that is resolved again.
"""

import os
import socket
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from parvis.errors import AddressError, FetchError

Number = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses whose last four bytes are an IPv4 address (RFC 6052)."""


def embedded_ipv4(number: Number) -> IPv4Address | None:
    """Return the IPv4 address whose holder uses an IPv6 address, None where there is none.

    Mapped (RFC 4291 §2.5.5.2), translated by NAT64 (RFC 6052), 6to4 (RFC 3056) and Teredo, of
    which the client counts and not its server (RFC 4380 §4).

    >>> from ipaddress import ip_address
    >>> embedded_ipv4(ip_address("::ffff:192.0.2.1")), embedded_ipv4(ip_address("2001:db8::1"))
    (IPv4Address('192.0.2.1'), None)
    """
    if isinstance(number, IPv4Address):
        return None
    if number in NAT64:
        return IPv4Address(int(number) & 0xFFFFFFFF)
    client = number.teredo[1] if number.teredo else None
    return number.ipv4_mapped or number.sixtofour or client


# A server that sends one byte now and then passes every time-out between two bytes; only shutting
# its connection down ends the wait, in headers and in a handshake alike.


class Deadline:
    """End watched connections once the seconds are over; `passed` says that they are."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._watched: list[socket.socket] = []
        self._originals: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Watch one more connection."""
        duplicate = connection.dup()  # a handle of its own, since TLS takes the first
        self._originals.append(connection)
        self._watched.append(duplicate)
        if self.passed:
            _shut(duplicate)

    def _end(self) -> None:
        self.passed = True
        for connection in list(self._watched):
            _shut(connection)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        for connection in self._watched:
            connection.close()
        for connection in self._originals:
            # A response that was cut short leaves its connection open.
            if (descriptor := connection.detach()) >= 0:
                os.close(descriptor)


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # of a connection that has ended already
        connection.shutdown(socket.SHUT_RDWR)


UNICAST = IPv6Network("2000::/3")
"""All IPv6 addresses that are allocated as global."""


class NetworkGuard:
    """Resolve names and open connections to machines that may be called, within a deadline."""

    def __init__(self, allow: Sequence[str], deadline: Deadline) -> None:
        """Allow hosts by name, and networks in CIDR notation, besides public machines."""
        self._networks: list[IPv4Network | IPv6Network] = []
        self._hosts: set[str] = set()
        for entry in allow:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(entry.lower())
        self._deadline = deadline

    def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """Open a connection to a host that may be called.

        Raises `AddressError` where any number of the host is not public, before anything is
        sent, and `FetchError` where none answers.
        """
        failure: OSError | None = None
        for number in self.resolve(host):
            if self._deadline.passed:
                break
            try:
                # To the number, not the host: another lookup could lead elsewhere.
                connection = socket.create_connection((str(number), port), seconds)
            except OSError as error:
                failure = error
                continue
            # Otherwise the body of a request waits 40 ms for the acknowledgement of its headers.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._deadline.watch(connection)
            return connection
        raise _unreachable(host, failure or TimeoutError("timed out")) from failure

    def resolve(self, host: str) -> list[Number]:
        """Return the numbers of a host, in the order to try. Raises `AddressError`."""
        try:
            addresses = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise _unreachable(host, error) from error
        numbers = list(dict.fromkeys(ip_address(sockaddr[0]) for *_, sockaddr in addresses))
        # A host may be called only if all its numbers may: any of them could be tried.
        name = host.rstrip(".").lower()
        if name in self._hosts:
            return numbers
        for number in numbers:
            inside = embedded_ipv4(number)
            # A mapped or translated address is the IPv4 one alone; a tunnel (6to4, Teredo) leads to
            # both.
            public = is_public(inside or number) and (number not in UNICAST or is_public(number))
            if not public and not any(number in network for network in self._networks):
                raise AddressError(
                    "{host} is at {number}, which is no public address: it is not called, unless"
                    " “allow” in parvis.toml names it",
                    host=name,
                    number=number,
                )
        return numbers


def is_public(number: Number) -> bool:
    """Return whether a number is one machine's on the public network (RFC 6890, RFC 4291 §2.4).

    >>> is_public(ip_address("169.254.169.254")), is_public(ip_address("9.9.9.9"))
    (False, True)
    """
    unicast = isinstance(number, IPv4Address) or number in UNICAST
    return unicast and number.is_global and not number.is_multicast


def _unreachable(host: str, error: Exception) -> FetchError:
    reason = getattr(error, "strerror", None) or error
    return FetchError("{host} cannot be reached: {reason}", host=host, reason=reason)


# Connections to the servers of given addresses only, wherever these are.

_PORTS = {"http": 80, "https": 443}


class NoDeadline(Deadline):
    """A deadline that never passes: its user is ended from outside, or has its own time-outs."""

    def __init__(self) -> None:
        super().__init__(0)

    def watch(self, connection: object) -> None:
        pass


class AllowedHostsGuard(NetworkGuard):
    """Let the servers of some addresses be called, and nothing else."""

    def __init__(self, addresses: Iterable[str]) -> None:
        parts = [urlsplit(address) for address in addresses if address]
        self._places = {(str(part.hostname), part.port or _PORTS[part.scheme]) for part in parts}
        super().__init__([host for host, _ in self._places], NoDeadline())

    def resolve(self, host: str) -> list[Number]:
        if host.rstrip(".").lower() not in {allowed for allowed, _ in self._places}:
            raise _not_the_store(host)
        return super().resolve(host)

    def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        if (host.lower(), port) not in self._places:
            raise _not_the_store(host)
        try:
            return super().connect(host, port, seconds)
        except FetchError as error:
            # What cannot be reached now may be later: urllib3 tries again after an `OSError`.
            raise OSError(str(error.fields["reason"])) from error


def _not_the_store(host: str) -> AddressError:
    return AddressError("{host} is not the store that the settings name", host=host)
