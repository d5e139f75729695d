"""How much of what is known a figure covers: the share of venues that are its contributors'."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Venues:
    """The known venues by partner: all of them, and those of each area; `whole` is everywhere."""

    every: Mapping[str, int]
    of_area: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    whole: str = ""

    def coverage(self, area: str, contributors: Collection[str], least: int) -> float | None:
        """Give the share of the venues in an area that are of some partners, from 0 to 1.

        In hundredths everywhere, in tenths of one area, where finer ones could tell which partners
        they are; of an area where fewer than `least` partners have venues it is not told.

        >>> known = Venues({"a": 2, "b": 1, "c": 1}, {"06": {"a": 1, "b": 1, "c": 1}}, "all")
        >>> known.coverage("all", {"a"}, 3), known.coverage("06", {"a", "b"}, 3)
        (0.5, 0.7)
        >>> known.coverage("06", {"a"}, 4), known.coverage("13", {"a"}, 3)
        (None, None)
        """
        known = self.every if area == self.whole else self.of_area.get(area, {})
        if area != self.whole and len(known) < least:
            return None
        whole = sum(known.values())
        theirs = sum(known.get(one, 0) for one in contributors)
        return round(theirs / whole, 2 if area == self.whole else 1) if whole else None
