"""Find the relays that reach a public, the best first, as far as a reader may know them."""

from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from parvis.catalog.codelists import Scheme, scheme
from parvis.catalog.ontology import last_segment
from parvis.config import Settings, clock
from parvis.governance import Policies, Reader, filter_discoverable, filter_readable
from parvis.i18n import LANGUAGES, N_, both, choose_text, day, number, say
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.pool import Pool
from parvis.pooling.publics.reaches import DERIVED
from parvis.pooling.serving.access import find_reader
from parvis.pooling.serving.snapshot import Snapshot
from parvis.statistics.relays import (
    AudienceReach,
    Fit,
    Nearness,
    Relay,
    RelayQuery,
    rank_relays,
)
from parvis.store.generation import generation as store

# A relay is named where the reader may read the dataset that declares its reach. Others are only
# counted (“n relays exist, ask the third party”), without name, place or size, and only where the
# reader may discover the dataset: who permits that agrees to be counted. A number that depended
# on anything else would reveal, filter by filter, whom a hidden dataset reaches.


@dataclass(frozen=True)
class ReachView:
    """The reaches of a generation, as one reader may know them at one instant."""

    published: Snapshot
    reader: Reader
    now: datetime

    @cached_property
    def declared_reaches(self) -> list[AudienceReach]:
        """Return the readable reaches that relays declare."""
        return [reach for reach in self._reaches(self._readable) if not self._is_derived(reach)]

    @cached_property
    def derived_reaches(self) -> list[AudienceReach]:
        """Return the readable reaches that the third party derived, or that figures show."""
        graphs = self._readable
        stated = (reach for reach in self._reaches(graphs) if self._is_derived(reach))
        # A derived reach compares two figures: both must be readable.
        shown = (r for r in self.published.derived_reaches if {r.graph, r.source} <= graphs)
        return [*stated, *shown]

    @cached_property
    def countable(self) -> list[AudienceReach]:
        """Return the reaches of datasets that the reader may discover but not read."""
        graphs = self._derive("discoverable reaches", filter_discoverable)
        return list(self._reaches(graphs - self._readable))

    @cached_property
    def cards(self) -> dict[str, DatasetCard]:
        """Return the datasets that the reader may read, by their graphs."""
        cards = self.published.discoverable_cards(self.reader, self.now)
        return {self.published.iris.graph(card.key): card for card in cards if card.readable}

    def name(self, relay: Relay) -> Texts:
        """Return a relay's name: from the agreements, else from a graph that declares it."""
        declared = (
            self.published.reaches[m.reach.graph].names.get(relay.iri) for m in relay.matches
        )
        names = self.published.names.get(relay.iri) or next(filter(None, declared), None)
        return dict(names or {"": last_segment(relay.iri)})

    def slug(self, relay: Relay) -> str | None:
        """Return the slug of a relay that is a partner."""
        iris = self.published.iris
        slugs = (slug for slug in self.published.partners if iris.partner(slug) == relay.iri)
        return next(slugs, None)

    @cached_property
    def _readable(self) -> set[str]:
        """Return the graphs with reaches that the reader may read."""
        return self._derive("readable reaches", filter_readable)

    def _derive(
        self, name: str, choose: Callable[[Policies, Reader, list[str], datetime], list[str]]
    ) -> set[str]:
        """Return the graphs with reaches whose datasets are chosen for the reader."""
        reaches, policies = self.published.reaches, self.published.policies

        def compute() -> set[str]:
            targets = sorted({source.target for source in reaches.values()})
            iris = set(choose(policies, self.reader, targets, self.now))
            return {graph for graph, source in reaches.items() if source.target in iris}

        return self.published.decisions.derive(self.reader, self.now, name, compute)

    @cached_property
    def _partner_graphs(self) -> set[str]:
        iris, third_party = self.published.iris, self.published.policies.parties.host
        keys = (card.key for card in self.published.cards.values())
        return {iris.graph(key) for key in keys if iris.partner(key.partner) != third_party}

    def _reaches(self, graphs: Iterable[str]) -> Iterable[AudienceReach]:
        """Yield the reaches of some graphs, in a stable order."""
        for graph in sorted(graphs):
            for reach in self.published.reaches[graph].reaches:
                partner = self._partner_of.get(reach.relay)
                yield replace(reach, relay=partner) if partner else reach

    @cached_property
    def _partner_of(self) -> Mapping[str, str]:
        # Other IRIs of partners are known from links, which the reader may not have.
        partners, links = self.published.partner_of, self.published.iris.links_graph
        readable = partners and links in self.published.graphs(self.reader, self.now)
        return partners if readable else {}

    def _is_derived(self, reach: AudienceReach) -> bool:
        # A partner may compute a reach by the same method: it declares the result.
        return reach.method == DERIVED and reach.graph not in self._partner_graphs


