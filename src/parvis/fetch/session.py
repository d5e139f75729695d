"""A session of `requests` whose every connection is opened by the guard, redirects by hand."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry

from parvis import __version__
from parvis.config import Fetching
from parvis.errors import AddressError, FetchError
from parvis.fetch.address import Address
from parvis.fetch.guard import Deadline, Guard

LONGEST = 200
"""Characters of an address that messages repeat."""
MOVED = frozenset({301, 302, 303, 307, 308})
"""The answers that send a GET elsewhere (RFC 9110 §15.4)."""


class _Session(requests.Session):
    """One that follows nothing by itself: it would first read a redirect's body, however long."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """See no redirect."""
        del resp
        return None


class _Adapter(HTTPAdapter):
    """Carries requests over guarded connections, to a proxy too."""

    def __init__(self, guard: Guard, retries: Retry | int = 0) -> None:
        """Open connections by a guard, and try each only once unless told otherwise."""
        self._pools = _guarded(guard)
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - theirs
        """Use guarded connections."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:  # noqa: ANN401 - theirs
        """Use guarded connections to the proxy."""
        manager = super().proxy_manager_for(proxy, **named)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _guarded(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Make the kinds of connections that a guard opens; TLS still checks the host's name."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self._dns_host, self.port, _seconds(self.timeout))

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return guard.connect(self._dns_host, self.port, _seconds(self.timeout))

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _seconds(timeout: object) -> float | None:
    """Give a connection's time-out in seconds."""
    return float(timeout) if isinstance(timeout, int | float) else None


@contextmanager
def session(settings: Fetching, deadline: Deadline) -> Iterator[requests.Session]:
    """Give a session that takes nothing from the environment: no proxy, no password of ``.netrc``.

    A proxy that the settings name is called in the place of every server, and itself decides
    which it reaches; the guard still decides about it.
    """
    proxy = urlsplit(settings.proxy).hostname
    guard = Guard((*settings.allow, *([proxy] if proxy else [])), deadline)
    with guarded_session(guard) as opened:
        opened.proxies = dict.fromkeys(("http", "https"), settings.proxy) if proxy else {}
        yield opened


def guarded_session(guard: Guard, retries: Retry | int = 0) -> requests.Session:
    """Make a session whose connections a guard opens; it follows nothing, and knows no proxy."""
    opened = _Session()
    opened.trust_env = False
    opened.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": f"parvis/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip"}
    )
    for scheme in ("http://", "https://"):
        opened.mount(scheme, _Adapter(guard, retries))
    return opened


def followed(
    opened: requests.Session, start: Address, headers: dict[str, str], settings: Fetching
) -> tuple[Address, requests.Response]:
    """Ask for an address, then for those it redirects to; gives the last and its answer, unread.

    Each is judged as the first was. Raises `FetchError` for too many, `AddressError` for one that
    leaves https.
    """
    address, pause = start, (settings.connect_seconds, settings.read_seconds)
    for _ in range(settings.redirects + 1):
        answer = opened.get(
            address.url, headers=headers, timeout=pause, stream=True, allow_redirects=False
        )
        place = answer.headers.get("Location")
        if answer.status_code not in MOVED or place is None:
            return address, answer
        answer.close()
        address = _next(address, place.encode("latin-1").decode(errors="replace"))
    raise FetchError(
        "{address} redirects more than {count} times", address=start, count=settings.redirects
    )


def _next(here: Address, place: str) -> Address:
    """Give the address that a redirect leads to, which may be relative (RFC 9110 §10.2.2)."""
    try:
        there = Address.parse(urljoin(here.url, place.replace(" ", "%20")))
    except ValueError as error:  # “http://[”
        raise AddressError("“{address}” is no http(s) address", address=place[:LONGEST]) from error
    if here.secure and not there.secure:
        raise AddressError(
            "{address} redirects from https to {there}, where anybody could change it",
            address=here,
            there=there,
        )
    return there
