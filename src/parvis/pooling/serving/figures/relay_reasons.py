"""Why a relay stands where it does, in sentences: what it reaches, how many, who says so."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date

from parvis.catalog.codelists import scheme
from parvis.i18n import LANGUAGES, N_, day, number, say
from parvis.pooling.cards import DatasetCard, Texts
from parvis.statistics.relays import Fit, Match, Reach, Relay

SCHEMES = {"public": "audience", "area": "area", "language": "language", "channel": "channel"}
"""The code list of each part of what is asked."""

NEAR: Mapping[str, Mapping[Fit, str]] = {
    "public": {
        Fit.EXACT: N_("reaches the public asked for: {said}"),
        Fit.NARROWER: N_("reaches a part of the public asked for: {said}"),
        Fit.WIDER: N_("reaches a wider public, which holds the one asked for: {said}"),
    },
    "area": {
        Fit.EXACT: N_("in the area asked for: {said}"),
        Fit.NARROWER: N_("in a part of the area asked for: {said}"),
        Fit.WIDER: N_("in a wider area, which holds the one asked for: {said}"),
        Fit.UNSTATED: N_("does not say in which area"),
    },
    "language": {
        Fit.EXACT: N_("in the language asked for: {said}"),
        Fit.NARROWER: N_("in one of the languages asked for: {said}"),
        Fit.WIDER: N_("in more languages than the one asked for: {said}"),
        Fit.UNSTATED: N_("does not say in which language"),
    },
    "channel": {
        Fit.EXACT: N_("by the channel asked for: {said}"),
        Fit.NARROWER: N_("by one of the channels asked for: {said}"),
        Fit.WIDER: N_("by more channels than the one asked for: {said}"),
        Fit.UNSTATED: N_("does not say by which channel"),
    },
}
OPEN = {
    "area": N_("areas: {said}"),
    "language": N_("languages: {said}"),
    "channel": N_("channels: {said}"),
}
"""What is said of a part for which nothing was asked."""

PEOPLE = N_("{least} people at least, {most} at most, for it may count some more than once")
PEOPLE_ONCE = N_("{least} people")
NO_SIZE = N_("does not say how many people")
TIMES = N_("this public weighs {times} times as much there as in the pooled figures")
SOURCE = N_("according to the dataset “{title}” of {partner}, as of {date}")
LOADED = N_("according to the graph {graph}, as of {date}")


def reasons(relay: Relay, datasets: Mapping[str, DatasetCard]) -> Iterator[Texts]:
    """Give the reasons in each language; `datasets` are what declares it, by graph."""
    yield _near("public", relay.best)
    for name in ("area", "language", "channel"):
        if getattr(relay.best, name) is not None:
            yield _near(name, relay.best)
        elif every := list(dict.fromkeys(c for one in relay.alike for c in said(one.reach, name))):
            yield _in_each(OPEN[name], said=_labels(name, every))
    yield _people(relay)
    yield from _times(relay)
    yield from (_source(graph, day, datasets) for graph, day in _sources(relay.alike))


def said(reach: Reach, name: str) -> tuple[str, ...]:
    """Give what a reach says of one part: its publics, areas, languages or channels."""
    found: tuple[str, ...] = getattr(reach, f"{name}s")
    return found


def _near(name: str, match: Match) -> Texts:
    """Say how near a reach comes to one part of what was asked."""
    fit, _ = getattr(match, name)
    return _in_each(NEAR[name][fit], said=_labels(name, said(match.reach, name)))


def _people(relay: Relay) -> Texts:
    """Say how many are reached."""
    if relay.at_least is None or relay.at_most is None:
        return _in_each(NO_SIZE)
    counts = {"least": relay.at_least, "most": relay.at_most}
    template = PEOPLE_ONCE if relay.at_least == relay.at_most else PEOPLE
    return {
        lang: say(lang, template, **{key: number(lang, one) for key, one in counts.items()})
        for lang in LANGUAGES
    }


def _times(relay: Relay) -> Iterator[Texts]:
    """Say how much more a public weighs at a relay, if figures show it."""
    times = max((one.reach.times for one in relay.alike if one.reach.times), default=None)
    if times is not None:
        yield {lang: say(lang, TIMES, times=number(lang, times)) for lang in LANGUAGES}


def _sources(matches: Iterable[Match]) -> Iterable[tuple[str, str]]:
    """Give each graph that declares something, with the latest day for which it does."""
    found: dict[str, str] = {}
    for one in matches:
        graph, day = one.reach.graph, one.reach.date or ""
        found[graph] = max(found.get(graph, ""), day)
    return found.items()


def _source(graph: str, when: str, datasets: Mapping[str, DatasetCard]) -> Texts:
    """Say who declares it, and for which day."""
    card, days = datasets.get(graph), _day(when)
    if card is None:
        return _in_each(LOADED, graph=graph, date=days)
    return _in_each(SOURCE, title=card.title, partner=card.partner_name, date=days)


def _day(text: str) -> str | Texts:
    """Write a day in words; whatever else was given for one, as it is."""
    with suppress(ValueError):
        return {lang: day(lang, date.fromisoformat(text)) for lang in LANGUAGES}
    return text


def _labels(name: str, concepts: Iterable[str]) -> Texts:
    """Name concepts in each language."""
    known = scheme(SCHEMES[name])
    labels = [known.label(one) for one in concepts]
    return {lang: ", ".join(one[lang] for one in labels) for lang in LANGUAGES}


def _in_each(template: str, **fields: str | Texts) -> Texts:
    """Say something in each language; a field may have a text for each."""
    return {
        lang: say(lang, template, **{key: _text(one, lang) for key, one in fields.items()})
        for lang in LANGUAGES
    }


def _text(found: str | Texts, lang: str) -> str:
    """Choose a text in a language, else any."""
    if isinstance(found, str):
        return found
    return found.get(lang) or next(iter(found.values()), "")