# The reasons of a rank, in sentences: what a relay reaches, how many people, by which source.

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
    for name in SCHEMES:
        if (nearness := getattr(relay.best, name)) is not None:
            labels = _join_labels(name, reach_concepts(relay.best.reach, name))
            yield _say_in_each(NEAR[name][nearness[0]], said=labels)
        elif iris := list(
            dict.fromkeys(c for m in relay.nearest for c in reach_concepts(m.reach, name))
        ):
            yield _say_in_each(OPEN[name], said=_join_labels(name, iris))
    if relay.at_least is None or relay.at_most is None:
        yield _say_in_each(NO_SIZE)
    else:
        template = PEOPLE_ONCE if relay.at_least == relay.at_most else PEOPLE
        yield _say_in_each(template, least=relay.at_least, most=relay.at_most)
    times = max((match.reach.times for match in relay.nearest if match.reach.times), default=None)
    if times is not None:
        yield _say_in_each(TIMES, times=times)
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


def _join_labels(name: str, concepts: Iterable[str]) -> Texts:
    concept_scheme = scheme(SCHEMES[name])
    labels = [concept_scheme.label(concept) for concept in concepts]
    return {lang: ", ".join(label[lang] for label in labels) for lang in LANGUAGES}


def _say_in_each(template: str, **fields: str | Texts | float) -> Texts:
    """Fill a template in each language; a field may have a text for each."""

    def localise(lang: str, value: str | Texts | float) -> str:
        if isinstance(value, str):
            return value
        return choose_text(lang, value) if isinstance(value, Mapping) else number(lang, value)

    return {
        lang: say(lang, template, **{key: localise(lang, value) for key, value in fields.items()})
        for lang in LANGUAGES
    }


ONE_MORE = N_("One more relay exists that cannot be named to you: ask the third party.")
MORE = N_("{count} more relays exist that cannot be named to you: ask the third party.")
NO_MORE = N_("No other intermediary is known.")
NOT_DERIVED = N_(
    "Nothing is derived: no release of pooled figures tells of a relay of this public yet."
)
IS_DERIVED = N_("From published cells of pooled figures; kept apart from what relays declare.")


@dataclass(frozen=True)
class RelayCard:
    """A relay that may be named: its name, its page, and the reasons for its rank.

    `datasets` are the cards of the declaring datasets, by graph.
    """

    relay: Relay
    name: Texts
    slug: str | None
    reasons: tuple[Texts, ...]
    datasets: Mapping[str, DatasetCard] = field(repr=False)

    def to_json(self, rank: int) -> dict[str, Any]:
        reaches = []
        for match in self.relay.matches:
            reach, card = match.reach, self.datasets.get(match.reach.graph)
            nearness: dict[str, Nearness | None] = {name: getattr(match, name) for name in SCHEMES}
            parts = {name: reach_concepts(reach, name) for name in SCHEMES}
            reaches.append(
                {
                    "iri": reach.iri,
                    **{
                        name: [part_concept(name, iri) for iri in iris]
                        for name, iris in parts.items()
                    },
                    "fit": {name: near[0].name.lower() for name, near in nearness.items() if near},
                    "size": reach.size,
                    "method": reach.method and concept_to_json(scheme("method"), reach.method),
                    "source": reach.source,
                    "date": reach.date,
                    "times": reach.times and round(reach.times, 2),
                    "dataset": card and str(card.key),
                    "graph": reach.graph,
                }
            )
        return {
            "rank": rank,
            "iri": self.relay.iri,
            "name": self.name,
            "people": {"at_least": self.relay.at_least, "at_most": self.relay.at_most},
            "reasons": list(self.reasons),
            "reaches": reaches,
        }


