"""What is served, as a process that serves follows it, and the instant of what it decides."""

from datetime import UTC, datetime

from parvis.config import Settings
from parvis.errors import NothingPublished
from parvis.pooling.answers import Answers
from parvis.pooling.clock import Clock
from parvis.pooling.following import Following
from parvis.pooling.published import Published
from parvis.store.generation import Generation
from parvis.vocab.iris import Iris


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
