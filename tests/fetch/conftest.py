"""Names that lead where a test says."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Give a function that lets every name lead to some numbers; it gives the names asked for."""
    real = socket.getaddrinfo

    def lead(*numbers: str) -> list[str]:
        asked: list[str] = []

        def answer(host: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - the library's
            if _is_number(host):
                return real(host, *rest, **named)
            asked.append(host)
            return [one for number in numbers for one in real(number, *rest, **named)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return lead


def _is_number(host: str) -> bool:
    """Say whether a host is written as a number."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
