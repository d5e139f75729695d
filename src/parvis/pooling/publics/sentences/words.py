"""Words and phrases of sentences on figures: what is counted, of whom, where and when."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from rdflib import URIRef
from rdflib.namespace import SKOS

from parvis.catalog.codelists import scheme
from parvis.catalog.ontology import last_segment, load_words, ontology
from parvis.i18n import LANGUAGES, N_, NN_, both, number, say_count
from parvis.pooling.publics.strata import PERIODS
from parvis.rdf.literals import read_texts
from parvis.statistics.cube import LAYERS, LISTS, CubeFigure
from parvis.statistics.strata import MONTH, QUARTER, SEASON, YEAR

Texts = Mapping[str, str]

TOTAL = "total"
"""The code of the concept of a layer that includes all others."""
UNLISTED = "*"
"""The words of concepts that are not listed."""

UNITS = {
    "attendance": NN_("{number} entry", "{number} entries"),
    "visits": NN_("{number} visit", "{number} visits"),
    "tickets": NN_("{number} ticket", "{number} tickets"),
    "firstTimeVisitors": NN_("{number} first visit", "{number} first visits"),
    "households": NN_("{number} household", "{number} households"),
    "loans": NN_("{number} loan", "{number} loans"),
    "ticketsSold": NN_("{number} ticket sold", "{number} tickets sold"),
    "complimentary": NN_("{number} complimentary ticket", "{number} complimentary tickets"),
    "revenue": NN_(
        "{number} dollar of box-office revenue", "{number} dollars of box-office revenue"
    ),
    "ticketsAvailable": NN_("{number} seat put on sale", "{number} seats put on sale"),
    "performances": NN_("{number} performance", "{number} performances"),
}
"""What a measure counts, by its code."""
OTHER_UNIT = NN_("{number} ({measure})", "{number} ({measure})")

AMOUNTS = {
    "attendance": N_("number of entries"),
    "visits": N_("number of visits"),
    "tickets": N_("number of tickets"),
    "firstTimeVisitors": N_("number of first visits"),
    "households": N_("number of households"),
    "loans": N_("number of loans"),
    "ticketsSold": N_("number of tickets sold"),
    "complimentary": N_("number of complimentary tickets"),
    "revenue": N_("amount of box-office revenue"),
    "ticketsAvailable": N_("number of seats put on sale"),
    "performances": N_("number of performances"),
}
"""The name of a measure’s figure, masculine in French."""
OTHER_AMOUNT = N_("number ({measure})")

GOES = ("attendance", "visits")
"""Measures of people who go somewhere; the others are of something."""
EVERYWHERE = N_("all regions together")
PHRASES = {
    "discipline": N_("in {words}"),
    "area": N_("from audiences living {words}"),
    "event": N_("for events held {words}"),
}
"""The layers whose words need others before them."""
TO, GIVEN = N_("to {words}"), N_("given {words}")

COME = NN_("{number} comes {phrase}", "{number} come {phrase}")
BE = NN_("{number} is {phrase}", "{number} are {phrase}")
GO = NN_("{number} goes {phrase}", "{number} go {phrase}")
VERBS = dict.fromkeys(("area", "age", "public", "channel"), COME)

IN_PERIOD, IN_QUARTER = N_("in {period}"), N_("in the {period}")
OVER_SEASON, IN_OTHER = N_("over the {period}"), N_("for the period “{period}”")
WHEN = {YEAR: IN_PERIOD, MONTH: IN_PERIOD, QUARTER: IN_QUARTER, SEASON: OVER_SEASON}


def count_units(measure: str, value: float) -> dict[str, str]:
    """Return a number with what it counts, in the right number: “1 entry”, “12 entries”."""
    template = UNITS.get(last_segment(measure), OTHER_UNIT)
    labels = load_words().of_term(measure)
    return {
        lang: say_count(
            lang, template, value, number=number(lang, value), measure=_pick(labels, lang)
        )
        for lang in LANGUAGES
    }


def name_amount(measure: str) -> dict[str, str]:
    template = AMOUNTS.get(last_segment(measure), OTHER_AMOUNT)
    labels = load_words().of_term(measure)
    return both(template, measure={lang: _pick(labels, lang) for lang in LANGUAGES})


@cache
def define_measure(measure: str) -> Texts:
    """Return who or what a measure counts, as the ontology defines it."""
    return read_texts(ontology(), URIRef(measure), SKOS.definition)


def phrase(measure: str, layer: str, concept: str) -> dict[str, str]:
    """Return the phrase after a unit that restricts it to a concept: “en théâtre”, “in theatre”."""
    words = find_words(layer, concept)
    if layer == "discipline":
        words = words | {"fr": words.get("in") or f"en {_split_article(words['fr'])[1]}"}
    template = PHRASES.get(layer)
    if layer == "event" and last_segment(measure) == "performances":
        template = GIVEN
    return both(template, words=words) if template else {lang: words[lang] for lang in LANGUAGES}


def complement(measure: str, layer: str, concept: str) -> dict[str, str]:
    """Return the phrase after the verb of `say_part`: “au théâtre”, “to theatre”."""
    if layer != "discipline" or last_segment(measure) not in GOES:
        return phrase(measure, layer, concept)
    words = find_words(layer, concept)
    return both(TO, words=words | {"fr": words.get("to") or add_preposition(words["fr"])})


def say_part(layer: str, measure: str, count: float, shown: Texts, text: Texts) -> dict[str, str]:
    """Return “43 go to theatre” of a number and a complement, the verb in the right number."""
    goes = layer == "discipline" and last_segment(measure) in GOES
    verb = GO if goes else VERBS.get(layer, BE)
    return {
        lang: say_count(lang, verb, count, number=shown[lang], phrase=text[lang])
        for lang in LANGUAGES
    }


def say_when(period: str) -> dict[str, str]:
    """Return a period as an adverb: “en 2025”, “over the 2024–2025 season”."""
    length = find_length(period)
    template = WHEN[length] if length else IN_OTHER
    return both(template, period=scheme("period").label(period))


def find_length(period: str) -> str | None:
    """Return whether a period is a year, a season, a quarter or a month, by its code."""
    code = last_segment(period)
    return next((length for length, sign in PERIODS.items() if sign.fullmatch(code)), None)


def list_restrictions(figure: CubeFigure, without: str = "") -> list[str]:
    """Return the layers of a figure that are not at their total, all but one."""
    return [
        layer
        for layer in LAYERS
        if layer != without and last_segment(getattr(figure, layer)) != TOTAL
    ]


def restrict(figure: CubeFigure, without: str = "") -> dict[str, str]:
    """Return the phrases of all restrictions of a figure, in the order of layers."""
    phrases = [
        phrase(figure.measure, layer, getattr(figure, layer))
        for layer in list_restrictions(figure, without)
    ]
    return {lang: " ".join(texts[lang] for texts in phrases) for lang in LANGUAGES}


def add_preposition(noun: str) -> str:
    """Put “à” before a French noun with its article, which contracts with it.

    >>> add_preposition("le théâtre"), add_preposition("les arts visuels")
    ('au théâtre', 'aux arts visuels')
    >>> add_preposition("l’opéra"), add_preposition("la danse")
    ('à l’opéra', 'à la danse')
    """
    article, bare = _split_article(noun)
    contraction = {"le": "au", "les": "aux"}.get(article)
    return f"{contraction} {bare}" if contraction else f"à {noun}"


def _split_article(noun: str) -> tuple[str, str]:
    if noun.startswith("l’"):
        return "l’", noun.removeprefix("l’")
    article, _, bare = noun.partition(" ")
    return article, bare


@cache
def read_words() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return the words of concepts by layer and code; areas are the same in both their layers."""
    text = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    words = tomllib.loads(text)
    return words | {"event": words["area"]}


def find_words(layer: str, concept: str) -> dict[str, str]:
    by_code, code = read_words()[layer], last_segment(concept)
    if code in by_code:
        return dict(by_code[code])
    labels = scheme(LISTS.get(layer, layer)).label(concept)
    if layer == "age":
        # “18 to 34 years” is an age, “the 18 to 34 age group” a group.
        labels["en"] = labels["en"].removesuffix(" years")
    texts = {name: labels.get(name, labels["fr"]) for name in by_code[UNLISTED]}
    return {
        name: template.format(label=texts[name]) for name, template in by_code[UNLISTED].items()
    }


def _pick(labels: Texts, lang: str) -> str:
    return labels.get(lang) or labels["en"]
