"""Pooled estimates of surveys as observations of a Data Cube, and what is read of them again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, RDF, XSD

from parvis.catalog.codelists import list_questions, scheme
from parvis.pooling.publics.cube import FREE, SUPPRESSED
from parvis.pooling.publics.reaches import POOL
from parvis.pooling.publics.reading import SURVEY
from parvis.statistics.surveys import AnswerKey, Estimate
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import CONCEPT, PARVIS

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
