"""An address is http(s), names a server, and holds nobody's password."""

import pytest

from parvis.errors import AddressError
from parvis.fetch.address import Address

WRONG = (
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


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_http_address_is_refused(text: str) -> None:
    """Other schemes, no host, characters that end a line."""
    with pytest.raises(AddressError, match="no http"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["https://me:secret@ville.example/", "http://@ville.example/"])
def test_a_password_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    """Records and logs keep addresses."""
    with pytest.raises(AddressError) as caught:
        Address.parse(text)
    assert "secret" not in str(caught.value)


def test_messages_leave_out_what_may_be_a_key() -> None:
    """The address that is called keeps it."""
    found = Address.parse("HTTPS://Ville.example/a.csv?key=abc#x")
    assert str(found) == "HTTPS://Ville.example/a.csv"
    assert found.secure
    assert found.url.endswith("?key=abc#x")
