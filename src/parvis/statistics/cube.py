"""Figures of a cube of publics: what one says, and how one concept lies within another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Above = Mapping[str, Mapping[str, int]]
"""The wider concepts of each concept, with how many steps they are away."""

LAYERS = ("discipline", "area", "age", "public", "language", "channel")
"""The layers of a portrait, in the order in which one goes down."""


@dataclass(frozen=True)
class Figure:
    """One cell of a cube; the parts are concepts by IRI, `graph` says it.

    `value` is None for a cell that is there and not published. `contributors` is a number or a
    step (“5+”), `coverage` a share from 0 to 1, `base` what a share is counted on.
    """

    graph: str
    iri: str
    cube: str
    measure: str
    period: str
    discipline: str
    area: str
    age: str
    public: str
    language: str
    channel: str
    place: str
    status: str
    value: int | float | None = None
    contributors: str | None = None
    coverage: float | None = None
    base: int | float | None = None

    @property
    def stratum(self) -> tuple[str, ...]:
        """Give what tells it from all other figures of one contributor but its place."""
        layers = (getattr(self, name) for name in LAYERS)
        return (self.measure, self.period, *layers)


def within(concept: str, holder: str, above: Above) -> bool:
    """Say whether a concept is another, or lies within it.

    >>> within("quebec-city", "03", {"quebec-city": {"03": 1}})
    True
    """
    return concept == holder or holder in above.get(concept, {})


def latest(periods: Iterable[str], ends: Mapping[str, str]) -> str | None:
    """Give the period that ends last; of several, the first by its name.

    >>> latest(["2024", "2025"], {"2024": "2024-12-31", "2025": "2025-12-31"})
    '2025'
    """
    found = sorted(set(periods))
    return max(found, key=lambda one: ends.get(one, ""), default=None)
