"""Which relays reach a public, the best first with its reasons, as far as a reader may be told."""

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from parvis.catalog.codelists import Scheme, scheme
from parvis.catalog.ontology import short
from parvis.config import Settings
from parvis.governance import Reader, discoverable, readable
from parvis.i18n import N_, both
from parvis.mapping.concepts import folded
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.pool import Pool
from parvis.pooling.publics.reaches import DERIVED
from parvis.pooling.serving.access import named
from parvis.pooling.serving.figures.relay_reasons import SCHEMES, reasons, said
from parvis.pooling.serving.snapshot import Published
from parvis.statistics.relays import Above, Match, Nearness, Reach, Relay, Wanted, ranked
from parvis.store.generation import generation as store

# What one reader may be told of who reaches whom: some reaches with names, of others a number.
#
# A relay is named where the reader may read the dataset that declares its reach. Others are only
# counted (“n relays exist, ask the third party”), without name, place or size, and only where the
# reader may know that the dataset exists: who permits that agrees to be counted. A number that
# depended on anything else would tell, filter by filter, whom a hidden dataset reaches.


@dataclass(frozen=True)
class View:
    """The reaches of a generation, as one reader may know them at one instant."""

    published: Published
    reader: Reader
    now: datetime

    @cached_property
    def declared(self) -> list[Reach]:
        """Give what relays declare, of what the reader may read."""
        return [one for one in self._of(self._readable) if not self._is_derived(one)]

    @cached_property
    def derived(self) -> list[Reach]:
        """Give what the third party derived, or figures show, of what the reader may read.

        A share is told to who may read both the figures that it compares.
        """
        may = self._readable
        stated = (one for one in self._of(may) if self._is_derived(one))
        shown = (one for one in self.published.shown if {one.graph, one.source} <= may)
        return [*stated, *shown]

    @cached_property
    def countable(self) -> list[Reach]:
        """Return what the reader may not read, of what it may know of."""
        targets = {graph: one.target for graph, one in self.published.reaches.items()}
        seen = discoverable(
            self.published.policies, self.reader, sorted(set(targets.values())), self.now
        )
        known = {graph for graph, target in targets.items() if target in set(seen)}
        return list(self._of(known - self._readable))

    @cached_property
    def cards(self) -> dict[str, DatasetCard]:
        """Give the datasets that the reader may read, by their graphs."""
        known = self.published.known(self.reader, self.now)
        return {self.published.iris.graph(one.key): one for one in known if one.readable}

    def name(self, relay: Relay) -> Texts:
        """Name a relay as the agreements do, else as a graph that declares it does."""
        told = (self.published.reaches[m.reach.graph].names.get(relay.iri) for m in relay.matches)
        names = self.published.names.get(relay.iri) or next(filter(None, told), None)
        return dict(names or {"": short(relay.iri)})

    def slug(self, relay: Relay) -> str | None:
        """Tell which partner's page is the relay's, if it is a partner."""
        iris = self.published.iris
        return next(
            (one for one in self.published.partners if iris.partner(one) == relay.iri), None
        )

    @cached_property
    def _readable(self) -> set[str]:
        """Give the graphs that the reader may read, of those that declare something."""
        targets = {one.target for one in self.published.reaches.values()}
        may = set(readable(self.published.policies, self.reader, sorted(targets), self.now))
        return {graph for graph, one in self.published.reaches.items() if one.target in may}

    @cached_property
    def _partners(self) -> set[str]:
        """Give the graphs of partners' datasets; the others are the third party's own."""
        iris, host = self.published.iris, self.published.policies.parties.host
        keys = (card.key for card in self.published.cards.values())
        return {iris.graph(key) for key in keys if iris.partner(key.partner) != host}

    def _of(self, graphs: Iterable[str]) -> Iterable[Reach]:
        """Give the reaches of some graphs, in a steady order."""
        for graph in sorted(graphs):
            for one in self.published.reaches[graph].reaches:
                partner = self._partner_of.get(one.relay)
                yield replace(one, relay=partner) if partner else one

    @cached_property
    def _partner_of(self) -> Mapping[str, str]:
        """Tell which relays are partners under other names, if the reader may know of the links."""
        told = self.published.partner_of
        links = self.published.iris.links_graph
        may = told and links in self.published.graphs(self.reader, self.now)
        return told if may else {}

    def _is_derived(self, reach: Reach) -> bool:
        """Say whether the third party derived a reach; what a partner computed, it declares."""
        return reach.method == DERIVED and reach.graph not in self._partners


