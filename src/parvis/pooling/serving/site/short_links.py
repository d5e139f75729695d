"""Short addresses of queries: made at a reader's charge, within what the operator allows."""

from parvis.config import Settings, clock
from parvis.errors import LimitError, QueryError
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.ledger import ShortLinks
from parvis.ledger.queries import QueryParameters
from parvis.pooling.quotas import Shares
from parvis.rdf.sparql.parser import parse
from parvis.vocab.namespaces import PREFIXES

NONE_MADE = N_("this site makes no short links; use the permanent link, which needs none")
TOO_LONG = N_("a query with a short link has {most} bytes at most: use the permanent link")

LONGEST = 16_000
"""Bytes of a query with a short link."""
SECONDS = 1.0
"""Seconds of the site's own work that a new link costs its reader: a share is some sixty links."""


def create_short_link(
    settings: Settings, shares: Shares, reader: Reader, query: QueryParameters
) -> str:
    """Store a query, and return the id of its short address.

    Raises `QueryError` for a text that is no query, `ShareError` for a reader who has no share
    left, and `LimitError` where there is no room.
    """
    most = settings.limits.short_links
    if not most:
        raise LimitError(NONE_MADE)
    check_stored_query(settings, query)
    shares.require_site(reader)
    shares.charge_site(reader, SECONDS)
    return ShortLinks(settings.data).add(query, clock.machine_time().date(), most)


def check_stored_query(settings: Settings, query: QueryParameters) -> None:
    """Raise `QueryError` for a text that is no query, or longer than those that are stored."""
    if sum(len(text.encode()) for texts in query.values() for text in texts) > LONGEST:
        raise QueryError(TOO_LONG, most=LONGEST)
    for text in query["query"]:
        parse(text, settings.base, PREFIXES)
