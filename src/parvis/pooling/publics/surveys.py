"""Pools the estimates of partners' surveys: adds samples up, controls them, publishes the rest.

A release is the content of the trusted third party's dataset `sondages`. Estimates are controlled
as counts are, with the same thresholds and proofs, on what each answer is of the effective sample,
and on the persons who gave it. Nothing of it is added to a count.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, PROV, QB, RDF, XSD

import parvis
from parvis.catalog.codelists import list_questions, scheme
from parvis.config import clock
from parvis.config.json_data import to_json
from parvis.errors import PolicyError
from parvis.governance import EVERYONE
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author, Parameters, parameters
from parvis.pooling.agreements import with_agreements
from parvis.pooling.pool import Pool
from parvis.pooling.publics.cube import (
    FREE,
    SUPPRESSED,
    ReleaseFacts,
    build_anonymisation_record,
)
from parvis.pooling.publics.editions import (
    LACKING,
    Edition,
    Input,
    list_inputs,
    readers_of,
)
from parvis.pooling.publics.history import SURVEYS, PortraitRelease, Releases
from parvis.pooling.publics.reaches import POOL
from parvis.pooling.publics.reading import OBSERVATION, SURVEY
from parvis.pooling.publics.storing import ReleaseOrigin, find_gone_partners, store_release
from parvis.rdf.files import sorted_lines
from parvis.rdf.joining import read_subjects, single_value, values
from parvis.statistics.disclosure.release import ControlledRelease, DisclosureRules
from parvis.statistics.disclosure.release_snapshot import ReleaseSnapshot
from parvis.statistics.figures import build_figures, contributor_step
from parvis.statistics.strata import FigureKey, Stratum
from parvis.statistics.surveys import (
    AnswerKey,
    Estimate,
    PartnerEstimate,
    PooledSurveys,
    answer_key,
    control_surveys,
    pool,
    pooled_estimate,
)
from parvis.store.files import writing
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import CONCEPT, DPV, PARVIS

SLUG = "sondages"
"""The dataset of the trusted third party that holds the pooled surveys."""
WHAT = N_(
    "Release {number}: estimates of the surveys of {contributors} partners, by question and answer"
    " of the shared questionnaire."
)


# Estimates as observations of a Data Cube, and what is read of them again.

TOTALS = {
    PARVIS.eventArea: "area",
    PARVIS.residenceArea: "area",
    PARVIS.place: "place",
    PARVIS.ageGroup: "age",
    PARVIS.public: "public",
    PARVIS.language: "language",
    PARVIS.discipline: "discipline",
    PARVIS.channel: "channel",
}
"""The dimensions of publics, which an estimate is not broken down by, and their lists."""
HUNDRED = 100


@dataclass(frozen=True)
class SurveyFigure:
    """A pooled estimate: None where it is suppressed; `contributors` is the step of how many."""

    key: AnswerKey
    estimate: Estimate | None
    contributors: str = ""

    @property
    def interval(self) -> tuple[int, int]:
        """The percents between which the share is, 19 times out of 20."""
        share, margin = (self.estimate.share, self.estimate.margin) if self.estimate else (0, 0)
        low, high = max(0.0, share - margin), min(1.0, share + margin)
        return round(HUNDRED * low), round(HUNDRED * high)

    def to_json(self) -> dict[str, Any]:
        period, question, answer = (part.removeprefix(CONCEPT) for part in self.key)
        fields: dict[str, Any] = {"period": period, "question": question, "answer": answer}
        if self.estimate is not None:
            low, high = self.interval
            fields |= {
                "percent": round(HUNDRED * self.estimate.share),
                "margin": round(HUNDRED * self.estimate.margin, 1),
                "between": [low, high],
                "respondents": self.estimate.sample,
                "effective": self.estimate.effective,
                "contributors": self.contributors,
            }
        return fields


def add_figure(graph: Graph, iris: Iris, dataset: DatasetKey, figure: SurveyFigure) -> None:
    """Add the observation of an estimate; a suppressed one is marked and without value."""
    cube = URIRef(iris.thing("cube", str(dataset)))
    digest = sha256("\n".join(figure.key).encode()).hexdigest()[:16]
    subject = URIRef(iris.thing("observation", f"{dataset}-{digest}"))
    properties: dict[URIRef, URIRef | Literal] = {
        RDF.type: QB.Observation,
        QB.dataSet: cube,
        QB.measureType: PARVIS.surveyEstimate,
        PARVIS.contributor: POOL,
        PARVIS.refPeriod: URIRef(figure.key.period),
        PARVIS.question: URIRef(figure.key.question),
        PARVIS.answer: URIRef(figure.key.answer),
        PARVIS.method: URIRef(SURVEY),
        PARVIS.confStatus: SUPPRESSED if figure.estimate is None else FREE,
    }
    properties |= {step: URIRef(f"{CONCEPT}{name}/total") for step, name in TOTALS.items()}
    if estimate := figure.estimate:
        decimals = {
            PARVIS.surveyEstimate: f"{HUNDRED * estimate.share:.0f}.0",
            PARVIS.effectiveSampleSize: f"{estimate.effective:.1f}",
            PARVIS.marginOfError: f"{HUNDRED * estimate.margin:.1f}",
        }
        properties |= {p: Literal(t, datatype=XSD.decimal) for p, t in decimals.items()}
        properties[PARVIS.sampleSize] = Literal(estimate.sample)
        properties[PARVIS.contributors] = Literal(figure.contributors)
    for predicate, value in properties.items():
        graph.add((subject, predicate, value))


def read_figures(graph: Graph) -> tuple[SurveyFigure, ...]:
    """Return the pooled estimates of a release, in the order of the questionnaire."""
    figures = []
    for subject in graph.subjects(QB.measureType, PARVIS.surveyEstimate):
        steps = (PARVIS.refPeriod, PARVIS.question, PARVIS.answer)
        key = AnswerKey(*(str(graph.value(subject, step)) for step in steps))
        share, estimate = graph.value(subject, PARVIS.surveyEstimate), None
        if share is not None:
            sizes = (PARVIS.sampleSize, PARVIS.effectiveSampleSize)
            sample, effective = (float(str(graph.value(subject, step))) for step in sizes)
            estimate = Estimate(float(str(share)) / HUNDRED, 0, int(sample), effective)
        contributors = str(graph.value(subject, PARVIS.contributors) or "")
        figures.append(SurveyFigure(key, estimate, contributors))
    return tuple(sorted(figures, key=_order))


def _order(figure: SurveyFigure) -> tuple[str, int, int]:
    questions = list_questions()
    answers = questions.get(figure.key.question, ())
    place = answers.index(figure.key.answer) if figure.key.answer in answers else len(answers)
    number = [*questions].index(figure.key.question) if answers else len(questions)
    return figure.key.period, number, place


def labels_of(iris: Iterable[str], lang: str) -> Mapping[str, str]:
    """Return the labels of questions and answers, by their IRIs."""
    lists = {iri: iri.removeprefix(CONCEPT).partition("/")[0] for iri in iris}
    return {iri: scheme(name).label(iri)[lang] for iri, name in lists.items()}


@dataclass(frozen=True)
class SurveyOutcome:
    """The outcome: `stored` if the release entered the record, `unchanged` if it was there."""

    dataset: DatasetKey
    number: int
    unchanged: bool
    stored: bool
    figures: tuple[SurveyFigure, ...] = field(default=())
    proved: int = 0
    unproved: int = 0

    def to_json(self) -> dict[str, Any]:
        published = sum(figure.estimate is not None for figure in self.figures)
        return {
            "dataset": str(self.dataset),
            "release": self.number,
            "unchanged": self.unchanged,
            "kept": self.stored,
            "told": published,
            "suppressed": len(self.figures) - published,
            "proved": self.proved,
            "unproved": self.unproved,
            "figures": to_json(self.figures),
        }


def pool_surveys(pool: Pool, *, dry: bool = False, author: Author = SHELL) -> SurveyOutcome:
    """Publish the next release of pooled surveys, unless nothing changed since the last.

    `dry` computes it all and stores nothing. Raises `UnknownThing` where the catalogue has no
    dataset for it, `PolicyError` for one without purpose.
    """
    with writing(pool.settings.data):
        editor = _SurveyEditor(with_agreements(pool))
        last = editor.earlier[-1] if editor.earlier else None
        if last is not None and last.basis == editor.basis and editor.stored == last.basis:
            figures = read_figures(editor.graph)
            return SurveyOutcome(
                editor.dataset.key, last.number, unchanged=True, stored=False, figures=figures
            )
        release, graph = editor.build()
        if not dry:
            editor.store(release, graph, author)
        return SurveyOutcome(
            editor.dataset.key,
            release.number,
            unchanged=False,
            stored=not dry,
            figures=read_figures(graph),
            proved=release.proved,
            unproved=release.unproved,
        )


def read_estimates(pool: Pool, source: Input) -> Iterator[PartnerEstimate]:
    """Yield the estimates of a dataset; answers that the questionnaire has not are skipped."""
    questions, steps = list_questions(), (PARVIS.refPeriod, PARVIS.question, PARVIS.answer)
    for iri, text in read_subjects(pool.record.read_lines(source.version)):
        if OBSERVATION not in text:
            continue
        properties = values(text, iri)
        key = AnswerKey(*(single_value(properties, step) or "" for step in steps))
        own = single_value(properties, PARVIS.contributor) == source.dataset.publisher
        if not own or key.answer not in questions.get(key.question, ()) or not key.period:
            continue
        numbers = (PARVIS.surveyEstimate, PARVIS.effectiveSampleSize)
        sizes = (PARVIS.respondents, PARVIS.sampleSize)
        share, effective, respondents, sample = (
            float(single_value(properties, predicate) or 0) for predicate in (*numbers, *sizes)
        )
        if effective > 0:
            estimate = Estimate(share / HUNDRED, int(respondents), int(sample), effective)
            yield PartnerEstimate(source.contributor, key, estimate)


class _SurveyEditor:
    """Pools what the record and the agreements have at one instant."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.at = pool, clock.now()
        third_party = pool.catalog.third_party
        self.dataset = pool.catalog.require(DatasetKey(third_party.slug, SLUG))
        for predicate in (DPV.hasPurpose, DPV.hasResponsibleEntity):
            if (URIRef(self.dataset.iri), predicate, None) not in self.dataset.metadata:
                raise PolicyError(LACKING, dataset=self.dataset.key)
        # One that nobody may read yet is computed as one for all: the strictest.
        policies = pool.catalog.policies
        recipients = readers_of(policies, self.dataset.iri, self.at) or {EVERYONE}
        self.edition = Edition(self.dataset, Stratum(), frozenset(recipients))
        self.sources = list_inputs(pool, self.edition, self.at, ())
        self.earlier = Releases(pool.settings.data, self.dataset.key).all()
        self.secret: Parameters = parameters(pool.settings.data)
        self.rules = pool.settings.disclosure

    @property
    def inputs(self) -> dict[str, str]:
        return {source.dataset.graph: source.version.digest for source in self.sources}

    @property
    def basis(self) -> str:
        sources = sorted((s.contributor, s.dataset.graph, s.version.digest) for s in self.sources)
        parts = (sources, parvis.__version__, repr(self.rules), self.secret.identifier)
        return sha256(repr((*parts, list_questions())).encode()).hexdigest()

    @property
    def stored(self) -> str | None:
        """The basis of the release that the record holds."""
        version = self.pool.record.versions().get(self.dataset.graph)
        return None if version is None else version.about.get("basis")

    @cached_property
    def graph(self) -> Graph:
        """The release that the record holds, empty if none."""
        version = self.pool.record.versions().get(self.dataset.graph)
        lines = b"" if version is None else b"".join(self.pool.record.read_lines(version))
        return Graph().parse(data=lines, format="nt")

    def build(self) -> tuple[PortraitRelease, Graph]:
        """Pool, control and describe; the graph has the estimates and the record of it."""
        estimates = (e for source in self.sources for e in read_estimates(self.pool, source))
        pooled = pool(estimates, str(PARVIS.surveyEstimate), f"{CONCEPT}area/total")
        control = self._control(pooled)
        snapshot = ReleaseSnapshot.of(
            pooled.effective, control.published, self.secret.key, control.repeats
        )
        release = PortraitRelease(
            number=len(self.earlier) + 1,
            inputs=self.inputs,
            basis=self.basis,
            strata=SURVEYS,
            record="",
            reasons={str(place): sorted(rules) for place, rules in control.reasons.items()},
            unfit=[],
            proved=control.proved,
            unproved=control.unproved,
            snapshot=snapshot,
            dataset=str(self.dataset.key),
        )
        record = self._describe(release, control)
        graph = self._build_cube(release, pooled, control) + record
        return replace(release, record=sorted_lines(record).decode()), graph

    def _control(self, pooled: PooledSurveys) -> ControlledRelease:
        """Decide what is published, given all earlier releases."""
        snapshots, forbidden = [release.snapshot for release in self.earlier], set[FigureKey]()
        public = {figure for snapshot in snapshots for figure in snapshot.published_marks}
        for snapshot in snapshots:
            forbidden |= snapshot.find_frozen(pooled.effective, self.secret.key, public)
        earlier = [
            release.snapshot.as_earlier(
                same_edition=True, gone=find_gone_partners(self.pool, release, self.inputs)
            )
            for release in self.earlier
        ]
        auditable = [release for release in earlier if release is not None]
        rules = DisclosureRules(self.rules, self.secret.p)
        return control_surveys(pooled, auditable, rules, forbidden)

    def _build_cube(
        self, release: PortraitRelease, pooled: PooledSurveys, control: ControlledRelease
    ) -> Graph:
        graph, cube = Graph(), URIRef(self.pool.iris.thing("cube", str(self.dataset.key)))
        graph.add((cube, RDF.type, QB.DataSet))
        graph.add((cube, QB.structure, PARVIS.survey))
        numbers = {
            PARVIS.release: release.number,
            PARVIS.minContributors: self.rules.contributors,
            PARVIS.minPersons: self.rules.persons,
            PARVIS.roundingBase: self.rules.base,
        }
        for predicate, number in numbers.items():
            graph.add((cube, predicate, Literal(number)))
        sizes, people = pooled.effective.values.sum(axis=1), pooled.respondents.values.sum(axis=1)
        for total, answers in pooled.effective.relations:
            repeats = not control.published[total] and total in control.repeats
            # Too few partners changed: the whole question reads as in the last release.
            if repeats and (former := self._repeat(answer_key(pooled.effective.keys[total]))):
                graph += former
                continue
            for row in answers:
                key, estimate = answer_key(pooled.effective.keys[row]), None
                contributors = contributor_step(
                    int((pooled.effective.values[row] > 0).sum()), self.rules.contributors
                )
                if control.published[row]:
                    estimate = pooled_estimate(
                        sizes[row], sizes[total], int(people[total]), self.rules.base
                    )
                figure = SurveyFigure(key, estimate, contributors)
                add_figure(graph, self.pool.iris, self.dataset.key, figure)
        return graph

    def _repeat(self, key: AnswerKey) -> Graph:
        """Return the estimates of a question as the last release has them."""
        block = Graph()
        for observation in self.graph.subjects(PARVIS.question, URIRef(key.question)):
            if (observation, PARVIS.refPeriod, URIRef(key.period)) in self.graph:
                for triple in self.graph.triples((observation, None, None)):
                    block.add(triple)
        return block

    def _describe(self, release: PortraitRelease, control: ControlledRelease) -> Graph:
        """Return the record of anonymisation."""
        partners = len({source.dataset.publisher for source in self.sources})
        facts = ReleaseFacts(
            self.dataset, release, len(self.earlier) + 1, self.at, partners, self.rules
        )
        figures = build_figures(control, self.secret.key, self.rules.base)
        record = build_anonymisation_record(self.pool.iris, facts, figures)
        subject = record.value(None, PROV.generated, URIRef(self.dataset.iri))
        record.remove((subject, DCTERMS.description, None))
        for lang, text in both(WHAT, number=release.number, contributors=partners).items():
            record.add((URIRef(str(subject)), DCTERMS.description, Literal(text, lang)))
        return record

    def store(self, release: PortraitRelease, graph: Graph, author: Author) -> None:
        """Store a release in the history, and in the record."""
        content, count = sorted_lines(graph), len(read_figures(graph))
        origin = ReleaseOrigin(self.edition, self.sources, self.at, author)
        store_release(self.pool, origin, release, content, count)
