"""A session of `requests` whose every connection is opened by the guard, without redirects."""

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
from parvis.config import FetchSettings
from parvis.errors import AddressError, FetchError
from parvis.fetch.address import Address
from parvis.fetch.guard import Deadline, NetworkGuard

LONGEST = 200
"""Characters of an address that messages repeat."""
MOVED = frozenset({301, 302, 303, 307, 308})
"""The statuses that redirect a GET (RFC 9110 §15.4)."""


class _Session(requests.Session):
    """A session that follows no redirect: `requests` would first read its body, however long."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        del resp
        return None


class _Adapter(HTTPAdapter):
    """Send requests over guarded connections, to a proxy too."""

    def __init__(self, guard: NetworkGuard, retries: Retry | int = 0) -> None:
        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return guard.connect(self._dns_host, self.port, _seconds(self.timeout))

        class Secure(HTTPSConnection):  # TLS still checks the host's name
            def _new_conn(self) -> socket.socket:
                return guard.connect(self._dns_host, self.port, _seconds(self.timeout))

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self._pools: dict[str, type[HTTPConnectionPool]] = {"http": PlainPool, "https": SecurePool}
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - theirs
        super().init_poolmanager(*args, **options)
        # urllib3 makes its connections by these classes.
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401 - theirs
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _seconds(timeout: object) -> float | None:
    return float(timeout) if isinstance(timeout, int | float) else None


@contextmanager
def session(settings: FetchSettings, deadline: Deadline) -> Iterator[requests.Session]:
    """Open a session that uses nothing of the environment: no proxy, no password of ``.netrc``.

    A proxy in the settings is called in the place of every server, and itself decides which it
    reaches; the guard still opens the connection to the proxy.
    """
    proxy = urlsplit(settings.proxy).hostname
    guard = NetworkGuard((*settings.allow, *([proxy] if proxy else [])), deadline)
    with guarded_session(guard) as http_session:
        http_session.proxies = dict.fromkeys(("http", "https"), settings.proxy) if proxy else {}
        yield http_session


def guarded_session(guard: NetworkGuard, retries: Retry | int = 0) -> requests.Session:
    """Return a session whose connections a guard opens; it has no proxy, follows no redirect."""
    http_session = _Session()
    http_session.trust_env = False
    http_session.headers = requests.structures.CaseInsensitiveDict(
        {"User-Agent": f"parvis/{__version__}", "Accept": "*/*", "Accept-Encoding": "gzip"}
    )
    for scheme in ("http://", "https://"):
        http_session.mount(scheme, _Adapter(guard, retries))
    return http_session


def follow_redirects(
    http_session: requests.Session, start: Address, headers: dict[str, str], settings: FetchSettings
) -> tuple[Address, requests.Response]:
    """Request an address and those it redirects to; return the last and its unread response.

    Raises `FetchError` for too many, `AddressError` for one that may not be called, or leaves
    https.
    """
    address, timeout = start, (settings.connect_seconds, settings.read_seconds)
    for _ in range(settings.redirects + 1):
        response = http_session.get(
            address.url, headers=headers, timeout=timeout, stream=True, allow_redirects=False
        )
        location = response.headers.get("Location")
        if response.status_code not in MOVED or location is None:
            return address, response
        response.close()
        # Headers are decoded as Latin-1, but servers write UTF-8; the address may be relative
        # (RFC 9110 §10.2.2).
        location = location.encode("latin-1").decode(errors="replace")
        try:
            target = Address.parse(urljoin(address.url, location.replace(" ", "%20")))
        except ValueError as error:  # “http://[”
            raise AddressError(
                "“{address}” is no http(s) address", address=location[:LONGEST]
            ) from error
        if address.secure and not target.secure:
            raise AddressError(
                "{address} redirects from https to {there}, where anybody could change it",
                address=address,
                there=target,
            )
        address = target
    raise FetchError(
        "{address} redirects more than {count} times", address=start, count=settings.redirects
    )
