"""What an IP address stands for: IPv4 addresses travel inside IPv6 ones."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

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
