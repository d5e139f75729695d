"""The venues that partners tell of, by the area where each is."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from rdflib.namespace import RDF

from parvis.catalog.codelists import Areas
from parvis.governance import ANONYMOUS, discoverable
from parvis.pooling.pool import Pool
from parvis.pooling.versions import versions_of
from parvis.statistics.figures import Venues
from parvis.statistics.strata import Strata
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

_TYPE, _PLACE = (f"<{one}>".encode() for one in (RDF.type, SCHEMA.Place))
_TERRITORY, _ADDRESS, _POSTAL = (
    f"<{one}>".encode() for one in (PARVIS.territory, SCHEMA.address, SCHEMA.postalCode)
)
_FSA = 3
"""Characters of a postal code that name an area."""


def venues(
    pool: Pool, areas: Areas, strata: Strata, contributors: Collection[str], at: datetime
) -> Venues:
    """Count the venues of each partner; one that tells of none is one itself, nobody knows where.

    An area is that of a venue's territory, else of its postal code. `contributors` are the partners
    whose figures are pooled: of the others, and of venues, only what everyone may know of at that
    instant is counted, since the coverage of a figure is told to everyone.
    """
    datasets = {key: pool.catalog.require(key) for key in versions_of(pool)}
    iris = sorted(dataset.iri for dataset in datasets.values())
    seen = set(discoverable(pool.catalog.policies, ANONYMOUS, iris, at))
    told: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, version in versions_of(pool).items():
        dataset = datasets[key]
        if dataset.publisher == pool.catalog.host.iri:
            continue
        if dataset.iri in seen:
            told[dataset.publisher] |= _places(pool.record.read_lines(version))
        elif dataset.publisher in contributors:
            told[dataset.publisher] |= {}
    of_area: defaultdict[str, Counter[str]] = defaultdict(Counter)
    targets = frozenset(strata.codes("area"))
    for publisher, places in told.items():
        for concept in places.values():
            for area in {concept, *areas.within.get(concept, ())} & targets:
                of_area[area][publisher] += 1
    every = {publisher: max(len(places), 1) for publisher, places in told.items()}
    return Venues(every, of_area, strata.total("area"))


def _places(lines: Iterable[bytes]) -> dict[str, str]:
    """Give the places of a graph in N-Triples, each with the area that is told of it, or none."""
    places: set[bytes] = set()
    told: dict[bytes, dict[bytes, str]] = {one: {} for one in (_TERRITORY, _ADDRESS, _POSTAL)}
    for line in lines:
        subject, step, rest = line.split(b" ", 2)
        if step in told:
            told[step][subject] = rest.rsplit(b" ", 1)[0].decode()[1:-1]
        elif step == _TYPE and rest.startswith(_PLACE):
            places.add(subject)
    codes = {address: code[:_FSA] for address, code in told[_POSTAL].items()}
    found = {}
    for place in places:
        address = f"<{told[_ADDRESS].get(place, '')}>".encode()
        code = codes.get(address) or codes.get(place)
        area = f"{CONCEPT}area/{code}" if code else ""
        found[place.decode()] = told[_TERRITORY].get(place, area)
    return found
