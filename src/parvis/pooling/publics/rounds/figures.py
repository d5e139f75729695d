"""Released estimates as the content of the third party's dataset `personnes`, in the record."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, QB, RDF, XSD

import parvis
from parvis.catalog.entries import Dataset
from parvis.config import clock
from parvis.errors import PolicyError, UsageError
from parvis.governance import EVERYONE
from parvis.i18n import N_, both
from parvis.ledger import Author, RoundRecord, Rounds, RoundState
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import FREE, REVIEW, SUPPRESSED
from parvis.pooling.publics.editions import LACKING, Edition
from parvis.pooling.publics.history import PEOPLE, PortraitRelease, Releases
from parvis.pooling.publics.reaches import POOL
from parvis.pooling.publics.storing import ReleaseOrigin, announce_release, store_release
from parvis.rdf.files import sorted_lines
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.statistics.distinct.rounds import Kind
from parvis.statistics.figures import contributor_step
from parvis.statistics.strata import Stratum
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

SLUG = "personnes"
"""The dataset of the trusted third party that holds the estimates."""
MASKED = URIRef(f"{CONCEPT}method/masked-count")
TOTALS = {
    PARVIS.eventArea: "area",
    PARVIS.place: "place",
    PARVIS.ageGroup: "age",
    PARVIS.public: "public",
    PARVIS.language: "language",
    PARVIS.channel: "channel",
}
"""The dimensions that an estimate is not broken down by, and their lists."""
TECHNIQUES = ("aggregation", "threshold", "dominance", "calibrated-noise", "rounding")

NO_DATASET = N_(
    "the catalogue has no dataset {key} for the estimates of distinct people: add it, with its"
    " purpose, who answers for it and who may read it, then approve again"
)
WHAT = N_(
    "Release {number}: estimates of distinct people of {rounds} rounds, from masked messages of"
    " their partners; nobody’s name, contact or identifier left a partner."
)
SOUND = N_(
    "Each partner’s noise alone hides the presence of any person, within the privacy budget (ε) of"
    " {epsilon} for the round that spent most; a cell is there only where the portrait publishes"
    " its attendance."
)


def dataset_key(pool: Pool) -> DatasetKey:
    return DatasetKey(pool.catalog.third_party.slug, SLUG)


def require_dataset(pool: Pool) -> Dataset:
    """Return the dataset of the estimates; raises `UsageError` or `PolicyError`."""
    key = dataset_key(pool)
    dataset = pool.catalog.datasets.get(key)
    if dataset is None:
        raise UsageError(NO_DATASET, key=key)
    for predicate in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        if (URIRef(dataset.iri), predicate, None) not in dataset.metadata:
            raise PolicyError(LACKING, dataset=key)
    return dataset


def release_estimates(pool: Pool, author: Author) -> bool:
    """Make the approved estimates the content of their dataset; return whether it changed.

    Of a period, the last round counts alone: two rounds of different people are never mixed.
    """
    records = list(_list_current(Rounds(pool.settings.data).all()))
    if not records:
        return False
    dataset = require_dataset(pool)
    basis = sha256(
        repr([(r.project, r.number, r.published) for r in records]).encode()
        + parvis.__version__.encode()
    ).hexdigest()
    version = pool.record.versions().get(dataset.graph)
    if version is not None and version.about.get("basis") == basis:
        return False
    at = clock.now()
    number = len(Releases(pool.settings.data, dataset.key).all()) + 1
    graph = _build_cube(pool, dataset, records, number)
    description = _describe(pool, dataset, records, number, at)
    release = PortraitRelease(
        number=number,
        inputs={},
        basis=basis,
        strata=PEOPLE,
        record=sorted_lines(description).decode(),
        reasons={},
        unfit=[],
        proved=0,
        unproved=0,
        # No figure of a contributor goes into it: there is none to be stored.
        snapshot=ReleaseSnapshot((), (), (), None),
        dataset=str(dataset.key),
    )
    edition = Edition(dataset, Stratum(), frozenset({EVERYONE}))
    origin = ReleaseOrigin(edition, (), at, author)
    rows = sum(1 for _ in graph.subjects(RDF.type, QB.Observation))
    store_release(pool, origin, release, sorted_lines(graph + description), rows)
    parties = {party for record in records for party in record.parties}
    announce_release(pool.settings, parties, dataset.title, f"{dataset.iri}|{number}")
    return True


def _list_current(records: Iterable[RoundRecord]) -> Iterator[RoundRecord]:
    """Yield the last approved round of each kind and period."""
    released = (record for record in records if record.state is RoundState.RELEASED)
    # Not the last opened: one that was opened before may be approved after it.
    by_approval = sorted(released, key=lambda record: record.ended or record.opened)
    yield from {(record.kind, record.period): record for record in by_approval}.values()


def _build_cube(pool: Pool, dataset: Dataset, records: list[RoundRecord], number: int) -> Graph:
    graph, cube = Graph(), URIRef(pool.iris.thing("cube", str(dataset.key)))
    graph.add((cube, RDF.type, QB.DataSet))
    graph.add((cube, QB.structure, PARVIS.distinctPublics))
    graph.add((cube, PARVIS.release, Literal(number)))
    rules = pool.settings.disclosure
    graph.add((cube, PARVIS.minContributors, Literal(rules.contributors)))
    graph.add((cube, PARVIS.minPersons, Literal(rules.persons)))
    for record in records:
        for measure, figure in _list_figures(record):
            key = (str(measure), record.period, figure["discipline"], figure["area"])
            digest = sha256("\n".join(key).encode()).hexdigest()[:16]
            subject = URIRef(pool.iris.thing("observation", f"{dataset.key}-{digest}"))
            is_published = figure["value"] is not None
            properties: dict[URIRef, URIRef | Literal] = {
                RDF.type: QB.Observation,
                QB.dataSet: cube,
                QB.measureType: measure,
                PARVIS.contributor: POOL,
                PARVIS.refPeriod: URIRef(record.period),
                PARVIS.discipline: URIRef(figure["discipline"]),
                PARVIS.residenceArea: URIRef(figure["area"]),
                PARVIS.method: MASKED,
                PARVIS.confStatus: FREE if is_published else SUPPRESSED,
            }
            properties |= {step: URIRef(f"{CONCEPT}{name}/total") for step, name in TOTALS.items()}
            if is_published:
                step = contributor_step(len(record.parties), rules.contributors)
                properties |= {
                    measure: _decimal(figure["value"]),
                    PARVIS.confidenceLow: _decimal(figure["low"]),
                    PARVIS.confidenceHigh: _decimal(figure["high"]),
                    PARVIS.contributors: Literal(step),
                }
            for predicate, value in properties.items():
                graph.add((subject, predicate, value))
    return graph


def _decimal(number: int) -> Literal:
    return Literal(f"{number}.0", datatype=XSD.decimal)


def _list_figures(record: RoundRecord) -> Iterator[tuple[URIRef, dict[str, Any]]]:
    published = record.published or {}
    if record.kind == Kind.DISTINCT:
        for figure in published.get("figures", ()):
            yield PARVIS.distinctPeople, figure
    elif published.get("why") is None:
        value, low, high = published["share"]
        totals = {name: f"{CONCEPT}{name}/total" for name in ("discipline", "area")}
        yield PARVIS.sharedAudience, {"value": value, "low": low, "high": high, **totals}


def _describe(
    pool: Pool, dataset: Dataset, records: list[RoundRecord], number: int, at: datetime
) -> Graph:
    """Return the record of anonymisation that the register lists."""
    rules = pool.settings.disclosure
    graph = Graph()
    subject = URIRef(pool.iris.thing("anonymisation", f"{dataset.key}-{number}"))
    values = [f["value"] for r in records for _, f in _list_figures(r) if f["value"] is not None]
    epsilon = max(record.epsilon for record in records)
    properties: list[tuple[URIRef, URIRef | Literal]] = [
        (RDF.type, PARVIS.Anonymisation),
        (RDF.type, PROV.Activity),
        (PROV.generated, URIRef(dataset.iri)),
        (PROV.endedAtTime, Literal(at)),
        (PARVIS.release, Literal(number)),
        (PARVIS.minContributors, Literal(rules.contributors)),
        (PARVIS.minPersons, Literal(rules.persons)),
        (PARVIS.fewestContributors, Literal(min(len(record.parties) for record in records))),
        (PARVIS.fewestPersons, Literal(max(rules.persons, min(values, default=0)))),
        (PARVIS.nextReview, Literal((at + REVIEW).date())),
        *((PARVIS.technique, URIRef(f"{CONCEPT}technique/{name}")) for name in TECHNIQUES),
    ]
    for predicate in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        objects = dataset.metadata.objects(URIRef(dataset.iri), predicate)
        properties += [(predicate, value) for value in objects if isinstance(value, URIRef)]
    texts = {
        DCTERMS.description: both(WHAT, number=number, rounds=len(records)),
        PARVIS.auditResult: both(SOUND, epsilon=epsilon),
    }
    for predicate, by_lang in texts.items():
        properties += [(predicate, Literal(text, lang)) for lang, text in by_lang.items()]
    for predicate, value in properties:
        graph.add((subject, predicate, value))
    return graph
