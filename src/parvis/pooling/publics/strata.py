"""The strata in which the pool's publics are published, read from the ontology's code lists."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256

from rdflib import URIRef
from rdflib.namespace import RDF

from parvis.catalog.codelists import WITHIN, Areas, scheme
from parvis.catalog.ontology import code_list
from parvis.errors import UsageError
from parvis.governance import ANONYMOUS, filter_discoverable
from parvis.i18n import N_
from parvis.pooling.pool import Pool
from parvis.pooling.versions import versions_of
from parvis.statistics.nesting import OLDEST, Bounds, Nesting
from parvis.statistics.strata import (
    DIMENSIONS,
    MONTH,
    PRICE,
    QUARTER,
    SEASON,
    YEAR,
    Strata,
    VenueCounts,
)
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

SPLIT: Mapping[str, str] = {"discipline": "performing-arts", "area": "qc"}
"""The widest concepts that are replaced by their parts: disciplines of the stage, regions."""
EVERYWHERE = Areas()
NO_AGE = N_("“ages” of “disclosure” names {code}, which is no bracket of the list of ages")
PERIODS = {
    YEAR: re.compile(r"\d{4}"),
    SEASON: re.compile(r"\d{4}-\d{4}"),
    QUARTER: re.compile(r"\d{4}-Q\d"),
    MONTH: re.compile(r"\d{4}-\d\d"),
}
"""How the codes of periods of each length are written."""
_LISTS = ("discipline", "area", "public", "language", "channel", "size", PRICE)
APART = frozenset(f"{CONCEPT}language/{code}" for code in WITHIN["language"])
"""Languages whose figures were joined with those of bilingual people, in earlier versions."""
_SCHEMES = {"size": "organization-size", PRICE: "price-type"}
"""The code lists that are not named like their dimension."""


@cache
def read_strata(
    ages: Sequence[str], areas: Areas = EVERYWHERE, *, languages_joined: bool = False
) -> Strata:
    """Return the hierarchy for age brackets and areas; raises `UsageError` if some overlap.

    With `languages_joined`, figures of French and of English add up to those of bilingual people,
    as earlier versions had it: a pool that released such figures goes on cutting them so.
    """
    lists = {name: _nest_list(name) for name in _LISTS}
    lists["area"] = _nest_list("area", areas.within)
    if languages_joined:
        lists["language"] = _nest_list("language", scheme("language").above)
    _, *shorter = PERIODS
    nestings = _add_intervals(lists, ages) | {PRICE: lists[PRICE]}
    return Strata(nestings, {length: _nest_periods(length) for length in shorter})


@cache
def list_nestings(areas: Areas = EVERYWHERE) -> Mapping[str, Nesting]:
    """Return the nesting of each code list as it stands, whatever the pool publishes."""
    lists = {}
    for name in _LISTS:
        total = f"{CONCEPT}{_SCHEMES.get(name, name)}/total"
        above = areas.within if name == "area" else _wider_codes(name)
        lists[name] = Nesting(name, total, (), _remove_total(above, total))
    return _add_intervals(lists, ())


def _wider_codes(name: str) -> Mapping[str, Mapping[str, int]]:
    """Return the wider codes of each code of a list, whose figures add up to theirs."""
    above = scheme(_SCHEMES.get(name, name)).above
    # Who looks for a relay to French speakers also finds one that reaches bilingual people, but
    # a figure of these is no sum of the figures of both languages: it has a place of its own.
    apart = {f"{CONCEPT}{name}/{wider}" for wider in WITHIN.get(name, {}).values()}
    return {
        code: {wider: steps for wider, steps in wide.items() if wider == code or wider not in apart}
        for code, wide in above.items()
    }


def _add_intervals(lists: Mapping[str, Nesting], ages: Sequence[str]) -> dict[str, Nesting]:
    """Return the nestings of all dimensions: of lists, of ages and of periods."""
    place = Nesting("place", f"{CONCEPT}place/total")
    nestings = {**lists, "place": place, "age": _nest_ages(ages), "period": _nest_periods(YEAR)}
    nestings["event"] = replace(nestings["area"], name="event")
    return {name: nestings[name] for name in DIMENSIONS}


def compute_strata_digest(strata: Strata, without: Collection[str] = ()) -> str:
    """Return a digest of a hierarchy: all releases of a pool must have the same.

    `without` are codes that it did not have formerly.
    """
    # Periods are added year after year without cutting the same figures differently; areas of
    # events and sizes have lists that do not depend on a pool.
    same = {"period", "event", "size"}
    codes = [
        (name, tuple(code for code in strata.codes(name) if code not in without))
        for name in DIMENSIONS
        if name not in same
    ]
    return sha256(repr(codes).encode()).hexdigest()[:16]


def _remove_total(above: Mapping[str, Collection[str]], total: str) -> dict[str, frozenset[str]]:
    """Return the wider codes of each code, without the total and the code itself."""
    return {
        code: frozenset(wider) - {code, total} for code, wider in above.items() if code != total
    }


def _nest_list(name: str, above: Mapping[str, Collection[str]] | None = None) -> Nesting:
    """Nest a code list by its wider concepts; `above` may have more codes than the list."""
    code_list = _SCHEMES.get(name, name)
    total = f"{CONCEPT}{code_list}/total"
    listed = scheme(code_list).above if above and name != "area" else _wider_codes(name)
    within = _remove_total(above or listed, total)
    split = f"{CONCEPT}{code_list}/{SPLIT.get(name)}"
    tops = {code for code in listed if not within.get(code, {code})} - {split}
    narrower = {code for code, steps in listed.items() if steps.get(split) == 1}
    targets = tuple(sorted(tops | narrower - {total}))
    return Nesting(name, total, targets, {code: wider - {split} for code, wider in within.items()})


def age_bounds(name: str) -> dict[str, Bounds]:
    """Return the bounds of age, in years, of the concepts of a list that have any."""
    bounds = {}
    for concept in scheme(name).labels:
        low, high = (
            code_list(name).value(URIRef(concept), step) for step in (PARVIS.minAge, PARVIS.maxAge)
        )
        if low is not None or high is not None:
            bounds[concept] = (int(str(low or 0)), int(str(high or OLDEST)))
    return bounds


def _nest_ages(codes: Sequence[str]) -> Nesting:
    bounds = age_bounds("age")
    targets = tuple(f"{CONCEPT}age/{code}" for code in codes)
    for code, target in zip(codes, targets, strict=True):
        if target not in bounds:
            raise UsageError(NO_AGE, code=code)
    return Nesting("age", f"{CONCEPT}age/total", targets, bounds=bounds)


@cache
def read_periods() -> dict[str, tuple[date, date]]:
    """Return the first and last day of each period of the pool's list, by its IRI."""
    graph, days = code_list("period"), {}
    for period in scheme("period").labels:
        ends = [graph.value(URIRef(period), step) for step in (SCHEMA.startDate, SCHEMA.endDate)]
        if all(ends):
            first, last = (date.fromisoformat(str(day)) for day in ends)
            days[period] = first, last
    return days


