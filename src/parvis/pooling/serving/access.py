"""Cache the decisions for each reader, and explain them.

With a cache, a request for a dataset takes the same time whether it is hidden or does not exist:
the response time reveals neither.
"""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cachetools import LRUCache

from parvis.catalog.ontology import names_in
from parvis.errors import UnknownThing
from parvis.governance import AccessDecision, Policies, Reader, decide, good_until
from parvis.governance.policies import AGGREGATE, DISCOVER, DISTRIBUTE, READ
from parvis.governance.wording import Names, describe_rule
from parvis.i18n import N_, both
from parvis.ledger import Contributions
from parvis.pooling.agreements import loaded_graphs, with_agreements
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

if TYPE_CHECKING:
    from parvis.pooling.cards import DatasetCard

MOST = 256
"""Readers whose decisions are cached."""

T = TypeVar("T")

Cards = Mapping[DatasetKey, "DatasetCard"]
"""The datasets that a reader may discover, each marked as readable or not."""


@dataclass(frozen=True)
class _CachedDecisions:
    """The decisions of one instant, and until when they hold (None: for ever).

    `derived` is what was computed from them.
    """

    at: datetime
    until: datetime | None
    cards: Cards
    derived: dict[Hashable, Any] = field(default_factory=dict)


class DecisionCache:
    """The decisions under the agreements of one generation, cached by reader. Thread-safe."""

    def __init__(self, policies: Policies, decide: Callable[[Reader, datetime], Cards]) -> None:
        self._policies, self._decide = policies, decide
        self._cache: LRUCache[Hashable, _CachedDecisions] = LRUCache(MOST)
        self._lock = threading.Lock()

    def cards(self, reader: Reader, now: datetime) -> Cards:
        """Return the datasets that a reader may discover at an instant."""
        return self._decisions(reader, now).cards

    def derive(self, reader: Reader, now: datetime, name: Hashable, compute: Callable[[], T]) -> T:
        """Return what follows from a reader's decisions, computed once while they hold.

        `name` says what it is, with all that it depends on beyond the decisions and the generation.
        """
        # With many datasets, this would take longer than a search.
        derived = self._decisions(reader, now).derived
        if name not in derived:
            derived[name] = compute()
        value: T = derived[name]
        return value

    def _decisions(self, reader: Reader, now: datetime) -> _CachedDecisions:
        key = replace(reader, address="")
        with self._lock:
            cached = self._cache.get(key)
        if cached and cached.at <= now and (cached.until is None or now < cached.until):
            return cached
        # Decisions change when an agreement begins or ends, or a contribution begins or ceases to
        # count.
        changes = [good_until(self._policies, now), *reader.contributes.values()]
        until = min((instant for instant in changes if instant and instant > now), default=None)
        cached = _CachedDecisions(now, until, self._decide(reader, now))
        with self._lock:
            self._cache[key] = cached
        return cached


# Whether a reader may do something with a dataset, and by which rule of which agreement.

GIVEN_LACK = N_("contributions given that do not count: {count}; {missing}")
ACTIONS = {"read": READ, "discover": DISCOVER, "aggregate": AGGREGATE, "distribute": DISTRIBUTE}


@dataclass(frozen=True)
class Verdict:
    """A decision in words: `reason`, and the `rule` and `title` of the `agreement` that decided.

    Texts are by language; `code` is the IRI of the reason. Rule and agreement are None where no
    rule decided. `missing` lists why contributions of the party do not count.
    """

    allowed: bool
    code: str
    reason: Mapping[str, str]
    agreement: str | None = None
    title: Mapping[str, str] | None = None
    rule: Mapping[str, str] | None = None
    missing: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def of(cls, decision: AccessDecision, names: Names) -> "Verdict":
        reason = decision.reason
        return cls(
            allowed=decision.allowed,
            code=reason.iri,
            reason=reason.text,
            agreement=reason.agreement.iri if reason.agreement else None,
            title=dict(reason.agreement.title) if reason.agreement else None,
            rule=describe_rule(reason.rule, names) if reason.rule else None,
        )

    def to_json(self) -> dict[str, Any]:
        agreement = self.agreement and {"iri": self.agreement, "title": self.title}
        basis: dict[str, Any] = {"code": self.code, "agreement": agreement, "rule": self.rule}
        if self.missing:
            basis["missing"] = list(self.missing)
        return {"allowed": self.allowed, "reason": self.reason} | basis


def explain_access(  # noqa: PLR0913, PLR0917 - a question has as many parts
    pool: Pool, reader: str, graph: str, action: str, at: datetime, purpose: str | None
) -> Verdict:
    """Decide for a reader named by a party's slug, an IRI, or "anonymous".

    `graph` is a dataset's key, its graph or a loaded graph.
    """
    pool, party_reader = with_agreements(pool), find_reader(pool, reader)
    if graph in loaded_graphs(pool.record):
        target = graph
    else:
        partner, _, dataset = graph.removeprefix(f"{pool.settings.base}graph/").partition("/")
        target = pool.catalog.require(DatasetKey(partner, dataset)).iri
    policies = pool.catalog.policies
    decision = decide(policies, party_reader, ACTIONS[action], target, at, purpose=purpose)
    verdict = Verdict.of(decision, names_in(pool.catalog.law))
    if not decision.reason.lacking or party_reader.iri is None:
        return verdict
    from parvis.pooling.publics.contributions import (  # noqa: PLC0415 - few decisions need it
        contribution_minimum,
    )

    # A contribution was required: report why those of the party do not count, each reason once.
    lacks = Counter(
        lack
        for contribution in Contributions(pool.settings.data).of(party_reader.iri)
        if contribution.ended is None
        for lack in contribution.lacks
    )
    required = contribution_minimum(pool.settings)
    missing = tuple(
        both(GIVEN_LACK, count=count, missing=required.texts(lack))
        for lack, count in sorted(lacks.items())
    )
    return replace(verdict, missing=missing)


def find_reader(pool: Pool, reader: str) -> Reader:
    """Return a reader, named as in `explain_access`, and what it contributes.

    Raises `UnknownThing`.
    """
    if reader == "anonymous":
        return Reader(None, contributes={})
    party = pool.catalog.party_named(reader)
    if party is None and ":" not in reader:
        raise UnknownThing("there is no partner “{partner}”", partner=reader)
    iri = party.iri if party else reader
    return Reader(iri, contributes=Contributions(pool.settings.data).counting_until(iri))
