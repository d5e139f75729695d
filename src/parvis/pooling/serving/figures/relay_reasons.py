"""Explain the rank of a relay in sentences: what it reaches, how many people, by which source."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date

from parvis.catalog.codelists import scheme
from parvis.i18n import LANGUAGES, N_, choose_text, day, number, say
from parvis.pooling.cards import DatasetCard, Texts
from parvis.statistics.relays import AudienceReach, Fit, Match, Relay

SCHEMES = {"public": "audience", "area": "area", "language": "language", "channel": "channel"}
"""The code list of each part of a request."""

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
"""The sentences for a part that the request leaves open."""

PEOPLE = N_("{least} people at least, {most} at most, for it may count some more than once")
PEOPLE_ONCE = N_("{least} people")
NO_SIZE = N_("does not say how many people")
TIMES = N_("this public weighs {times} times as much there as in the pooled figures")
SOURCE = N_("according to the dataset “{title}” of {partner}, as of {date}")
LOADED = N_("according to the graph {graph}, as of {date}")


def explain_rank(relay: Relay, datasets: Mapping[str, DatasetCard]) -> Iterator[Texts]:
    """Yield the reasons in each language; `datasets` are the declaring ones, by graph."""
    yield _explain_fit("public", relay.best)
    for name in ("area", "language", "channel"):
        if getattr(relay.best, name) is not None:
            yield _explain_fit(name, relay.best)
        elif iris := list(
            dict.fromkeys(c for m in relay.nearest for c in reach_concepts(m.reach, name))
        ):
            yield _say_in_each(OPEN[name], said=_join_labels(name, iris))
    if relay.at_least is None or relay.at_most is None:
        yield _say_in_each(NO_SIZE)
    else:
        counts = {"least": relay.at_least, "most": relay.at_most}
        template = PEOPLE_ONCE if relay.at_least == relay.at_most else PEOPLE
        yield {
            lang: say(lang, template, **{key: number(lang, n) for key, n in counts.items()})
            for lang in LANGUAGES
        }
    times = max((match.reach.times for match in relay.nearest if match.reach.times), default=None)
    if times is not None:
        yield {lang: say(lang, TIMES, times=number(lang, times)) for lang in LANGUAGES}
    # Each graph that declares something, with the latest day for which it does.
    dates: dict[str, str] = {}
    for match in relay.nearest:
        graph = match.reach.graph
        dates[graph] = max(dates.get(graph, ""), match.reach.date or "")
    for graph, text in dates.items():
        card = datasets.get(graph)
        when: str | Texts = text  # a partner's date may be no date: it is shown as it is
        with suppress(ValueError):
            when = {lang: day(lang, date.fromisoformat(text)) for lang in LANGUAGES}
        if card is None:
            yield _say_in_each(LOADED, graph=graph, date=when)
        else:
            yield _say_in_each(SOURCE, title=card.title, partner=card.partner_name, date=when)


def reach_concepts(reach: AudienceReach, name: str) -> tuple[str, ...]:
    """Return the concepts of one part of a reach: publics, areas, languages or channels."""
    concepts: tuple[str, ...] = getattr(reach, f"{name}s")
    return concepts


def _explain_fit(name: str, match: Match) -> Texts:
    """Explain how near a reach comes to one part of the request."""
    fit, _ = getattr(match, name)
    return _say_in_each(NEAR[name][fit], said=_join_labels(name, reach_concepts(match.reach, name)))


def _join_labels(name: str, concepts: Iterable[str]) -> Texts:
    concept_scheme = scheme(SCHEMES[name])
    labels = [concept_scheme.label(concept) for concept in concepts]
    return {lang: ", ".join(label[lang] for label in labels) for lang in LANGUAGES}


def _say_in_each(template: str, **fields: str | Texts) -> Texts:
    """Fill a template in each language; a field may have a text for each."""
    return {
        lang: say(
            lang,
            template,
            **{
                key: text if isinstance(text, str) else choose_text(lang, text)
                for key, text in fields.items()
            },
        )
        for lang in LANGUAGES
    }
