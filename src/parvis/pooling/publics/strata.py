"""The strata by which the pool's publics are told, read from the code lists of the ontology."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from hashlib import sha256

from rdflib import URIRef

from parvis.catalog.codelists import Areas, read_ontology, scheme
from parvis.errors import UsageError
from parvis.i18n import N_
from parvis.statistics.nesting import OLDEST, Bounds, Nesting
from parvis.statistics.strata import DIMENSIONS, Strata
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

SPLIT: Mapping[str, str] = {"discipline": "performing-arts", "area": "qc"}
"""The widest concepts that are told by their parts: disciplines of the stage, regions of Québec."""
EVERYWHERE = Areas()
NO_AGE = N_("“ages” of “disclosure” names {code}, which is no bracket of the list of ages")
YEAR = 4
"""Characters of a calendar year's code: the pool is told by the year."""


@cache
def strata(ages: Sequence[str], areas: Areas = EVERYWHERE) -> Strata:
    """Give the hierarchy for some age brackets and areas; raises `UsageError` if some overlap."""
    plain = ("discipline", "area", "public", "language", "channel")
    found = {name: _listed(name) for name in plain}
    found["area"] = _listed("area", areas.within)
    found["place"] = Nesting("place", f"{CONCEPT}place/total")
    found["age"], found["period"] = _ages(ages), _years()
    return Strata({name: found[name] for name in DIMENSIONS})


@cache
def lists(areas: Areas = EVERYWHERE) -> Mapping[str, Nesting]:
    """Give what is inside what in each code list as it stands, whatever the pool tells."""
    found = {
        "age": _ages(()),
        "period": _years(),
        "place": Nesting("place", f"{CONCEPT}place/total"),
    }
    for name in ("discipline", "area", "public", "language", "channel"):
        total = f"{CONCEPT}{name}/total"
        known = areas.within if name == "area" else scheme(name).above
        above = {code: some for code, some in known.items() if code != total}
        found[name] = Nesting(
            name, total, (), {code: frozenset(some) - {code, total} for code, some in above.items()}
        )
    return {name: found[name] for name in DIMENSIONS}


def digest_of(strata: Strata) -> str:
    """Name a hierarchy by what it tells: all releases of a pool must have the same."""
    told = [(name, strata.codes(name)) for name in DIMENSIONS if name != "period"]
    return sha256(repr(told).encode()).hexdigest()[:16]


def _listed(name: str, above: Mapping[str, Collection[str]] | None = None) -> Nesting:
    """Nest a code list by what it says to be wider; `above` may tell of more codes than it has."""
    known, total = scheme(name), f"{CONCEPT}{name}/total"
    within = {
        code: frozenset(some) - {code, total}
        for code, some in (above or known.above).items()
        if code != total
    }
    split = f"{CONCEPT}{name}/{SPLIT.get(name)}"
    tops = {code for code in known.above if not within.get(code, {code})} - {split}
    narrower = {code for code, above in known.above.items() if above.get(split) == 1}
    targets = tuple(sorted(tops | narrower - {total}))
    return Nesting(name, total, targets, {c: a - {split} for c, a in within.items()})


def _ages(codes: Sequence[str]) -> Nesting:
    bounds: dict[str, Bounds] = {}
    for concept in scheme("age").labels:
        low, high = (
            read_ontology().value(URIRef(concept), step) for step in (PARVIS.minAge, PARVIS.maxAge)
        )
        if low is not None:
            bounds[concept] = int(str(low)), OLDEST if high is None else int(str(high))
    targets = tuple(f"{CONCEPT}age/{code}" for code in codes)
    for code, target in zip(codes, targets, strict=True):
        if target not in bounds:
            raise UsageError(NO_AGE, code=code)
    return Nesting("age", f"{CONCEPT}age/total", targets, bounds=bounds)


def _years() -> Nesting:
    bounds: dict[str, Bounds] = {}
    for concept in scheme("period").labels:
        first, last = (
            read_ontology().value(URIRef(concept), step)
            for step in (SCHEMA.startDate, SCHEMA.endDate)
        )
        if first is not None and last is not None:
            days = (date.fromisoformat(str(one)).toordinal() for one in (first, last))
            bounds[concept] = next(days), next(days)
    years = tuple(sorted(one for one in bounds if len(one.rpartition("/")[2]) == YEAR))
    return Nesting("period", None, years, bounds=bounds)
