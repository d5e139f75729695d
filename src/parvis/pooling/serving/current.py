"""Follow the published generation in a serving process, and date its decisions."""

import threading
from datetime import datetime
from pathlib import Path

from parvis.config import Settings, clock
from parvis.errors import NothingPublished
from parvis.pooling.serving.cache import AnswerCache
from parvis.pooling.serving.snapshot import Snapshot
from parvis.store.generation.generation import CurrentGeneration, Generation, find_generation
from parvis.vocab.iris import Iris


class SnapshotReader:
    """Reads the site files of generations, each once, and follows the served one. Thread-safe."""

    def __init__(self, data: Path, iris: Iris) -> None:
        # Nothing need be published yet.
        self._data, self._iris = data, iris
        self._current = CurrentGeneration(data)
        self._snapshots: dict[int, Snapshot] = {}
        self._reading = threading.Lock()

    def generation(self) -> Generation:
        """Return the served generation; raises `NothingPublished`."""
        return self._current.generation()

    def of(self, generation: Generation) -> Snapshot:
        """Return a generation's snapshot, which one thread reads for all that ask at a time."""
        snapshot = self.cached_snapshot(generation)
        if snapshot is None:
            with self._reading:
                # Another thread may have read it meanwhile; deleted generations are forgotten.
                snapshot = self.cached_snapshot(generation) or Snapshot.read(generation, self._iris)
                existing = {
                    number: former
                    for number, former in self._snapshots.items()
                    if former.generation.folder.is_dir()
                }
                self._snapshots = existing | {generation.number: snapshot}
        return snapshot

    def cached_snapshot(self, generation: Generation) -> Snapshot | None:
        """Return a generation's snapshot if it was read already."""
        snapshot = self._snapshots.get(generation.number)
        # A number may come again, after a restoration.
        if snapshot is None or snapshot.generation.manifest.created != generation.manifest.created:
            return None
        return snapshot

    def stored_snapshot(self, number: int) -> Snapshot:
        """Return the snapshot of a stored generation; raises `UnknownThing`."""
        return self.of(find_generation(self._data, number))


class PublicationFollower:
    """Follows what is published, and clears the cache of another generation's answers."""

    def __init__(self, settings: Settings, iris: Iris, answers: AnswerCache) -> None:
        self.following = SnapshotReader(settings.data, iris)
        self._answers = answers
        self._latest = clock.Latest()

    def generation(self) -> Generation:
        """Return the served generation; raises `NothingPublished`."""
        generation = self.following.generation()
        self._answers.follow(generation)
        return generation

    def snapshot(self) -> Snapshot:
        """Return the served snapshot; raises `NothingPublished`."""
        try:
            return self.following.of(self.generation())
        except FileNotFoundError:  # a publication has just deleted it
            return self.following.of(self.generation())

    def steady_generation(self) -> Generation | None:
        """Return the served generation if all decisions are those it was built with, else None.

        Until then the answers to anonymous readers do not change.
        """
        try:
            generation = self.generation()
        except NothingPublished:
            return None
        return None if generation.must_confine(self.decision_instant(generation)) else generation

    def decision_instant(self, generation: Generation | None = None) -> datetime:
        """Return the instant of a decision: not before the last one, nor before the publication."""
        return self._latest.of((generation or self.generation()).manifest.created, clock.now())
