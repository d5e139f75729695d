"""Whether writes wait for the disk, as they must for every pool that somebody may want back."""

from collections.abc import Iterator
from contextlib import contextmanager

_passing = 0
"""How many blocks of this process build a pool that nobody keeps."""


def waits_for_disk() -> bool:
    """Return whether a write must be on the disk before anything relies on it."""
    return not _passing


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let no write of this process wait for the disk, for a pool that is deleted with its folder.

    After a power cut nothing of it may be left, or damaged files. It is of one process: what is
    built in a process of its own waits all the same.
    """
    global _passing  # noqa: PLW0603 - threads of the block write too, so no context variable does
    _passing += 1
    try:
        yield
    finally:
        _passing -= 1
