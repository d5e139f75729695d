"""Evidence of when events begin."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from parvis.i18n import N_
from parvis.linking.evidence import Evidence, Kind

SAME_INSTANT = N_("they begin at the same time: {here}")
SAME_DAY = N_("they begin on the same day: {here}; one of them tells no hour")
OTHER_TIME = N_("they begin at two times: {here} and {there}")

ZONE = ZoneInfo("America/Toronto")
"""The clock by which an instant is of a day."""


def of_times(here: str, there: str) -> Evidence | None:
    """Compare when two events begin, as instants or days (ISO 8601).

    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-04T00:00:00Z").score
    1.0
    >>> of_times("2026-10-03T20:00:00-04:00", "2026-10-03").score
    0.8
    """
    one, other = moment(here), moment(there)
    if one is None or other is None:
        return None
    fields = {"here": here, "there": there}
    if one == other:
        if one[1]:
            return Evidence(Kind.TIME, 1.0, SAME_INSTANT, fields)
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    if one[0] == other[0] and not (one[1] and other[1]):
        return Evidence(Kind.TIME, 0.8, SAME_DAY, fields)
    return Evidence(Kind.TIME, -1.0, OTHER_TIME, fields)


@lru_cache(maxsize=100_000)
def moment(text: str) -> tuple[str, str] | None:
    """Give the day and the hour of a text, the hour empty where none is told; None if neither.

    >>> moment("2026-10-04T00:00:00Z"), moment("bientôt") is None
    (('2026-10-03', '20:00'), True)
    """
    try:
        if len(text) <= len("2026-10-03"):
            return date.fromisoformat(text).isoformat(), ""
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = found.astimezone(ZONE) if found.tzinfo else found
    return local.date().isoformat(), f"{local:%H:%M}"
