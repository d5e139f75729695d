"""Frames: a length of four bytes, most significant first, then that many bytes.

An answer is any number of frames and then one of length zero.
"""

import struct

HEADER = struct.Struct(">I")
PIECE = 65_536
"""How many bytes are read from a pipe, or gathered for a frame, at a time."""


def packed(body: bytes) -> bytes:
    r"""Make a frame.

    >>> packed(b"oui")
    b'\x00\x00\x00\x03oui'
    """
    return HEADER.pack(len(body)) + body


END = packed(b"")
"""The frame that ends an answer."""
