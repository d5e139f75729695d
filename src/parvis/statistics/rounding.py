"""Rounding by a key: the same figure of the same content always reads the same (rule 6).

A figure goes to one of the two multiples around it, to the nearer one more often, so that what is
expected is the figure itself; which, a keyed digest of the figure's name and value decides.
"""

import hmac
from hashlib import sha256

WHOLE = 1 << 64


def rounded(value: int, name: str, key: bytes, base: int) -> int:
    """Round a figure to a multiple of a base; figures are whole, and margins rounded on their own.

    >>> rounded(20, "all", b"key", 5), rounded(22, "all", b"key", 5) in {20, 25}
    (20, True)
    """
    below, rest = divmod(value, base)
    if not rest:
        return value
    digest = hmac.new(key, f"{name}\n{value}".encode(), sha256).digest()
    drawn = int.from_bytes(digest[:8], "big")
    return base * (below + (drawn * base < rest * WHOLE))
