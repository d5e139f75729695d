"""Frames: a length of four bytes, most significant first, then that many bytes.

An answer is any number of frames and then one of length zero.
"""

import struct

HEADER = struct.Struct(">I")
PIECE = 65_536
"""How many bytes are read from a pipe, or gathered for a frame, at a time."""

LARGEST = 32_768
"""Bytes that a question to a `parvis.sandbox.lane.Lane` may have, its slot's number among them."""
SECONDS = struct.Struct(">d")
"""How such an answer says in its last frame what it took."""


def packed(body: bytes) -> bytes:
    r"""Make a frame.

    >>> packed(b"oui")
    b'\x00\x00\x00\x03oui'
    """
    return HEADER.pack(len(body)) + body


END = packed(b"")
"""The frame that ends an answer."""


def whole(held: bytes | bytearray) -> list[bytes] | None:
    r"""Give the frames of an answer that has come whole; None for one of which more is to come.

    >>> whole(packed(b"oui") + END)
    [b'oui']
    >>> whole(packed(b"oui"))
    """
    frames: list[bytes] = []
    at = 0
    while at + HEADER.size <= len(held):
        end = at + HEADER.size + HEADER.unpack_from(held, at)[0]
        if end == at + HEADER.size:
            return frames
        frames.append(bytes(held[at + HEADER.size : end]))
        at = end
    return None
