"""Which machines may be called: public ones, and those that the steward allows.

An address in a partner's record, or in another server's redirect, could lead into the house: to
this machine, to its neighbours, to a cloud's metadata (server-side request forgery). So each
connection goes to the very number that was checked, never to a name that is asked for again.
"""

import os
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from parvis.errors import AddressError, FetchError

# What an IP address stands for: IPv4 addresses travel inside IPv6 ones.

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


# A wall of time around connections, whatever they are waiting for.


class Deadline:
    """Ends the connections it watches once the seconds are over, and remembers that it did.

    A server that sends one byte now and then passes every time-out between two bytes; only
    shutting its connection down ends the wait, in headers and in a handshake alike.
    """

    def __init__(self, seconds: float) -> None:
        """Begin when entered."""
        self.passed = False
        self._watched: list[socket.socket] = []
        self._given: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Watch one more connection: under a handle of its own, since TLS takes the first."""
        own = connection.dup()
        self._given.append(connection)
        self._watched.append(own)
        if self.passed:
            _shut(own)

    def _end(self) -> None:
        """Shut all connections down."""
        self.passed = True
        for connection in list(self._watched):
            _shut(connection)

    def __enter__(self) -> Self:
        """Begin."""
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching, and close what an answer that was cut short has left open."""
        self._timer.cancel()
        self._timer.join()
        for connection in self._watched:
            connection.close()
        for connection in self._given:
            if (left := connection.detach()) >= 0:
                os.close(left)


def _shut(connection: socket.socket) -> None:
    """Shut a connection down; one that has ended is none."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


UNICAST = IPv6Network("2000::/3")
"""All IPv6 numbers that have been given out as global."""


class Guard:
    """Resolves names and opens connections to what may be called, within a deadline."""

    def __init__(self, allow: Sequence[str], deadline: Deadline) -> None:
        """Allow hosts by name, and networks in CIDR notation, beside what is public."""
        self._networks = [ip_network(one, strict=False) for one in allow if _is_network(one)]
        self._hosts = {one.lower() for one in allow if not _is_network(one)}
        self._deadline = deadline

    def connect(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """Open a connection to a host that may be called.

        Raises `AddressError` where any number of the host is not public, before anything is
        sent, and `FetchError` where none answers.
        """
        failure: OSError | None = None
        for number in self.resolved(host):
            if self._deadline.passed:
                break
            try:
                opened = socket.create_connection((str(number), port), seconds)
            except OSError as error:
                failure = error
                continue
            self._deadline.watch(opened)
            return opened
        raise _unreachable(host, failure or TimeoutError("timed out")) from failure

    def resolved(self, host: str) -> list[Number]:
        """Give the numbers of a host, all of which may be called; raises `AddressError`."""
        name = host.rstrip(".").lower()
        numbers = _numbers(host)
        if name not in self._hosts:
            for number in numbers:
                self._refuse(name, number)
        return numbers

    def _refuse(self, host: str, number: Number) -> None:
        """Refuse a number that is neither allowed nor public."""
        if any(number in network for network in self._networks):
            return
        if not all(is_public(one) for one in _meanings(number)):
            raise AddressError(
                "{host} is at {number}, which is no public address: it is not called, unless"
                " “allow” in parvis.toml names it",
                host=host,
                number=number,
            )


def _numbers(host: str) -> list[Number]:
    """Ask for all numbers of a host, in the order in which they should be tried."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _unreachable(host, error) from error
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in found))


def _meanings(number: Number) -> Iterator[Number]:
    """List what a number stands for, all of which must be public.

    What is mapped or translated is the IPv4 number alone; a tunnel (6to4, Teredo) leads to both.
    """
    inside = embedded_ipv4(number)
    if inside is not None:
        yield inside
    if inside is None or number in UNICAST:
        yield number


def is_public(number: Number) -> bool:
    """Say whether a number is one machine's on the public network (RFC 6890, RFC 4291 §2.4).

    >>> is_public(ip_address("169.254.169.254")), is_public(ip_address("9.9.9.9"))
    (False, True)
    """
    unicast = isinstance(number, IPv4Address) or number in UNICAST
    return unicast and number.is_global and not number.is_multicast


def _is_network(text: str) -> bool:
    """Say whether a text is a number or a network rather than a name."""
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _unreachable(host: str, error: Exception) -> FetchError:
    """Say that a host cannot be reached."""
    reason = getattr(error, "strerror", None) or error
    return FetchError("{host} cannot be reached: {reason}", host=host, reason=reason)


# The one server that somebody named, wherever it stands, and nothing else.

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
