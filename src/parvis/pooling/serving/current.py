"""What is served, as a process that serves follows it, and the instant of what it decides."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from parvis.config import Settings
from parvis.errors import NothingPublished
from parvis.pooling.clock import Clock
from parvis.pooling.serving.cache import Answers
from parvis.pooling.serving.snapshot import Published
from parvis.store.generation.generation import Current, Generation, kept
from parvis.vocab.iris import Iris

# What is served, as a process that serves follows it: each generation's small files read once.


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


class Served:
    """Follows what is published; what was answered of another generation is forgotten."""

    def __init__(self, settings: Settings, iris: Iris, answers: Answers) -> None:
        """Follow a pool's data; nothing need be published yet."""
        self.following = Following(settings.data, iris)
        self._answers = answers
        self._clock = Clock()

    def generation(self) -> Generation:
        """Give the generation that is served; what was kept of another is forgotten.

        Raises `NothingPublished`.
        """
        generation = self.following.generation()
        self._answers.follow(generation)
        return generation

    def published(self) -> Published:
        """Give what is served now; raises `NothingPublished`."""
        try:
            return self.following.of(self.generation())
        except FileNotFoundError:  # a publication has just deleted it
            return self.following.of(self.generation())

    def standing(self) -> Generation | None:
        """Give the generation served while every decision stands as when it was built, else None.

        Until then an anonymous reader's answer stays the same; None also if nothing is published.
        """
        try:
            generation = self.generation()
        except NothingPublished:
            return None
        return None if generation.confined(self.at(generation)) else generation

    def at(self, generation: Generation | None = None) -> datetime:
        """Tell the instant of a decision: never before another, nor before what is served was."""
        return self._clock.latest((generation or self.generation()).manifest.created, _now())


def _now() -> datetime:
    """Tell the time, as the machine's clock has it."""
    return datetime.now(UTC)
