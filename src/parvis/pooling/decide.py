"""Whether a reader may do something with a dataset, and why."""

from datetime import datetime

from parvis.errors import UnknownThing
from parvis.governance import Reader, decide
from parvis.governance.policies import AGGREGATE, DISCOVER, READ
from parvis.governance.reasons import Reason
from parvis.ledger import Contributions
from parvis.pooling.law import in_force, loaded
from parvis.pooling.pool import Pool
from parvis.vocab.iris import DatasetKey

ACTIONS = {"read": READ, "discover": DISCOVER, "aggregate": AGGREGATE}


class Verdict:
    """A decision that can say itself."""

    def __init__(self, reason: Reason, *, allowed: bool) -> None:
        """Keep the decision and its reason."""
        self.allowed = allowed
        self._reason = reason

    def in_words(self, lang: str) -> str:
        """Say why in a language."""
        return self._reason.in_words(lang)


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
    return Verdict(found.reason, allowed=found.allowed)


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
