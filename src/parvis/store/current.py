"""The generation that is served, as many threads ask for it many times a second."""

import os
from pathlib import Path

from parvis.errors import MachineError, NothingPublished
from parvis.store.generation import Generation, current


class Current:
    """Follows the pointer of a data folder, whose target is read again only when it has moved.

    The pointer is replaced, never written to, so that a look at its inode and times tells whether
    it is still the same: a publication needs to send no signal. For threads.
    """

    def __init__(self, data: Path) -> None:
        """Follow the pointer of `data`; nothing need be published yet."""
        self._data = data
        self._pointer = str(data / "current")
        self._seen: tuple[tuple[int, ...], Generation] | None = None

    def generation(self) -> Generation:
        """Give the generation that is served, the same object while the pointer stands.

        Raises `NothingPublished` or `StoreError`.
        """
        mark = self._mark()
        while self._seen is None or self._seen[0] != mark:
            try:
                self._seen = mark, current(self._data)
            except MachineError:
                if self._mark() == mark:  # else it was deleted meanwhile: another is served
                    raise
            mark = self._mark()
        return self._seen[1]

    def _mark(self) -> tuple[int, ...]:
        """Tell one pointer from those before it."""
        try:
            found = os.stat(self._pointer)  # noqa: PTH116 - at each request: a Path's costs twice that
        except FileNotFoundError as error:
            raise NothingPublished("nothing has been published yet") from error
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns
