"""The strata in which the pool's publics are published, read from the ontology's code lists."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256

from rdflib import URIRef

from parvis.catalog.codelists import Areas, scheme
from parvis.catalog.ontology import ontology
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.statistics.nesting import OLDEST, Bounds, Nesting
from parvis.statistics.strata import DIMENSIONS, Strata
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

SPLIT: Mapping[str, str] = {"discipline": "performing-arts", "area": "qc"}
"""The widest concepts that are replaced by their parts: disciplines of the stage, regions."""
EVERYWHERE = Areas()
NO_AGE = N_("“ages” of “disclosure” names {code}, which is no bracket of the list of ages")
YEAR = 4
"""Characters of a calendar year's code: the pool is published by the year."""
_LISTS = ("discipline", "area", "public", "language", "channel")


@cache
def read_strata(ages: Sequence[str], areas: Areas = EVERYWHERE) -> Strata:
    """Return the hierarchy for age brackets and areas; raises `UsageError` if some overlap."""
    nestings = {name: _nest_list(name) for name in _LISTS}
    nestings["area"] = _nest_list("area", areas.within)
    nestings["place"] = Nesting("place", f"{CONCEPT}place/total")
    nestings["age"], nestings["period"] = _nest_ages(ages), _nest_periods()
    return Strata({name: nestings[name] for name in DIMENSIONS})


@cache
def list_nestings(areas: Areas = EVERYWHERE) -> Mapping[str, Nesting]:
    """Return the nesting of each code list as it stands, whatever the pool publishes."""
    nestings = {
        "age": _nest_ages(()),
        "period": _nest_periods(),
        "place": Nesting("place", f"{CONCEPT}place/total"),
    }
    for name in _LISTS:
        total = f"{CONCEPT}{name}/total"
        above = areas.within if name == "area" else scheme(name).above
        nestings[name] = Nesting(name, total, (), _remove_total(above, total))
    return {name: nestings[name] for name in DIMENSIONS}


def compute_strata_digest(strata: Strata) -> str:
    """Return a digest of a hierarchy: all releases of a pool must have the same."""
    # Periods are added year after year without cutting the same figures differently.
    codes = [(name, strata.codes(name)) for name in DIMENSIONS if name != "period"]
    return sha256(repr(codes).encode()).hexdigest()[:16]


def _remove_total(above: Mapping[str, Collection[str]], total: str) -> dict[str, frozenset[str]]:
    """Return the wider codes of each code, without the total and the code itself."""
    return {
        code: frozenset(wider) - {code, total} for code, wider in above.items() if code != total
    }


def _nest_list(name: str, above: Mapping[str, Collection[str]] | None = None) -> Nesting:
    """Nest a code list by its wider concepts; `above` may have more codes than the list."""
    listed, total = scheme(name).above, f"{CONCEPT}{name}/total"
    within = _remove_total(above or listed, total)
    split = f"{CONCEPT}{name}/{SPLIT.get(name)}"
    tops = {code for code in listed if not within.get(code, {code})} - {split}
    narrower = {code for code, steps in listed.items() if steps.get(split) == 1}
    targets = tuple(sorted(tops | narrower - {total}))
    return Nesting(name, total, targets, {code: wider - {split} for code, wider in within.items()})


def _nest_ages(codes: Sequence[str]) -> Nesting:
    bounds: dict[str, Bounds] = {}
    for concept in scheme("age").labels:
        low, high = (
            ontology().value(URIRef(concept), step) for step in (PARVIS.minAge, PARVIS.maxAge)
        )
        if low is not None:
            bounds[concept] = int(str(low)), OLDEST if high is None else int(str(high))
    targets = tuple(f"{CONCEPT}age/{code}" for code in codes)
    for code, target in zip(codes, targets, strict=True):
        if target not in bounds:
            raise UsageError(NO_AGE, code=code)
    return Nesting("age", f"{CONCEPT}age/total", targets, bounds=bounds)


@cache
def read_periods() -> dict[str, tuple[date, date]]:
    """Return the first and last day of each period of the pool's list, by its IRI."""
    graph, days = ontology(), {}
    for period in scheme("period").labels:
        ends = [graph.value(URIRef(period), step) for step in (SCHEMA.startDate, SCHEMA.endDate)]
        if all(ends):
            first, last = (date.fromisoformat(str(day)) for day in ends)
            days[period] = first, last
    return days


def _nest_periods() -> Nesting:
    days = read_periods().items()
    bounds: dict[str, Bounds] = {
        p: (first.toordinal(), last.toordinal()) for p, (first, last) in days
    }
    years = tuple(sorted(period for period in bounds if len(period.rpartition("/")[2]) == YEAR))
    return Nesting("period", None, years, bounds=bounds)