def _nest_periods(length: str) -> Nesting:
    days = read_periods().items()
    bounds: dict[str, Bounds] = {
        p: (first.toordinal(), last.toordinal()) for p, (first, last) in days
    }
    code = PERIODS[length]
    targets = sorted(period for period in bounds if code.fullmatch(period.rpartition("/")[2]))
    return Nesting("period", None, tuple(targets), bounds=bounds)


# The known venues of partners, by area.

_TYPE, _PLACE = (f"<{iri}>".encode() for iri in (RDF.type, SCHEMA.Place))
_TERRITORY, _ADDRESS, _POSTAL = (
    f"<{iri}>".encode() for iri in (PARVIS.territory, SCHEMA.address, SCHEMA.postalCode)
)
_FSA = 3
"""Characters of a postal code that name an area."""


def count_venues(
    pool: Pool, areas: Areas, strata: Strata, contributors: Collection[str], at: datetime
) -> VenueCounts:
    """Count the venues of each partner; one without counts as one venue in no area.

    The area is that of a venue's territory, else of its postal code. `contributors` are the
    partners whose figures are pooled.
    """
    datasets = {key: pool.catalog.require(key) for key in versions_of(pool)}
    iris = sorted(dataset.iri for dataset in datasets.values())
    # The coverage of a figure is public: of venues, and of partners that do not contribute, only
    # what everyone may discover at that instant is counted.
    public = set(filter_discoverable(pool.catalog.policies, ANONYMOUS, iris, at))
    by_partner: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, version in versions_of(pool).items():
        dataset = datasets[key]
        if dataset.publisher == pool.catalog.third_party.iri:
            continue
        if dataset.iri in public:
            by_partner[dataset.publisher] |= _read_areas(pool.record.read_lines(version))
        elif dataset.publisher in contributors:
            by_partner[dataset.publisher] |= {}
    of_area: defaultdict[str, Counter[str]] = defaultdict(Counter)
    targets = frozenset(strata.codes("area"))
    for publisher, places in by_partner.items():
        for concept in places.values():
            for area in {concept, *areas.within.get(concept, ())} & targets:
                of_area[area][publisher] += 1
    counts = {publisher: max(len(places), 1) for publisher, places in by_partner.items()}
    return VenueCounts(counts, of_area, strata.total("area"))


def _read_areas(lines: Iterable[bytes]) -> dict[str, str]:
    """Return the area of each place of a graph in N-Triples, empty where it has none."""
    places: set[bytes] = set()
    objects: dict[bytes, dict[bytes, str]] = {_TERRITORY: {}, _ADDRESS: {}, _POSTAL: {}}
    for line in lines:
        subject, predicate, tail = line.split(b" ", 2)
        if predicate in objects:
            objects[predicate][subject] = tail.rsplit(b" ", 1)[0].decode()[1:-1]
        elif predicate == _TYPE and tail.startswith(_PLACE):
            places.add(subject)
    codes = {address: code[:_FSA] for address, code in objects[_POSTAL].items()}
    areas = {}
    for place in places:
        # The postal code is of the address, which may be the place itself.
        address = f"<{objects[_ADDRESS].get(place, '')}>".encode()
        code = codes.get(address) or codes.get(place)
        area = f"{CONCEPT}area/{code}" if code else ""
        areas[place.decode()] = objects[_TERRITORY].get(place, area)
    return areas
