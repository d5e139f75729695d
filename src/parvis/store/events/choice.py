"""What events of a list are chosen, as conditions in SQL, and the rows that are added to a list."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

_CONDITIONS = {
    "places": """place IN (SELECT iri FROM place WHERE iri IN (SELECT value FROM json_each(:places))
      OR holder IN (SELECT value FROM json_each(:places)))""",
    "areas": """place IN (SELECT place FROM area
      WHERE area IN (SELECT value FROM json_each(:areas)))""",
    "graphs": """(
      graph IN (SELECT id FROM graph WHERE iri IN (SELECT value FROM json_each(:graphs)))
      OR iri IN (SELECT origin.iri FROM origin JOIN graph ON graph.id = origin.graph
        WHERE graph.iri IN (SELECT value FROM json_each(:graphs))))""",
    "profiles": "profile IN (SELECT value FROM json_each(:profiles))",
    "languages": """(profile IN (SELECT value FROM json_each(:speaking))
      OR profile IN (SELECT value FROM json_each(:silent)) AND work IN (
        SELECT work FROM spoken WHERE language IN (SELECT value FROM json_each(:languages))))""",
    "iris": """iri IN (SELECT COALESCE(name, value) FROM json_each(:iris)
      LEFT JOIN named ON member = value)""",
}
_WITHIN = """place IN (SELECT iri FROM place WHERE latitude BETWEEN :south AND :north
  AND longitude BETWEEN :west AND :east)"""
# It crosses the 180th meridian (RFC 7946 §5.2).
_ACROSS = """place IN (SELECT iri FROM place WHERE latitude BETWEEN :south AND :north
  AND (longitude >= :west OR longitude <= :east))"""


@dataclass(frozen=True, slots=True)
class EventRow:
    """What an event of several graphs is listed by, as all of them together say."""

    begins: float
    ends: float
    iri: str
    place: str | None
    profile: str
    graphs: Collection[str]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where a place is: the areas it lies in, wider ones included, and its building."""

    iri: str
    longitude: float | None
    latitude: float | None
    holder: str | None
    areas: Collection[str]


@dataclass(frozen=True)
class EventChoice:
    """What events are chosen: all that is not None must hold; of several values, any.

    `profiles` are numbers, `speaking` those with one of the `languages`, `silent` those without
    any, whose works have them. `graphs` are IRIs; `box` is west, south, east and north.
    """

    since: float = float("-inf")
    until: float = float("inf")
    box: tuple[float, float, float, float] | None = None
    places: Collection[str] | None = None
    areas: Collection[str] | None = None
    graphs: Collection[str] | None = None
    profiles: Collection[int] | None = None
    languages: Collection[str] | None = None
    speaking: Collection[int] = ()
    silent: Collection[int] = ()
    iris: Collection[str] | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Return the condition in SQL, and its parameters."""
        # What is over at an instant was before it; an event without a known length is over as soon
        # as it begins.
        parts = ["begins < :until AND (ends > :since OR begins >= :since)"]
        values: dict[str, Any] = {"since": self.since, "until": self.until}
        for name, condition in _CONDITIONS.items():
            if (chosen := getattr(self, name)) is not None:
                parts.append(condition)
                values[name] = json.dumps([*chosen])
        values |= {name: json.dumps([*getattr(self, name)]) for name in ("speaking", "silent")}
        if self.box is not None:
            west, south, east, north = self.box
            parts.append(_WITHIN if west <= east else _ACROSS)
            values |= {"west": west, "south": south, "east": east, "north": north}
        return " AND ".join(parts), values
