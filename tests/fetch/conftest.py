"""Name resolution that tests control."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return a function that resolves every host to some addresses and lists the look-ups."""
    real = socket.getaddrinfo

    def resolve_to(*addresses: str) -> list[str]:
        lookups: list[str] = []

        def answer(host: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - the library's
            if _is_number(host):
                return real(host, *arguments, **options)
            lookups.append(host)
            return [info for address in addresses for info in real(address, *arguments, **options)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return lookups

    return resolve_to


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