UNASKED = ("total", "unknown")
"""Codes that say nothing of whom one would reach."""

ONE_MORE = N_("One more relay exists that cannot be named to you: ask the third party.")
MORE = N_("{count} more relays exist that cannot be named to you: ask the third party.")
NO_MORE = N_("No other relay is known.")
NOT_DERIVED = N_(
    "Nothing is derived: no release of pooled figures tells of a relay of this public yet."
)
IS_DERIVED = N_("From published cells of pooled figures; kept apart from what relays declare.")


@dataclass(frozen=True)
class Told:
    """A relay that may be named: its name, its page, why it stands where it does.

    `datasets` are the cards of what declares it, by graph.
    """

    relay: Relay
    name: Texts
    slug: str | None
    reasons: tuple[Texts, ...]
    datasets: Mapping[str, DatasetCard] = field(repr=False)

    def to_json(self, rank: int) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "rank": rank,
            "iri": self.relay.iri,
            "name": self.name,
            "people": {"at_least": self.relay.at_least, "at_most": self.relay.at_most},
            "reasons": list(self.reasons),
            "reaches": [self._reach(match) for match in self.relay.matches],
        }

    def _reach(self, match: Match) -> dict[str, Any]:
        """Tell one reach, and how near each part of it comes to what was asked."""
        reach, card = match.reach, self.datasets.get(match.reach.graph)
        near = {name: getattr(match, name) for name in SCHEMES}
        return {
            "iri": reach.iri,
            **{name: [concept(name, one) for one in said(reach, name)] for name in SCHEMES},
            "fit": {name: _fit(one) for name, one in near.items() if one is not None},
            "size": reach.size,
            "method": reach.method and concept_of(scheme("method"), reach.method),
            "source": reach.source,
            "date": reach.date,
            "times": reach.times and round(reach.times, 2),
            "dataset": card and str(card.key),
            "graph": reach.graph,
        }


@dataclass(frozen=True)
class Relays:
    """The relays of one public for one reader, the best first; `unnamed` are only counted."""

    wanted: Wanted
    declared: tuple[Told, ...]
    derived: tuple[Told, ...]
    unnamed: int

    @property
    def asked(self) -> dict[str, Any]:
        """Tell what was asked; None for what was left open."""
        asked = {name: getattr(self.wanted, name) for name in SCHEMES}
        return {name: one and concept(name, one) for name, one in asked.items()}

    @property
    def unnamed_said(self) -> Texts:
        """Say in each language how many cannot be named."""
        template = {0: NO_MORE, 1: ONE_MORE}.get(self.unnamed, MORE)
        return both(template, count=self.unnamed)

    @property
    def derived_said(self) -> Texts:
        """Say in each language what is derived, or that nothing is."""
        return both(IS_DERIVED if self.derived else NOT_DERIVED)

    @cached_property
    def wider(self) -> list[dict[str, Any]]:
        """Give the publics that hold the one asked for, the nearest first."""
        above = scheme("audience").above.get(self.wanted.public, {})
        return [concept("public", one) for one in sorted(above, key=lambda one: (above[one], one))]

    @cached_property
    def narrower(self) -> list[dict[str, Any]]:
        """Give the publics within the one asked for, the nearest first."""
        above, asked = scheme("audience").above, self.wanted.public
        found = sorted((steps[asked], one) for one, steps in above.items() if asked in steps)
        return [concept("public", one) for _, one in found]

    def to_json(self) -> dict[str, Any]:
        """Give them as plain data, every text in both languages."""
        return {
            "asked": self.asked,
            "relays": [one.to_json(rank) for rank, one in enumerate(self.declared, 1)],
            "unnamed": {"count": self.unnamed, "said": self.unnamed_said},
            "derived": {
                "relays": [one.to_json(rank) for rank, one in enumerate(self.derived, 1)],
                "said": self.derived_said,
            },
            "wider": self.wider,
            "narrower": self.narrower,
        }