@dataclass(frozen=True)
class Relays:
    """The relays of one public for one reader, the best first; `unnamed` are only counted."""

    request: RelayQuery
    declared: tuple[RelayCard, ...]
    derived: tuple[RelayCard, ...]
    unnamed: int

    @property
    def concepts(self) -> dict[str, Any]:
        """Return the concepts of the request; None for a part left open."""
        iris = {name: getattr(self.request, name) for name in SCHEMES}
        return {name: iri and part_concept(name, iri) for name, iri in iris.items()}

    @property
    def unnamed_text(self) -> Texts:
        """Return in each language how many relays cannot be named."""
        template = {0: NO_MORE, 1: ONE_MORE}.get(self.unnamed, MORE)
        return both(template, count=self.unnamed)

    @property
    def derived_text(self) -> Texts:
        """Return in each language where derived relays come from, or that there are none."""
        return both(IS_DERIVED if self.derived else NOT_DERIVED)

    @cached_property
    def wider(self) -> list[dict[str, Any]]:
        """Return the publics that contain the requested one, the nearest first."""
        above = scheme("audience").above.get(self.request.public, {})
        return [
            part_concept("public", iri) for iri in sorted(above, key=lambda iri: (above[iri], iri))
        ]

    @cached_property
    def narrower(self) -> list[dict[str, Any]]:
        """Return the publics within the requested one, the nearest first."""
        above, public = scheme("audience").above, self.request.public
        ranked_iris = sorted(
            (steps[public], iri) for iri, steps in above.items() if public in steps
        )
        return [part_concept("public", iri) for _, iri in ranked_iris]

    def to_json(self) -> dict[str, Any]:
        return {
            "asked": self.concepts,
            "relays": [relay.to_json(rank) for rank, relay in enumerate(self.declared, 1)],
            "unnamed": {"count": self.unnamed, "said": self.unnamed_text},
            "derived": {
                "relays": [relay.to_json(rank) for rank, relay in enumerate(self.derived, 1)],
                "said": self.derived_text,
            },
            "wider": self.wider,
            "narrower": self.narrower,
        }


def parse_relay_query(
    public: str, area: str | None = None, language: str | None = None, channel: str | None = None
) -> RelayQuery:
    """Parse typed codes, labels or IRIs; raises `UsageError` with the nearest ones."""
    texts = {"area": area, "language": language, "channel": channel}
    iris = {name: scheme(SCHEMES[name]).require(text) for name, text in texts.items() if text}
    return RelayQuery(scheme(SCHEMES["public"]).require(public), **iris)


def find_served_relays(
    settings: Settings, request: RelayQuery, reader: str | None = None
) -> Relays:
    """Return the relays of the served generation, for a named reader, else for the third party.

    Raises `NothingPublished`, and `UnknownThing` for an unknown reader.
    """
    pool = Pool.open(settings)
    party = find_reader(pool, reader or pool.catalog.third_party.iri)
    published = Snapshot.read(store.current(settings.data), pool.iris)
    return find_relays(ReachView(published, party, clock.now()), request)


def find_relays(view: ReachView, request: RelayQuery) -> Relays:
    """Return the relays of a request, as far as a reader may know them."""
    above = ChainMap(*(dict(scheme(name).above) for name in SCHEMES.values()))
    named_relays, derived, unnamed = (
        rank_relays(reaches, request, above)
        for reaches in (view.declared_reaches, view.derived_reaches, view.countable)
    )

    def describe(relay: Relay) -> RelayCard:
        graphs = {match.reach.graph for match in relay.matches}
        datasets = {graph: view.cards[graph] for graph in graphs & view.cards.keys()}
        texts = tuple(explain_rank(relay, datasets))
        return RelayCard(relay, view.name(relay), view.slug(relay), texts, datasets)

    return Relays(
        request=request,
        declared=tuple(map(describe, named_relays)),
        derived=tuple(map(describe, derived)),
        unnamed=len({relay.iri for relay in unnamed} - {relay.iri for relay in named_relays}),
    )


def list_reached_publics(view: ReachView) -> list[dict[str, Any]]:
    """Return the publics that relays declare, each with the number of relays it may name."""
    by_public: defaultdict[str, set[str]] = defaultdict(set)
    for reach in view.declared_reaches:
        for public in reach.publics:
            by_public[public].add(reach.relay)
    ranking = sorted(by_public, key=lambda public: (-len(by_public[public]), public))
    return [
        part_concept("public", public) | {"relays": len(by_public[public])} for public in ranking
    ]


def part_concept(name: str, iri: str) -> dict[str, Any]:
    """Return a concept of the list of one part as JSON data: IRI, code, label by language."""
    return concept_to_json(scheme(SCHEMES[name]), iri)


def concept_to_json(concept_scheme: Scheme, iri: str) -> dict[str, Any]:
    return {"iri": iri, "code": concept_scheme.code(iri), "label": concept_scheme.label(iri)}
