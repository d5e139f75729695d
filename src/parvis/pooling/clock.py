"""Instants that never go back."""

import threading
from datetime import UTC, datetime


class Clock:
    """Remembers the latest instant that it was told, and gives none before it. For threads.

    A machine's clock that is set back would open again what an agreement has closed.
    """

    def __init__(self) -> None:
        """Begin before every instant."""
        self._latest = datetime.min.replace(tzinfo=UTC)
        self._turn = threading.Lock()

    def latest(self, *instants: datetime) -> datetime:
        """Give the latest of some instants and of all that were told before."""
        with self._turn:
            self._latest = max(self._latest, *instants)
            return self._latest
