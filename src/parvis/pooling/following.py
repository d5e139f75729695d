"""What is served, as a process that serves follows it: each generation's small files read once."""

import threading
from pathlib import Path

from parvis.pooling.published import Published
from parvis.store.current import Current
from parvis.store.generation import Generation, kept
from parvis.vocab.iris import Iris


class Following:
    """Follows the pointer of a data folder. For threads."""

    def __init__(self, data: Path, iris: Iris) -> None:
        """Follow a folder; nothing need be published yet."""
        self._data, self._iris = data, iris
        self._current = Current(data)
        self._read: dict[int, Published] = {}
        self._reading = threading.Lock()

    def generation(self) -> Generation:
        """Give the generation that is served; raises `NothingPublished`."""
        return self._current.generation()

    def of(self, generation: Generation) -> Published:
        """Read a generation's small files, once, however many ask for it first."""
        found = self.known(generation)
        if found is None:
            with self._reading:
                found = self.known(generation) or Published.read(generation, self._iris)
                still = {n: one for n, one in self._read.items() if one.generation.folder.is_dir()}
                self._read = still | {generation.number: found}
        return found

    def known(self, generation: Generation) -> Published | None:
        """Give a generation's small files if they were read; a number may come again."""
        found = self._read.get(generation.number)
        if found is None or found.generation.manifest.created != generation.manifest.created:
            return None
        return found

    def numbered(self, number: int) -> Published:
        """Read one of the generations that are kept; raises `UnknownThing`."""
        return self.of(kept(self._data, number))
