"""Checking whether an address answers, with the same restrictions as any download."""

from typing import TYPE_CHECKING

import pytest

from parvis.config import FetchSettings
from parvis.errors import AddressError, FetchError
from parvis.fetch.address import Address
from parvis.fetch.download import fetch_status

if TYPE_CHECKING:
    from tests.conftest import Server

LOOPBACK = FetchSettings(allow=("127.0.0.0/8",))


@pytest.mark.parametrize("code", [200, 204, 404, 500])
def test_the_status_is_returned(server: "Server", code: int) -> None:
    """A 404 is an answer too."""
    assert fetch_status(Address.parse(server.gives("/a", b"", code)), LOOPBACK) == code


def test_redirects_are_followed(server: "Server") -> None:
    """The status is that of the last address."""
    target = server.gives("/there", b"here")
    start = server.gives("/here", status=302, Location=target)
    assert fetch_status(Address.parse(start), LOOPBACK) == 200


def test_internal_machines_are_not_contacted(server: "Server") -> None:
    with pytest.raises(AddressError):
        fetch_status(Address.parse(server.gives("/a")), FetchSettings())
    assert not server.asked


def test_no_answer_is_an_error(server: "Server") -> None:
    url = server.address("/a")
    server.server_close()
    with pytest.raises(FetchError):
        fetch_status(Address.parse(url), LOOPBACK)
