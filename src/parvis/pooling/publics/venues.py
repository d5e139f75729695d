"""The known venues of partners, by area."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from rdflib.namespace import RDF

from parvis.catalog.codelists import Areas
from parvis.governance import ANONYMOUS, filter_discoverable
from parvis.pooling.pool import Pool
from parvis.pooling.versions import versions_of
from parvis.statistics.figures import VenueCounts
from parvis.statistics.strata import Strata
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

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
