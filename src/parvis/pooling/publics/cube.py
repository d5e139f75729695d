"""A release of pooled publics as a Data Cube, with its record of anonymisation."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, QB, RDF, XSD

from parvis.catalog.entries import Dataset
from parvis.config import Disclosure
from parvis.i18n import N_, both
from parvis.pooling.publics.history import PortraitRelease
from parvis.pooling.publics.reaches import POOL
from parvis.rdf.terms import RdflibTriple
from parvis.statistics.figures import ReleaseFigure, contributor_step
from parvis.statistics.strata import BASE
from parvis.statistics.trend import are_comparable, year_before
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

FREE, SUPPRESSED = (
    URIRef(f"{CONCEPT}confidentiality/{status}") for status in ("free", "suppressed")
)
TECHNIQUES: tuple[str, ...] = (
    *("aggregation", "generalisation", "threshold", "dominance"),
    *("complementary-suppression", "rounding"),
)
REVIEW = timedelta(days=365)
"""The time after which the analysis is done again."""
_DIMENSIONS = {
    "age": (PARVIS.ageGroup, "age"),
    "public": (PARVIS.public, "public"),
    "language": (PARVIS.language, "language"),
    "channel": (PARVIS.channel, "channel"),
    "event": (PARVIS.eventArea, "area"),
    "size": (PARVIS.organizationSize, "organization-size"),
}
"""The property and the code list of each layer."""
_UPPER_BOUNDS = {str(PARVIS.households)}
"""Measures that do not add up: their sums are upper bounds, which are not compared."""
_UPPER = URIRef(f"{CONCEPT}observation-status/upper-bound")

WHAT = N_(
    "Release {number}: figures of {contributors} partners on their audiences and box offices: by"
    " year, discipline and region of residence, and age, kind of public, language, channel, region"
    " of the event or size of organisation; by season, quarter and month, discipline and region of"
    " the event."
)
REPEATED = N_(
    "Where too few partners changed what they bring to a figure, it reads as in an earlier release;"
    " nothing marks it."
)
TABLE = N_(
    "Table {number}, which a reader asked for: figures of {contributors} partners on their"
    " audiences, of the same strata and under the same control as the releases."
)
SOUND = N_(
    "Every suppressed figure was proved by linear programming to stay uncertain, for a"
    " reader and for each partner, given all that was published in {number} releases: {proved}"
    " figures."
)
UNSOUND = N_("{unproved} suppressed figures could not be proved uncertain; {proved} were.")


@dataclass(frozen=True)
class ReleaseFacts:
    """The facts of a release as a whole.

    `releases` counts those of all editions that it was controlled against, and itself.
    """

    dataset: Dataset
    release: PortraitRelease
    releases: int
    at: datetime
    contributors: int
    thresholds: Disclosure


def build_cube(
    iris: Iris, facts: ReleaseFacts, figures: Iterable[ReleaseFigure]
) -> Collection[RdflibTriple]:
    """Return the data cube of a release; a suppressed figure is in it, marked and without value."""
    # A set, since a graph, with its three indexes, takes ten times as long, and nobody asks it.
    graph, subject = set[RdflibTriple](), URIRef(iris.thing("cube", str(facts.dataset.key)))
    graph.add((subject, RDF.type, QB.DataSet))
    graph.add((subject, QB.structure, PARVIS.pooledPublics))
    for predicate, value in _list_thresholds(facts):
        graph.add((subject, predicate, value))
    by_key = {figure.key: figure for figure in figures}
    for key, figure in by_key.items():
        if not key.measure.endswith(BASE):
            base = by_key.get(key._replace(measure=key.measure + BASE))
            observation = URIRef(figure_iri(iris, facts.dataset, figure))
            graph.add((observation, QB.dataSet, subject))
            for predicate, value in _describe_figure(facts, figure, base):
                graph.add((observation, predicate, value))
            before = by_key.get(key._replace(period=year_before(key.period) or ""))
            adds_up = key.measure not in _UPPER_BOUNDS
            if before is not None and adds_up and are_comparable(figure, before):
                earlier = URIRef(figure_iri(iris, facts.dataset, before))
                graph.add((observation, PARVIS.comparableWith, earlier))
    return graph


def figure_iri(iris: Iris, dataset: Dataset, figure: ReleaseFigure) -> str:
    """Return the IRI of a figure, the same in all releases."""
    digest = sha256("\n".join(figure.key).encode()).hexdigest()[:16]
    return iris.thing("observation", f"{dataset.key}-{digest}")


def _list_thresholds(facts: ReleaseFacts) -> list[tuple[URIRef, URIRef | Literal]]:
    rules = facts.thresholds
    return [
        (PARVIS.release, Literal(facts.release.number)),
        (PARVIS.minContributors, Literal(rules.contributors)),
        (PARVIS.minPersons, Literal(rules.persons)),
        (PARVIS.minInhabitants, Literal(rules.inhabitants)),
        (PARVIS.roundingBase, Literal(rules.base)),
    ]


def _describe_figure(
    facts: ReleaseFacts, figure: ReleaseFigure, base: ReleaseFigure | None
) -> Iterator[tuple[URIRef, URIRef | Literal]]:
    key = figure.key
    yield RDF.type, QB.Observation
    yield QB.measureType, URIRef(key.measure)
    yield PARVIS.contributor, POOL
    yield PARVIS.refPeriod, URIRef(key.period)
    yield PARVIS.residenceArea, URIRef(key.area)
    yield PARVIS.place, URIRef(f"{CONCEPT}place/total")
    yield PARVIS.discipline, URIRef(key.discipline)
    for layer, (dimension, code_list) in _DIMENSIONS.items():
        code = key.code if key.layer == layer else f"{CONCEPT}{code_list}/total"
        yield dimension, URIRef(code)
    yield PARVIS.method, URIRef(f"{CONCEPT}method/derived")
    yield PARVIS.confStatus, SUPPRESSED if figure.value is None else FREE
    if figure.value is None:
        return
    yield URIRef(key.measure), Literal(figure.value)
    contributors = contributor_step(len(figure.contributors), facts.thresholds.contributors)
    yield PARVIS.contributors, Literal(contributors)
    if figure.coverage is not None:
        yield PARVIS.coverage, Literal(f"{figure.coverage:.2f}", datatype=XSD.decimal)
    if key.measure in _UPPER_BOUNDS:
        yield PARVIS.observationStatus, _UPPER
    # A share of figures of two releases is of nothing.
    if base is not None and base.value is not None and base.repeated == figure.repeated:
        yield PARVIS.measureBase, Literal(base.value)


def build_anonymisation_record(
    iris: Iris, facts: ReleaseFacts, figures: Iterable[ReleaseFigure], what: str = WHAT
) -> Graph:
    """Return the record of anonymisation that the law requires of a release, which is `what`."""
    key, rules = facts.dataset.key, facts.thresholds
    subject = URIRef(iris.thing("anonymisation", f"{key}-{facts.release.number}"))
    published = [figure for figure in figures if figure.value is not None]
    fewest = min((len(figure.contributors) for figure in published), default=rules.contributors)
    persons = min((figure.total for figure in published), default=rules.persons)
    review: date = (facts.at + REVIEW).date()
    properties: list[tuple[URIRef, URIRef | Literal]] = [
        (RDF.type, PARVIS.Anonymisation),
        (RDF.type, PROV.Activity),
        (PROV.generated, URIRef(facts.dataset.iri)),
        (PROV.endedAtTime, Literal(facts.at)),
        *_list_thresholds(facts),
        (PARVIS.fewestContributors, Literal(fewest)),
        # The exact number is never published, not even here.
        (PARVIS.fewestPersons, Literal(int(persons) // rules.base * rules.base)),
        (PARVIS.nextReview, Literal(review)),
    ]
    properties += [(PARVIS.technique, URIRef(f"{CONCEPT}technique/{name}")) for name in TECHNIQUES]
    dataset, described = URIRef(facts.dataset.iri), facts.dataset.metadata
    for predicate in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        values = described.objects(dataset, predicate)
        properties += [(predicate, value) for value in values if isinstance(value, URIRef)]
    proved, unproved = facts.release.proved, facts.release.unproved
    summary = both(what, number=facts.release.number, contributors=facts.contributors)
    description = {lang: f"{text} {both(REPEATED)[lang]}" for lang, text in summary.items()}
    counts = {"proved": proved, "unproved": unproved, "number": facts.releases}
    result = both(UNSOUND if unproved else SOUND, **counts)
    for predicate, texts in ((DCTERMS.description, description), (PARVIS.auditResult, result)):
        properties += [(predicate, Literal(text, lang)) for lang, text in texts.items()]
    graph = Graph()
    for predicate, value in properties:
        graph.add((subject, predicate, value))
    return graph
