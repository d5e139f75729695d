"""What was decided for each reader, for as long as it stands.

One who asks for a dataset is then answered by a look into a table, whether the dataset is hidden
or was never there: the time that it takes tells neither.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cachetools import LRUCache

from parvis.catalog.ontology import names_in
from parvis.errors import UnknownThing
from parvis.governance import Decision, Policies, Reader, decide, good_until
from parvis.governance.policies import AGGREGATE, DISCOVER, DISTRIBUTE, READ
from parvis.governance.wording import Names, in_words
from parvis.i18n import N_, both
from parvis.ledger import Contributions
from parvis.pooling.agreements import in_force, loaded
from parvis.pooling.cards import DatasetCard
from parvis.pooling.pool import Pool
from parvis.pooling.publics.contributions import minimum
from parvis.vocab.iris import DatasetKey

MOST = 256
"""Readers whose decisions are remembered."""

Cards = Mapping[DatasetKey, DatasetCard]
"""The datasets that a reader may know of, each told whether it may be read."""


@dataclass(frozen=True)
class _Standing:
    """Decisions of one instant, which stand until another (None: for ever)."""

    at: datetime
    until: datetime | None
    cards: Cards

    def stands(self, now: datetime) -> bool:
        """Say whether nothing can have changed since."""
        return self.at <= now and (self.until is None or now < self.until)


class Decided:
    """Decisions under the agreements of one generation, by reader. For threads."""

    def __init__(self, policies: Policies, decide: Callable[[Reader, datetime], Cards]) -> None:
        """Decide nothing yet."""
        self._policies, self._decide = policies, decide
        self._known: LRUCache[Hashable, _Standing] = LRUCache(MOST)
        self._turn = threading.Lock()

    def cards(self, reader: Reader, now: datetime) -> Cards:
        """Give what a reader may know of at an instant."""
        who = replace(reader, address="")
        with self._turn:
            found = self._known.get(who)
        if found is None or not found.stands(now):
            found = _Standing(now, self._until(reader, now), self._decide(reader, now))
            with self._turn:
                self._known[who] = found
        return found.cards

    def _until(self, reader: Reader, now: datetime) -> datetime | None:
        """Give the next instant at which an agreement, or what a reader gave, counts otherwise."""
        turn = good_until(self._policies, now)
        turns = [*reader.contributes.values(), *([turn] if turn else [])]
        return min((one for one in turns if one > now), default=None)


# Whether a reader may do something with a dataset, and why: by which rule of which agreement.

GIVEN_LACK = N_("contributions given that do not count: {count}; {missing}")
ACTIONS = {
    "read": READ,
    "discover": DISCOVER,
    "aggregate": AGGREGATE,
    "distribute": DISTRIBUTE,
}


@dataclass(frozen=True)
class Verdict:
    """A decision in words: `reason`, and the `rule` and title of the `agreement` that decided.

    Texts are by language; `code` is the concept of the reason. Where no rule decided, neither
    rule nor agreement is told. `missing` tells, of contributions that were given and do not count,
    what they lack.
    """

    allowed: bool
    code: str
    reason: Mapping[str, str]
    agreement: str | None = None
    title: Mapping[str, str] | None = None
    rule: Mapping[str, str] | None = None
    missing: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, decision: Decision, names: Names) -> "Verdict":
        """Put a decision into words."""
        reason = decision.reason
        return cls(
            allowed=decision.allowed,
            code=reason.iri,
            reason=reason.text,
            agreement=reason.agreement.iri if reason.agreement else None,
            title=dict(reason.agreement.title) if reason.agreement else None,
            rule=in_words(reason.rule, names) if reason.rule else None,
        )

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        agreement = self.agreement and {"iri": self.agreement, "title": self.title}
        told: dict[str, Any] = {"code": self.code, "agreement": agreement, "rule": self.rule}
        if self.missing:
            told["missing"] = list(self.missing)
        return {"allowed": self.allowed, "reason": self.reason} | told


def may(  # noqa: PLR0913, PLR0917 - a question has as many parts
    pool: Pool, reader: str, graph: str, action: str, at: datetime, purpose: str | None
) -> Verdict:
    """Decide for a reader named as people do: a party's slug, an IRI, or "anonymous"."""
    pool, who = in_force(pool), named(pool, reader)
    found = decide(
        pool.catalog.policies,
        who,
        ACTIONS[action],
        _dataset(pool, graph),
        at,
        purpose=purpose,
    )
    verdict = Verdict.of(found, names_in(pool.catalog.law))
    if found.reason.lacking and who.iri is not None:
        return replace(verdict, missing=_missing(pool, who.iri))
    return verdict


def _missing(pool: Pool, party: str) -> tuple[Mapping[str, str], ...]:
    """Say what a party's contributions lack, each text once, with how many lack it."""
    lacking = Counter(
        lack
        for one in Contributions(pool.settings.data).of(party)
        if one.ended is None
        for lack in one.lacks
    )
    asked = minimum(pool.settings)
    return tuple(
        both(GIVEN_LACK, count=count, missing=asked.texts(lack))
        for lack, count in sorted(lacking.items())
    )


def named(pool: Pool, reader: str) -> Reader:
    """Give a reader named so, with what it contributes; raises `UnknownThing`."""
    party = _party(pool, reader)
    given = Contributions(pool.settings.data).counting(party) if party else {}
    return Reader(party, contributes=given)


def _party(pool: Pool, reader: str) -> str | None:
    """Give the IRI of a reader, None for the anonymous one."""
    if reader == "anonymous":
        return None
    if found := pool.catalog.party_named(reader):
        return found.iri
    if ":" in reader:
        return reader
    raise UnknownThing("there is no partner “{partner}”", partner=reader)


def _dataset(pool: Pool, graph: str) -> str:
    """Give the IRI of a dataset named by key or by its graph, or of a loaded graph."""
    if graph in loaded(pool.record):
        return graph
    name = graph.removeprefix(f"{pool.settings.base}graph/")
    partner, _, dataset = name.partition("/")
    return pool.catalog.require(DatasetKey(partner, dataset)).iri
