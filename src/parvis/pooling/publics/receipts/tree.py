"""The tree of hashes over the figures of a release (RFC 6962 §2.1), whose root stands for them all.

A path leads from one figure to the root, so that nobody needs the other figures to check it.
"""

from collections.abc import Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
"""What is hashed before a leaf, and before two nodes: neither can pass for the other."""


class HashTree:
    """The hashes of all leaves, and of each level above, up to the root."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Hash leaves, of which there is at least one."""
        self.levels = [[sha256(LEAF + leaf).digest() for leaf in leaves]]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            level = [
                _hash_nodes(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)
            ]
            # The last of an odd number goes up as it is.
            self.levels.append(level + below[len(level) * 2 :])

    @property
    def root(self) -> bytes:
        return self.levels[-1][0]

    def list_path(self, place: int) -> list[bytes]:
        """Return the hashes that lead from a leaf to the root, from the bottom up."""
        path = []
        for level in self.levels[:-1]:
            if place ^ 1 < len(level):
                path.append(level[place ^ 1])
            place //= 2
        return path


def compute_root(leaf: bytes, place: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root to which a path leads from a leaf; None for a path of another length.

    >>> tree = HashTree([b"a", b"b", b"c"])
    >>> compute_root(b"c", 2, 3, tree.list_path(2)) == tree.root
    True
    """
    if not 0 <= place < size:
        return None
    digest, remaining = sha256(LEAF + leaf).digest(), list(path)
    while size > 1:
        if place ^ 1 < size:
            if not remaining:
                return None
            sibling = remaining.pop(0)
            pair = (sibling, digest) if place & 1 else (digest, sibling)
            digest = _hash_nodes(*pair)
        place, size = place // 2, (size + 1) // 2
    return None if remaining else digest


def _hash_nodes(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()
