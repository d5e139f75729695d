"""The filters of a list of events, as addresses have them: what comes from outside is read here."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo

from parvis.catalog.codelists import scheme
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.rdf.moments import is_day, next_midnight, to_moment, to_seconds

FILTERS = (
    "from", "until", "area", "place", "bbox", "discipline", "audience", "language", "partner", "q",
)  # fmt: skip
"""The names of the filters in addresses."""
SCHEMES = ("area", "discipline", "audience")
"""The filters that are code lists."""
LONGEST = 100
"""Characters of a text that a message repeats."""
MOST_VALUES = 50
"""Values of one filter."""
MOST_WORDS = 1_000
"""Characters of the words that are searched for."""
CORNERS = 4

UNKNOWN = N_("“{name}” is no filter of events; these are: {names}")
NO_DAY = N_("“{name}” is a day or an instant (2027-01-31, 2027-01-31T19:30:00-05:00), not “{text}”")
NO_OFFSET = N_(
    "“{name}” has the hour “{text}” without its time zone: add the offset, as in"
    " 2027-01-31T19:30:00-05:00, or leave the day alone"
)
BACKWARDS = N_("“from” ({first}) is later than “until” ({last}): exchange them")
NO_BOX = N_(
    "“bbox” is four numbers, west, south, east, north, in degrees (-73.9,45.4,-73.4,45.7), not"
    " “{text}”; where west is greater than east it crosses the 180th meridian"
)
UPSIDE_DOWN = N_("“bbox” has its south ({south}) above its north ({north}): exchange them")
NO_SLUG = N_("“{text}” is no partner: write its name as in the address of its page")
NO_LANGUAGE = N_("“{text}” is no language: write its code, as in fr, en or iu")
NO_PLACE = N_("“{text}” is no place: write the address of its page here, which is its identifier")
TOO_MANY = N_("“{name}” has more than {most} values: leave some out")
TOO_LONG = N_("“q” has more than {most} characters: leave some words out")

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,254}")
_CODE = re.compile(r"[a-z]{2,3}")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class EventFilter:
    """What events are wanted: all that is set must hold; of several values, any.

    `since` and `until` are seconds since 1970, between which an event is on. `choices` are the
    values as addresses write them, which the day that stands for a missing “from” is one of.
    """

    since: float = float("-inf")
    until: float = float("inf")
    box: Box | None = None
    concepts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    places: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    words: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    from_today: bool = False
    """Whether it begins today because nothing else is said."""


def read_filter(values: Mapping[str, str], today: date, zone: tzinfo) -> EventFilter:
    """Read the filters of an address; without “from”, what is over before today is left out.

    A value may be several, between commas. Raises `UsageError` that names what is wrong.
    """
    choices = {name: text.strip() for name in FILTERS if (text := values.get(name, "")).strip()}
    from_today = "from" not in choices
    start = choices.setdefault("from", today.isoformat())
    since = _read_moment("from", start, zone)
    until = _read_moment("until", choices["until"], zone) if "until" in choices else float("inf")
    if since > until:
        raise UsageError(BACKWARDS, first=start[:LONGEST], last=choices["until"][:LONGEST])
    if len(choices.get("q", "")) > MOST_WORDS:
        raise UsageError(TOO_LONG, most=MOST_WORDS)
    return EventFilter(
        since=since,
        until=until,
        box=_read_box(choices["bbox"]) if "bbox" in choices else None,
        concepts={
            name: frozenset(map(scheme(name).require, _split(name, choices)))
            for name in SCHEMES
            if name in choices
        },
        places=frozenset(_require(_IRI, NO_PLACE, text) for text in _split("place", choices)),
        partners=frozenset(_require(_SLUG, NO_SLUG, text) for text in _split("partner", choices)),
        languages=frozenset(
            _require(_CODE, NO_LANGUAGE, text.lower()) for text in _split("language", choices)
        ),
        words=choices.get("q", ""),
        choices=choices,
        from_today=from_today,
    )


def refuse_unknown(names: Iterable[str], others: Iterable[str]) -> None:
    """Raise `UsageError` for a name that is neither a filter nor one of the others."""
    allowed = (*FILTERS, *others)
    for name in names:
        if name not in allowed:
            raise UsageError(UNKNOWN, name=name[:LONGEST], names=", ".join(allowed))


def _split(name: str, choices: Mapping[str, str]) -> list[str]:
    values = [text.strip() for text in choices.get(name, "").split(",") if text.strip()]
    if len(values) > MOST_VALUES:
        raise UsageError(TOO_MANY, name=name, most=MOST_VALUES)
    return values


def _require(pattern: re.Pattern[str], template: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise UsageError(template, text=text[:LONGEST])
    return text


def _read_moment(name: str, text: str, zone: tzinfo) -> float:
    """Return a moment in seconds; of the day that ends a list, its end."""
    # A plus sign of an offset is often sent as it is, which addresses read as a space.
    text = text.replace(" ", "+")
    moment = to_moment(text, zone)
    if moment is None or len(text) > LONGEST:
        raise UsageError(NO_DAY, name=name, text=text[:LONGEST])
    if is_day(text):
        day = date.fromisoformat(text)
        last = name == "until" and day < date.max
        moment = next_midnight(day, zone) if last else datetime.combine(day, time(), zone)
    elif datetime.fromisoformat(text).tzinfo is None:
        raise UsageError(NO_OFFSET, name=name, text=text[:LONGEST])
    return to_seconds(moment)


def _read_box(text: str) -> Box:
    parts = text.split(",")
    try:
        west, south, east, north = map(float, parts[: CORNERS + 1])
    except ValueError as error:
        raise UsageError(NO_BOX, text=text[:LONGEST]) from error
    # What is no number compares with none.
    if not (abs(west) <= 180 and abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):  # noqa: PLR2004 - the Earth
        raise UsageError(NO_BOX, text=text[:LONGEST])
    if south > north:
        raise UsageError(UPSIDE_DOWN, south=f"{south:g}", north=f"{north:g}")
    return west, south, east, north