def wanted(
    public: str, area: str | None = None, language: str | None = None, channel: str | None = None
) -> Wanted:
    """Read what one types: codes, labels or IRIs; raises `UsageError` with the nearest ones."""
    others = {"area": area, "language": language, "channel": channel}
    found = {name: scheme(SCHEMES[name]).require(text) for name, text in others.items() if text}
    return Wanted(scheme(SCHEMES["public"]).require(public), **found)


def relays_for(settings: Settings, asked: Wanted, reader: str | None = None) -> Relays:
    """Give the relays of what is served, for a reader named as people do; for the host if none.

    Raises `NothingPublished`, and `UnknownThing` for a reader that nobody knows.
    """
    pool = Pool.open(settings)
    who = named(pool, reader or pool.catalog.host.iri)
    published = Published.read(store.current(settings.data), pool.iris)
    return relays(View(published, who, datetime.now(UTC)), asked)


def relays(view: View, asked: Wanted) -> Relays:
    """Give the relays that answer, as far as a reader may be told of them."""
    seen, derived, hidden = (
        ranked(some, asked, above()) for some in (view.declared, view.derived, view.countable)
    )
    return Relays(
        wanted=asked,
        declared=tuple(_told(view, one) for one in seen),
        derived=tuple(_told(view, one) for one in derived),
        unnamed=len({one.iri for one in hidden} - {one.iri for one in seen}),
    )


def reached(view: View) -> list[dict[str, Any]]:
    """Give the publics that relays declare, each with how many of them the reader may name."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for reach in view.declared:
        for public in reach.publics:
            found[public].add(reach.relay)
    ranking = sorted(found, key=lambda one: (-len(found[one]), one))
    return [concept("public", one) | {"relays": len(found[one])} for one in ranking]


def choices(lang: str) -> dict[str, list[tuple[str, str]]]:
    """Give what may be asked in each part, by code and label, in the order of a language."""
    found = {}
    for name, listed in SCHEMES.items():
        known = scheme(listed)
        pairs = [(known.code(one), known.label(one)[lang]) for one in known.labels]
        found[name] = sorted(
            (pair for pair in pairs if pair[0] not in UNASKED), key=lambda pair: folded(pair[1])
        )
    return found


def _told(view: View, relay: Relay) -> Told:
    """Tell a relay that may be named."""
    graphs = {match.reach.graph for match in relay.matches}
    datasets = {graph: view.cards[graph] for graph in graphs & view.cards.keys()}
    told = tuple(reasons(relay, datasets))
    return Told(relay, view.name(relay), view.slug(relay), told, datasets)


def above() -> Above:
    """Give the wider concepts of all the lists that relays are asked by."""
    return ChainMap(*(dict(scheme(name).above) for name in SCHEMES.values()))


def concept(name: str, iri: str) -> dict[str, Any]:
    """Tell a concept of the list of one part: its IRI, its code, its label in each language."""
    return concept_of(scheme(SCHEMES[name]), iri)


def concept_of(known: Scheme, iri: str) -> dict[str, Any]:
    """Tell a concept of a list."""
    return {"iri": iri, "code": known.code(iri), "label": known.label(iri)}


def _fit(near: Nearness) -> str:
    return near[0].name.lower()
