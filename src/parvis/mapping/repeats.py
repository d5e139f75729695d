"""Facts told again about an entity: rows of a table often repeat the same venue."""

from collections.abc import Sequence

REMEMBERED = 60_000
"""How many facts are remembered: about 15 MB."""


class Repeats:
    """Remembers what has been written about the last entities of an entity map.

    If none of them comes again, subjects are keys of the table: it stops remembering.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Remember at most so many facts."""
        self._room = remembered
        self._told: dict[str, set[str]] = {}
        self._watching = True
        self._again = False

    def new(self, subject: str, lines: Sequence[str]) -> Sequence[str]:
        """Give those of a subject's lines that have not been written; they count as written."""
        if not self._watching:
            return lines
        told = self._told.get(subject)
        if told is None:
            self._told[subject] = set(lines)
            fresh = lines
        else:
            self._again = True
            fresh = [line for line in lines if line not in told]
            told.update(fresh)
        self._room -= len(fresh)
        if self._room < 0:
            self._forget()
        return fresh

    def _forget(self) -> None:
        """Forget the oldest entities, or all if none came again."""
        if not self._again:
            self._watching = False
            self._told.clear()
        while self._room < 0 and self._told:
            self._room += len(self._told.pop(next(iter(self._told))))
