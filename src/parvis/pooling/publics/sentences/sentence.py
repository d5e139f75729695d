"""A sentence on released figures, and its parenthesis: partners, coverage, what is suppressed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rdflib import URIRef

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import has_flag, last_segment
from parvis.i18n import LANGUAGES, N_, NN_, Counted, both, number, percent, say_count
from parvis.pooling.publics.sentences.words import (
    EVERYWHERE,
    Texts,
    define_measure,
    list_restrictions,
    restrict,
    say_when,
)
from parvis.statistics.cube import CubeFigure
from parvis.vocab.namespaces import CONCEPT, PARVIS

SHARE, COUNT, SUPPRESSED, SPAN, TREND, COMPARISON, RATE = (
    *("share", "count", "suppressed", "span", "trend", "comparison", "rate"),
)
"""What a sentence states: shares of a published base, counts, that nothing is published, …"""

NOT_CONTROLLED = f"{CONCEPT}confidentiality/not-controlled"
AT_LEAST = NN_("at least {number} partner", "at least {number} partners")
EXACTLY = NN_("{number} partner", "{number} partners")
NO_PARTNERS = N_("number of partners not stated")
COVERAGE = N_("coverage: {percent} of known venues")
LEAST_COVERAGE = N_("coverage: less than {percent} of known venues")
NO_COVERAGE, PART_COVERAGE = N_("coverage unknown"), N_("coverage unknown in part")
AND = N_("{first} and {second}")
UNCONTROLLED = N_("example, not controlled")
UPPER_BOUND = N_("an upper bound, for partners may have counted the same")
LEAST_PERCENT, HUNDRED = 0.01, 100
HIDDEN_REST = N_("suppressed or not broken down: {number} of 100")
REST = N_("not broken down: {number} of 100")

HIDDEN = {
    "discipline": NN_("{number} discipline suppressed", "{number} disciplines suppressed"),
    "area": NN_("{number} region suppressed", "{number} regions suppressed"),
    "age": NN_("{number} age group suppressed", "{number} age groups suppressed"),
    "public": NN_("{number} kind of audience suppressed", "{number} kinds of audience suppressed"),
    "language": NN_("{number} language suppressed", "{number} languages suppressed"),
    "channel": NN_("{number} channel suppressed", "{number} channels suppressed"),
    "event": NN_("{number} region suppressed", "{number} regions suppressed"),
    "size": NN_("{number} size suppressed", "{number} sizes suppressed"),
    "year": NN_("{number} year suppressed", "{number} years suppressed"),
    "season": NN_("{number} season suppressed", "{number} seasons suppressed"),
    "quarter": NN_("{number} quarter suppressed", "{number} quarters suppressed"),
    "month": NN_("{number} month suppressed", "{number} months suppressed"),
}
"""How many parts of a layer, or periods of a length, are suppressed."""


@dataclass(frozen=True)
class Sentence:
    """A sentence in each language, and what a reader needs to quote it.

    `figures` are the published ones that it states, the base last; `counted` says who or what they
    count, `period` is the latest one’s IRI. `partners` and `coverage` are of the base, or the
    lowest of several figures; `suppressed` counts the parts of the layer without a value.
    """

    statement: Texts
    kind: str
    measure: str
    period: str
    figures: tuple[CubeFigure, ...] = ()
    partners: str | None = None
    coverage: float | None = None
    suppressed: int = 0
    counted: Texts = field(default_factory=dict)
    details: Texts = field(default_factory=dict)

    @property
    def text(self) -> dict[str, str]:
        """Return the whole sentence: the statement, its details in brackets, and a full stop."""
        return {
            lang: f"{text} ({self.details[lang]})." if self.details else f"{text}."
            for lang, text in self.statement.items()
        }

    @property
    def period_label(self) -> Texts:
        return scheme("period").label(self.period)

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "kind": self.kind,
            "measure": self.measure,
            "period": last_segment(self.period),
            "figures": [figure.iri for figure in self.figures],
            "partners": self.partners,
            "coverage": self.coverage,
            "suppressed": self.suppressed,
            "counted": dict(self.counted),
        }


class Basis(NamedTuple):
    """What figures are counted on, and how many parts of a layer, or periods, are suppressed.

    `rest` is the share of the total that no published part of the layer has.
    """

    figures: Sequence[CubeFigure]
    layer: str = ""
    hidden: int = 0
    rest: float = 0

    @property
    def partners(self) -> str | None:
        """Return the lowest number of partners, as releases state it."""
        return min((figure.contributors for figure in self.figures), key=_rank_partners)

    @property
    def coverage(self) -> float | None:
        return min((f.coverage for f in self.figures if f.coverage is not None), default=None)


def build_sentence(
    kind: str,
    figures: Sequence[CubeFigure],
    basis: Basis,
    template: str,
    fields: Mapping[str, Texts],
) -> Sentence:
    """Fill a template, whose details are those of its basis; the first figure is the latest."""
    latest = figures[0]
    return Sentence(
        statement=both(template, **fields),
        kind=kind,
        measure=latest.measure,
        period=latest.period,
        figures=tuple(figures),
        partners=basis.partners,
        coverage=basis.coverage,
        suppressed=basis.hidden,
        counted=define_measure(latest.measure),
        details=list_details(basis),
    )


def list_details(basis: Basis) -> dict[str, str]:
    """Return from how many partners figures are, what they cover, and what is suppressed."""
    parts: list[Texts] = [say_partners(basis.partners), say_coverage(basis.figures)]
    if basis.hidden:
        parts.append(count_texts(HIDDEN[basis.layer], basis.hidden))
    # Parts are rounded each on its own: together they may exceed their total a little.
    if (number_of_rest := round(HUNDRED * basis.rest)) > 0:
        rest = {lang: number(lang, number_of_rest) for lang in LANGUAGES}
        parts.append(both(HIDDEN_REST if basis.hidden else REST, number=rest))
    if not all(adds_up(figure.measure) for figure in basis.figures):
        parts.append(both(UPPER_BOUND))
    if any(figure.status == NOT_CONTROLLED for figure in basis.figures):
        parts.append(both(UNCONTROLLED))
    marks = {"fr": "\u00a0; ", "en": "; "}
    return {lang: marks[lang].join(part[lang] for part in parts) for lang in LANGUAGES}


def say_partners(contributors: str | None) -> dict[str, str]:
    """Return a number of partners in words, which releases state as a number or a step (“5+”)."""
    match = re.fullmatch(r"(\d{1,6})(\+?)", contributors or "")
    if match is None:
        return both(NO_PARTNERS)
    template = AT_LEAST if match[2] else EXACTLY
    return count_texts(template, int(match[1]))


def say_coverage(basis: Sequence[CubeFigure]) -> dict[str, str]:
    """Return which shares of the known venues figures cover, each once."""
    shares = list(dict.fromkeys(figure.coverage for figure in basis))
    stated = [share for share in shares if share is not None]
    if not stated:
        return both(NO_COVERAGE)
    if len(stated) < len(shares):
        return both(PART_COVERAGE)
    if max(stated) < LEAST_PERCENT:
        return both(LEAST_COVERAGE, percent=_say_percent(LEAST_PERCENT))
    return both(COVERAGE, percent=join_texts(map(_say_percent, stated)))


def count_texts(template: Counted, count: int) -> dict[str, str]:
    numbers = {lang: number(lang, count) for lang in LANGUAGES}
    return {lang: say_count(lang, template, count, number=numbers) for lang in LANGUAGES}


def join_texts(texts: Iterable[Texts]) -> dict[str, str]:
    """Join two texts or more by “and”."""
    first, *others = map(dict, texts)
    for other in others:
        first = both(AND, first=first, second=other)
    return first


def describe_scope(
    figure: CubeFigure,
    units: Texts,
    *,
    who: Texts | None = None,
    without: str = "",
    when: bool = True,
) -> dict[str, str]:
    """Return units with whose they are, where and when: “12 entries in theatre, in 2025”.

    A layer may be left out, and the period; where no region is named, all are.
    """
    head, where = say_units(figure, units, without), say_where(figure, without)
    adverbs: list[Texts] = [who] if who else []
    adverbs += [say_when(figure.period)] if when else []
    # What restricts the units ends before the place where they were counted.
    mark = "," if who and head != units else ""
    texts = {}
    for lang in LANGUAGES:
        body = " ".join((head[lang] + mark * bool(adverbs), *(text[lang] for text in adverbs)))
        texts[lang] = body + where[lang]
    return texts


def say_units(figure: CubeFigure, units: Texts, without: str = "") -> dict[str, str]:
    """Return units with the restrictions of a figure: “12 entries in theatre”."""
    within = restrict(figure, without)
    return {lang: f"{units[lang]} {within[lang]}".strip() for lang in LANGUAGES}


def say_where(figure: CubeFigure, without: str = "") -> dict[str, str]:
    """Return that all regions are counted, after a comma; empty where a region is named."""
    if {"area", "event"} & {*list_restrictions(figure), without}:
        return dict.fromkeys(LANGUAGES, "")
    return {lang: f", {text}" for lang, text in both(EVERYWHERE).items()}


def adds_up(measure: str) -> bool:
    """Return whether the values of a measure add up across partners, so that a share is one."""
    return has_flag(measure, URIRef(PARVIS.additive))


def _rank_partners(contributors: str | None) -> int:
    digits = (contributors or "").removesuffix("+")
    return int(digits) if digits.isdecimal() else -1


def _say_percent(share: float) -> Mapping[str, str]:
    return {lang: percent(lang, share) for lang in LANGUAGES}
