"""A release of pooled publics as a Data Cube, with its record of anonymisation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, QB, RDF, XSD

from parvis.catalog import Dataset
from parvis.config import Disclosure
from parvis.i18n import N_, both
from parvis.statistics.figures import Figure, step
from parvis.statistics.strata import BASE, LAYERS
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

POOL = URIRef(f"{CONCEPT}partner/pool")
FREE, SUPPRESSED = (URIRef(f"{CONCEPT}confidentiality/{one}") for one in ("free", "suppressed"))
TECHNIQUES: tuple[str, ...] = (
    *("aggregation", "generalisation", "threshold", "dominance"),
    *("complementary-suppression", "rounding"),
)
REVIEW = timedelta(days=365)
"""After how long the analysis is done again."""
_DIMENSIONS = {
    "age": PARVIS.ageGroup,
    "public": PARVIS.public,
    "language": PARVIS.language,
    "channel": PARVIS.channel,
}
_UPPER = URIRef(f"{CONCEPT}observation-status/upper-bound")

WHAT = N_(
    "Release {number}: figures of {contributors} partners on their publics, by discipline, region,"
    " age, kind of public, language and channel."
)
REPEATED = N_(
    "Where too few partners changed what they bring to a figure, it reads as in an earlier release;"
    " nothing marks it."
)
SOUND = N_(
    "Every figure that is not told was proved by linear programming to stay uncertain, for a"
    " reader and for each partner, given all that was told in {number} releases: {proved} figures."
)
UNSOUND = N_("{unproved} figures that are not told could not be proved uncertain; {proved} were.")


@dataclass(frozen=True)
class Facts:
    """What is said of a release as a whole.

    `releases` counts those of all editions that it was held against, with itself.
    """

    dataset: Dataset
    number: int
    releases: int
    at: datetime
    contributors: int
    proved: int
    unproved: int
    thresholds: Disclosure


def cube(iris: Iris, facts: Facts, figures: Iterable[Figure]) -> Graph:
    """Write a release; a figure that is not told is there, without value, and marked."""
    graph, key = Graph(), facts.dataset.key
    this = URIRef(iris.thing("cube", str(key)))
    rules = facts.thresholds
    said = (
        (RDF.type, QB.DataSet),
        (QB.structure, PARVIS.publics),
        (PARVIS.release, Literal(facts.number)),
        (PARVIS.minContributors, Literal(rules.contributors)),
        (PARVIS.minPersons, Literal(rules.persons)),
        (PARVIS.minInhabitants, Literal(rules.inhabitants)),
        (PARVIS.roundingBase, Literal(rules.base)),
    )
    for step_, value in said:
        graph.add((this, step_, value))
    known = {one.key: one for one in figures}
    for name, figure in known.items():
        if not name.measure.endswith(BASE):
            base = known.get(name._replace(measure=name.measure + BASE))
            _observation(graph, iris, facts, this, figure, base)
    return graph


def name_of(iris: Iris, dataset: Dataset, figure: Figure) -> str:
    """Name a figure, the same in all releases."""
    digest = sha256("\n".join(figure.key).encode()).hexdigest()[:16]
    return iris.thing("observation", f"{dataset.key}-{digest}")


def _observation(  # noqa: PLR0913, PLR0917 - what a figure is told with
    graph: Graph, iris: Iris, facts: Facts, cube: URIRef, figure: Figure, base: Figure | None
) -> None:
    """Write one figure."""
    this, name = URIRef(name_of(iris, facts.dataset, figure)), figure.key

    def add(step_: URIRef, value: URIRef | Literal) -> None:
        graph.add((this, step_, value))

    add(RDF.type, QB.Observation)
    add(QB.dataSet, cube)
    add(QB.measureType, URIRef(name.measure))
    add(PARVIS.contributor, POOL)
    add(PARVIS.refPeriod, URIRef(name.period))
    add(PARVIS.refArea, URIRef(name.area))
    add(PARVIS.place, URIRef(f"{CONCEPT}place/total"))
    add(PARVIS.discipline, URIRef(name.discipline))
    for layer in LAYERS:
        code = name.code if name.layer == layer else f"{CONCEPT}{layer}/total"
        add(_DIMENSIONS[layer], URIRef(code))
    add(PARVIS.method, URIRef(f"{CONCEPT}method/derived"))
    add(PARVIS.confStatus, SUPPRESSED if figure.value is None else FREE)
    if figure.value is None:
        return
    add(URIRef(name.measure), Literal(figure.value))
    add(PARVIS.contributors, Literal(step(len(figure.contributors), facts.thresholds.contributors)))
    if figure.coverage is not None:
        add(PARVIS.coverage, Literal(f"{figure.coverage:.2f}", datatype=XSD.decimal))
    if name.measure == str(PARVIS.households):
        add(PARVIS.observationStatus, _UPPER)
    # A share of figures of two releases is of nothing.
    if base is not None and base.value is not None and base.repeated == figure.repeated:
        add(PARVIS.measureBase, Literal(base.value))


def anonymisation(iris: Iris, facts: Facts, figures: Iterable[Figure]) -> Graph:
    """Write what the law asks to record of a release; smallest numbers are told by steps."""
    graph, key = Graph(), facts.dataset.key
    this = URIRef(iris.thing("anonymisation", f"{key}-{facts.number}"))
    told = [one for one in figures if one.value is not None]
    rules = facts.thresholds
    fewest = min((len(one.contributors) for one in told), default=rules.contributors)
    persons = min((one.total for one in told), default=rules.persons)
    review: date = (facts.at + REVIEW).date()
    said: list[tuple[URIRef, URIRef | Literal]] = [
        (RDF.type, PARVIS.Anonymisation),
        (RDF.type, PROV.Activity),
        (PROV.generated, URIRef(facts.dataset.iri)),
        (PROV.endedAtTime, Literal(facts.at)),
        (PARVIS.release, Literal(facts.number)),
        (PARVIS.minContributors, Literal(rules.contributors)),
        (PARVIS.minPersons, Literal(rules.persons)),
        (PARVIS.minInhabitants, Literal(rules.inhabitants)),
        (PARVIS.roundingBase, Literal(rules.base)),
        (PARVIS.fewestContributors, Literal(fewest)),
        (PARVIS.fewestPersons, Literal(int(persons) // rules.base * rules.base)),
        (PARVIS.nextReview, Literal(review)),
    ]
    said += [(PARVIS.technique, URIRef(f"{CONCEPT}technique/{one}")) for one in TECHNIQUES]
    about, described = URIRef(facts.dataset.iri), facts.dataset.described
    for step_ in (DPV.hasPurpose, DPV.hasResponsibleEntity):
        said += [(step_, one) for one in described.objects(about, step_) if isinstance(one, URIRef)]
    first = both(WHAT, number=facts.number, contributors=facts.contributors)
    what = {lang: f"{text} {both(REPEATED)[lang]}" for lang, text in first.items()}
    counts = {"proved": facts.proved, "unproved": facts.unproved, "number": facts.releases}
    result = both(UNSOUND if facts.unproved else SOUND, **counts)
    for step_, texts in ((DCTERMS.description, what), (PARVIS.auditResult, result)):
        said += [(step_, Literal(text, lang)) for lang, text in texts.items()]
    for step_, value in said:
        graph.add((this, step_, value))
    return graph
