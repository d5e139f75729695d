"""An address must be http(s), name a server and contain no password."""

import pytest

from parvis.errors import AddressError
from parvis.fetch.address import Address

INVALID = (
    "ftp://ville.example/a.csv",
    "file:///etc/passwd",
    "//ville.example/a.csv",
    "http://",
    "http:///a.csv",
    "http://ville.example:port/",
    "http://[::1/",
    "http://ville.example/a b",
    "http://ville.example\\@127.0.0.1/",
    "http://ville.example/\r\nHost: x",
    "donnees.csv",
    "",
)


@pytest.mark.parametrize("text", INVALID)
def test_anything_but_an_http_address_is_refused(text: str) -> None:
    """Other schemes, missing hosts, characters that end a header line."""
    with pytest.raises(AddressError, match="no http"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["https://me:secret@ville.example/", "http://@ville.example/"])
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    """Records and logs store addresses."""
    with pytest.raises(AddressError) as caught:
        Address.parse(text)
    assert "secret" not in str(caught.value)


def test_messages_omit_the_query_string() -> None:
    """A query string may contain a key: it is requested but never printed."""
    address = Address.parse("HTTPS://Ville.example/a.csv?key=abc#x")
    assert str(address) == "HTTPS://Ville.example/a.csv"
    assert address.secure
    assert address.url.endswith("?key=abc#x")
