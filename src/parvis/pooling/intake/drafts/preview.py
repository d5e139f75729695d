"""What the first rows of a file become, for people: things as cards, a calendar, places, problems.

The whole file is read only when it is given.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import QB, RDF, XSD
from rdflib.term import Node

from parvis.catalog.entries import Dataset
from parvis.catalog.ontology import concept_labels, last_segment, load_words
from parvis.i18n import (
    LANGUAGES,
    N_,
    NN_,
    both,
    choose_text,
    localize_decimal,
    number,
    say,
    say_count,
)
from parvis.pooling.intake.examination import Examination, examine_beginning
from parvis.pooling.intake.summary import sections_of
from parvis.pooling.pool import Pool
from parvis.report import Finding, Report, Severity
from parvis.vocab.namespaces import CONCEPT, SCHEMA

ROWS = 400
"""Rows of a file that are read for its preview."""
CARDS, FACTS, FINDINGS, PLACES = 6, 12, 200, 200
"""How many cards of each kind, statements on each, problems and places are shown."""
LONGEST = 160
"""Characters shown of a value."""
PARTS = frozenset({SCHEMA.PostalAddress, SCHEMA.GeoCoordinates, SCHEMA.Offer, QB.DataSet})
"""Classes of what is shown with the thing that it is a part of."""
SEVERAL = ", "
YES, NO = N_("yes"), N_("no")
DOLLARS, OTHER_MONEY = N_("${amount}"), N_("{amount} {currency}")
CANADIAN = "CAD"
PRICES = frozenset({SCHEMA.price, SCHEMA.lowPrice, SCHEMA.highPrice})
COUNTED = {
    words.singular.removeprefix("{count} "): words
    for words in (
        NN_("{count} event", "{count} events"),
        NN_("{count} series of events or festival", "{count} series of events or festivals"),
        NN_("{count} place", "{count} places"),
        NN_("{count} room", "{count} rooms"),
        NN_("{count} organisation", "{count} organisations"),
        NN_("{count} production", "{count} productions"),
        NN_("{count} public reached", "{count} publics reached"),
        NN_("{count} figure", "{count} figures"),
    )
}
"""How many there are of each kind, by its English label."""

Texts = Mapping[str, str]


@dataclass(frozen=True)
class PreviewCard:
    """A thing of a file: its kind and name, and pairs of a label and a value, by language."""

    kind: Texts
    name: Texts
    facts: tuple[tuple[Texts, Texts], ...] = ()


@dataclass(frozen=True)
class PreviewPlace:
    """A place with its coordinates."""

    label: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Problem:
    """A finding on a row of a file; `column` and `value` where it is of a single cell."""

    severity: str
    title: Texts
    text: Texts
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Preview:
    """What the first `rows` of a file become; `whole` says that these are all.

    `counts` has how many there are of each kind, in words and as a number; `days` are how many
    things begin on each day, `towns` how many places are in each, `left_out` and `row_errors` how
    much does not enter, `sections` what the file can answer.
    """

    rows: int
    whole: bool
    row_errors: int
    left_out: int
    counts: tuple[tuple[Texts, int], ...] = ()
    cards: tuple[PreviewCard, ...] = ()
    days: Mapping[str, int] | None = None
    towns: Mapping[str, int] | None = None
    places: tuple[PreviewPlace, ...] = ()
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    sections: tuple[tuple[Texts, tuple[Texts, ...]], ...] = ()


def preview_file(
    pool: Pool, file: Path, mapping: Path, dataset: Dataset | None, rows: int = ROWS
) -> Preview:
    """Return what the first rows of a file that was judged before become; nothing is stored.

    Raises `MappingError` or `SourceError`.
    """
    with examine_beginning(pool, file, mapping, dataset, rows) as examination:
        return _summarise(examination, rows)


def _summarise(examination: Examination, rows: int) -> Preview:
    graph, report = Graph(bind_namespaces="none"), examination.report
    graph.parse(examination.triples, format="nt")
    kinds = {
        cls: sorted(map(str, graph.subjects(RDF.type, cls)))
        for cls in sorted(set(graph.objects(None, RDF.type)), key=str)
        if cls not in PARTS
    }
    words = load_words()
    counts = [
        (_count_kind(words.of_term(str(cls)), len(subjects)), len(subjects))
        for cls, subjects in kinds.items()
    ]
    first = examination.places.first_places(CARDS * 4)
    order = {subject: place for place, subject in enumerate(first)}
    cards = []
    for subjects in sorted(kinds.values(), key=len, reverse=True):
        ranked = sorted(subjects, key=lambda subject: order.get(subject, len(order)))
        cards += [_draw_card(graph, URIRef(subject)) for subject in ranked[:CARDS]]
    return Preview(
        rows=report.rows,
        whole=report.rows < rows,
        row_errors=report.row_errors,
        left_out=report.left_out,
        counts=tuple(counts),
        cards=tuple(cards),
        days=_count_days(graph),
        towns=_count_texts(graph, SCHEMA.addressLocality),
        places=tuple(islice(_locate(graph), PLACES)),
        problems=tuple(_list_problems(report)),
        problem_count=report.total,
        sections=tuple(
            (dict(section.title), tuple(map(dict, section.items)))
            for section in sections_of(examination.answers)
        ),
    )


def _count_kind(label: Texts, count: int) -> Texts:
    """Return how many there are of a kind, in words."""
    counted, texts = COUNTED.get(label["en"]), {}
    for lang in LANGUAGES:
        digits = number(lang, count)
        texts[lang] = (
            say_count(lang, counted, count, count=digits)
            if counted
            else f"{digits} {choose_text(lang, label)}"
        )
    return texts


def _draw_card(graph: Graph, subject: URIRef) -> PreviewCard:
    classes = sorted(map(str, graph.objects(subject, RDF.type)))
    words = load_words()
    facts = []
    for predicate in sorted(set(graph.predicates(subject)) - {RDF.type, QB.dataSet}, key=str):
        if predicate == SCHEMA.name:
            continue
        values = sorted(graph.objects(subject, predicate), key=str)
        texts = [
            _write_price(graph, subject, value)
            if predicate in PRICES
            else _name_value(graph, value)
            for value in values[:FACTS]
        ]
        label = words.of_property(str(predicate), classes)
        facts.append((label, {lang: SEVERAL.join(t[lang] for t in texts) for lang in LANGUAGES}))
    kind = words.of_term(classes[0]) if classes else {}
    return PreviewCard(kind, _name_thing(graph, subject), tuple(facts[:FACTS]))


def _name_thing(graph: Graph, subject: Node) -> Texts:
    """Return the names of a thing by language; the last step of its address where it has none."""
    names = {
        name.language or "": str(name)[:LONGEST]
        for name in graph.objects(subject, SCHEMA.name)
        if isinstance(name, Literal)
    }
    default = next(iter(names.values()), last_segment(str(subject)))
    return {lang: names.get(lang, default) for lang in LANGUAGES}


def _name_value(graph: Graph, value: Node) -> Texts:
    """Return a value in words: a concept, a named thing, a part with its own values, a text."""
    if isinstance(value, Literal):
        return _write_literal(value)
    if str(value).startswith(str(CONCEPT)):
        labels = concept_labels(str(value))
        return {lang: labels.get(lang, next(iter(labels.values()))) for lang in LANGUAGES}
    if value in set(graph.subjects()):
        if (value, SCHEMA.name, None) in graph and PARTS.isdisjoint(graph.objects(value, RDF.type)):
            return _name_thing(graph, value)
        parts = [*_name_parts(graph, value)]
        return {lang: SEVERAL.join(part[lang] for part in parts) for lang in LANGUAGES}
    label = load_words().of_term(str(value))
    text = label if "fr" in label else dict.fromkeys(LANGUAGES, str(value)[:LONGEST])
    return {lang: text.get(lang, str(value)) for lang in LANGUAGES}


def _write_literal(value: Literal) -> Texts:
    if value.datatype == XSD.boolean:
        return both(YES if value.toPython() else NO)
    text = str(value)[:LONGEST]
    if value.datatype in {XSD.decimal, XSD.double}:
        return {lang: localize_decimal(lang, text) for lang in LANGUAGES}
    return dict.fromkeys(LANGUAGES, text)


def _name_parts(graph: Graph, part: Node) -> Iterator[Texts]:
    """Yield the values of a part, such as an offer; what is true or false by its own label."""
    for predicate, value in sorted(graph.predicate_objects(part), key=lambda pair: pair[::-1]):
        if not isinstance(value, Literal) or predicate == SCHEMA.priceCurrency:
            continue
        if predicate in PRICES:
            yield _write_price(graph, part, value)
        elif value.datatype != XSD.boolean:
            yield _write_literal(value)
        elif value.toPython():
            classes = sorted(map(str, graph.objects(part, RDF.type)))
            yield load_words().of_property(str(predicate), classes)


def _write_price(graph: Graph, part: Node, value: Node) -> Texts:
    """Return an amount with its currency, which is the dollar where none is stated."""
    currency = str(graph.value(part, SCHEMA.priceCurrency) or CANADIAN)
    try:
        digits = f"{float(str(value)):.2f}"
    except ValueError:  # the report says so
        return dict.fromkeys(LANGUAGES, str(value)[:LONGEST])
    template = DOLLARS if currency == CANADIAN else OTHER_MONEY
    return {
        lang: say(lang, template, amount=localize_decimal(lang, digits), currency=currency)
        for lang in LANGUAGES
    }


def _count_days(graph: Graph) -> dict[str, int]:
    days = (str(value)[:10] for value in graph.objects(None, SCHEMA.startDate))
    return dict(sorted(Counter(day for day in days if len(day) == len("2026-01-01")).items()))


def _count_texts(graph: Graph, predicate: URIRef) -> dict[str, int]:
    counts = Counter(str(value)[:LONGEST] for value in graph.objects(None, predicate))
    return dict(counts.most_common(FACTS))


def _locate(graph: Graph) -> Iterator[PreviewPlace]:
    for subject, latitude in sorted(graph.subject_objects(SCHEMA.latitude), key=str):
        longitude = graph.value(subject, SCHEMA.longitude)
        owner = graph.value(None, SCHEMA.geo, subject) or subject
        try:
            coordinates = float(str(latitude)), float(str(longitude))
        except ValueError:  # the report says so
            continue
        yield PreviewPlace(_name_thing(graph, owner)[LANGUAGES[0]], *coordinates)


def _list_problems(report: Report) -> Iterator[Problem]:
    """Yield the findings that a person may act on, those that refuse the file first."""
    findings = sorted(report.findings, key=lambda finding: -finding.severity)
    for finding in islice(findings, FINDINGS):
        if finding.severity > Severity.INFO or finding.place is not None:
            yield _to_problem(report, finding)


def _to_problem(report: Report, finding: Finding) -> Problem:
    place, title = finding.place, report.title(finding.rule)
    return Problem(
        finding.severity.name.lower(),
        {lang: title.in_words(lang) for lang in LANGUAGES},
        dict(finding.text),
        None if place is None else place.sheet,
        None if place is None else place.row,
        None if place is None else place.column,
        finding.value,
    )
