"""What one reader may be told of who reaches whom: some reaches with names, of others a number.

A relay is named where the reader may read the dataset that declares its reach. Others are only
counted (“n relays exist, ask the third party”), without name, place or size, and only where the
reader may know that the dataset exists: who permits that agrees to be counted. A number that
depended on anything else would tell, filter by filter, whom a hidden dataset reaches.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from parvis.governance import Reader, discoverable, readable
from parvis.pooling.cards import DatasetCard, Texts
from parvis.pooling.open_cells import DERIVED
from parvis.pooling.published import Published
from parvis.pooling.words import short
from parvis.statistics.relays import Reach, Relay


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
