"""The reaches and published figures of the graphs of the record, collected on publishing.

A generation holds them also for graphs that few may read: `pooling.serving.figures.relays` checks
the agreements when it answers, graph by graph. They are removed with the generation, so that an
erased content leaves none behind.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain

from rdflib import URIRef
from rdflib.namespace import DCTERMS, QB

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import ontology
from parvis.config.json_data import from_json, to_json
from parvis.errors import NothingPublished
from parvis.pooling.agreements import loaded_graphs
from parvis.pooling.cards import read_optional
from parvis.pooling.pool import Pool
from parvis.pooling.publics.areas import read_with_areas
from parvis.pooling.publics.strata import age_bounds
from parvis.rdf.joining import Values, read_subjects, single_value, values
from parvis.statistics.cube import CubeCell, CubeCodes
from parvis.statistics.relays import AudienceReach
from parvis.store.generation import generation as store
from parvis.store.generation.generation import Generation
from parvis.store.record.graph_record import GraphVersion
from parvis.vocab.namespaces import CONCEPT, PARVIS, SCHEMA

POOL = URIRef(f"{CONCEPT}partner/pool")
"""The contributor of pooled figures: all partners together."""
PUBLISHED = tuple(f"{CONCEPT}confidentiality/{code}>".encode() for code in ("free", "partner-open"))
"""The statuses of figures that are public already, as they end a triple."""
PERSONS = (PARVIS.attendance, PARVIS.tickets, PARVIS.visits)
"""Measures that count persons, and that add up."""
DERIVED = f"{CONCEPT}method/derived"
_STRATUM = (
    *("refPeriod", "eventArea", "residenceArea", "public"),
    *("language", "discipline", "channel"),
)
_DIGITS = 15
"""A number of more digits is no count of people."""


def read_cells(lines: Iterable[bytes], graph: str) -> Iterator[CubeCell]:
    """Yield the published figures of persons of a graph in sorted N-Triples."""
    for iri, text in read_subjects(lines):
        if any(status in text for status in PUBLISHED):
            cell = _read_cell(values(text, iri), graph)
            if cell is not None:
                yield cell


@cache
def read_codes() -> CubeCodes:
    """Read totals, the narrowest publics that hold an age, and the last days of periods."""
    lists = ("age", "area", "place", "public", "language", "discipline", "channel")
    ends = {
        period: ontology().value(URIRef(period), SCHEMA.endDate)
        for period in scheme("period").labels
    }
    audiences = age_bounds("audience")
    narrowest: dict[str, tuple[str, ...]] = {}
    for bracket, (low, high) in age_bounds("age").items():
        widths = {
            audience: top - bottom
            for audience, (bottom, top) in audiences.items()
            if bottom <= low and high <= top
        }
        if widths:
            # Several publics may be equally narrow.
            least = min(widths.values())
            narrowest[bracket] = tuple(sorted(a for a, width in widths.items() if width == least))
    return CubeCodes(
        pool=str(POOL),
        every_age=f"{CONCEPT}age/total",
        totals=frozenset(f"{CONCEPT}{name}/total" for name in lists),
        publics=narrowest,
        ends={period: str(day) for period, day in ends.items() if day is not None},
    )


def _read_cell(properties: Values, graph: str) -> CubeCell | None:
    """Read one observation; None for one that lacks a dimension, or measures no persons."""
    get_single = partial(single_value, properties)
    measure, contributor = get_single(QB.measureType), get_single(PARVIS.contributor)
    stratum = (measure, *(get_single(PARVIS[name]) for name in _STRATUM))
    place, age = get_single(PARVIS.place), get_single(PARVIS.ageGroup)
    value = get_single(measure) if measure in set(map(str, PERSONS)) else None
    parts = (contributor, place, age, value, *stratum)
    if not all(parts) or not (str(value).isdigit() and len(str(value)) <= _DIGITS):
        return None
    # Of the pool, only what passed disclosure control may be published.
    if (
        contributor == str(POOL)
        and get_single(PARVIS.confStatus) != f"{CONCEPT}confidentiality/free"
    ):
        return None
    dimensions = tuple(map(str, stratum))
    return CubeCell(graph, str(contributor), str(place), str(age), dimensions, int(str(value)))


FILE = "reaches.json"
THREADS = 2
"""Contents that are read at a time."""
_REACHES = f" <{PARVIS.reaches}> ".encode()


@dataclass(frozen=True)
class Declaration:
    """The reaches of one graph: its content's digest, the asset that agreements are about.

    `names` are the graph's names of its relays, `cells` its published figures of persons. A reach
    without a day has the one on which it was submitted.
    """

    digest: str
    target: str
    reaches: tuple[AudienceReach, ...] = ()
    cells: tuple[CubeCell, ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def build_reaches(pool: Pool) -> bytes:
    """Return the reaches and figures of all graphs of the record, as JSON."""
    try:
        before = read_declarations(store.current(pool.settings.data))
    except NothingPublished:
        before = {}
    targets = {dataset.graph: dataset.iri for dataset in pool.catalog.datasets.values()}
    targets |= {graph: graph for graph in loaded_graphs(pool.record)}
    versions = {g: version for g, version in pool.record.versions().items() if g in targets}

    def declare(graph: str) -> Declaration:
        # A content that was read for the last generation is not read again: graphs without
        # reaches are stored too, by their digest.
        declaration = before.get(graph)
        if declaration is None or declaration.digest != versions[graph].digest:
            declaration = _read_declaration(pool, graph, versions[graph])
        return replace(declaration, target=targets[graph])

    # Uncompressing takes most of the time, and needs no lock of the interpreter.
    with ThreadPoolExecutor(THREADS) as threads:
        by_graph = dict(zip(versions, threads.map(declare, versions), strict=True))
    return json.dumps(to_json(by_graph), ensure_ascii=False).encode()


def read_declarations(generation: Generation) -> dict[str, Declaration]:
    """Read the reaches of a generation by graph; older generations have none."""
    document = read_optional(generation.site / FILE)
    return {graph: from_json(Declaration, fields) for graph, fields in document.items()}


def _read_declaration(pool: Pool, graph: str, version: GraphVersion) -> Declaration:
    relays: defaultdict[str, list[str]] = defaultdict(list)
    has_figures = False
    for block in pool.record.read_blocks(version):
        has_figures = has_figures or any(status in block for status in PUBLISHED)
        for line in block.splitlines() if _REACHES in block else ():
            relay_term, predicate, tail = line.split(b" ", 2)
            reach_term = tail[:-2]
            # A reach that is a blank node has no IRI to link to.
            if predicate == _REACHES.strip() and relay_term[:1] == reach_term[:1] == b"<":
                relays[reach_term[1:-1].decode()].append(relay_term[1:-1].decode())
    # Contents without figures, which are most, are not read line by line.
    lines = read_with_areas(pool.record, version) if has_figures else ()
    cells = tuple(read_cells(lines, graph))
    # The content is read once more only if it declares a reach.
    if not relays:
        return Declaration(version.digest, graph, cells=cells)
    iris = {*relays, *chain.from_iterable(relays.values())}
    subjects = {f"<{iri}>".encode() for iri in iris}
    lines = read_with_areas(pool.record, version)
    selected = (line for line in lines if line.partition(b" ")[0] in subjects)
    properties = {iri: values(text, iri) for iri, text in read_subjects(selected)}
    day = version.submitted.date().isoformat()
    reaches = []
    for reach_iri, relay_iris in relays.items():
        for relay in relay_iris:
            reach = _read_reach(reach_iri, relay, graph, properties.get(reach_iri, {}))
            if reach.publics:
                reaches.append(replace(reach, date=reach.date or day))
    names = {
        relay: {lang or "": text for text, lang in texts}
        for relay in chain.from_iterable(relays.values())
        if (texts := properties.get(relay, {}).get(str(SCHEMA.name)))
    }
    return Declaration(version.digest, graph, reaches=tuple(reaches), cells=cells, names=names)


def _read_reach(iri: str, relay: str, graph: str, properties: Values) -> AudienceReach:
    def list_values(predicate: object) -> tuple[str, ...]:
        return tuple(sorted(text for text, _ in properties.get(str(predicate), ())))

    def get_first(predicate: object) -> str | None:
        return next(iter(list_values(predicate)), None)

    size = get_first(PARVIS.reachSize)
    # A size that is no whole number is left out (the shapes refuse it).
    is_count = size and size.isascii() and size.isdigit() and len(size) <= _DIGITS
    return AudienceReach(
        iri=iri,
        relay=relay,
        graph=graph,
        publics=list_values(PARVIS.targetAudience),
        areas=list_values(PARVIS.residenceArea),
        languages=list_values(PARVIS.language),
        channels=list_values(PARVIS.channel),
        size=int(size) if size and is_count else None,
        method=get_first(PARVIS.method),
        source=get_first(DCTERMS.source),
        date=get_first(DCTERMS.valid),
    )
