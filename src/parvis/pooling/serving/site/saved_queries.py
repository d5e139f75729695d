"""Queries that people save: bounded, charged to who saves, private unless they are made public."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parvis.config import Settings, clock
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import LANGUAGES, N_, choose_text
from parvis.ledger import SavedQueries, SavedQuery, SavedVersion, ShortLinks
from parvis.ledger.queries import NO_LINK, QueryParameters
from parvis.pooling.quotas import Shares
from parvis.pooling.serving.readers import Identity
from parvis.pooling.serving.site.short_links import SECONDS, check_stored_query

LONGEST_TITLE = 150
"""Characters of a title."""
NO_TITLE = N_("Give the query a title, by which you will know it again.")
TITLE_TOO_LONG = N_("A title has {most} characters at most.")
NO_VERSION = N_("this query has no version {number}")


@dataclass(frozen=True)
class StoredQuery:
    """A query that has a short address, with the saved query that it is a version of, if any."""

    name: str
    parameters: QueryParameters
    saved: SavedQuery | None = None
    version: SavedVersion | None = None


def owner_of(identity: Identity | None) -> str | None:
    """Return whose queries a reader has: a person's own, or those of a party's programs."""
    return None if identity is None else identity.author.person or identity.reader.iri


def require_owner(identity: Identity) -> str:
    owner = owner_of(identity)
    if owner is None:
        raise UsageError(N_("Queries are saved by people and by programs of an organisation."))
    return owner


def save_query(  # noqa: PLR0913 - a saved query has as many parts
    settings: Settings,
    shares: Shares,
    identity: Identity,
    query: QueryParameters,
    title: Mapping[str, str],
    *,
    generation: int | None = None,
    is_public: bool = False,
    name: str = "",
) -> SavedQuery:
    """Save a query, as a new one or as the next version of that of an id.

    Raises `QueryError` for a text that is no query, `UsageError` for a wrong title, `ShareError`
    for a reader who has no share left, `UnknownThing` for a query that is not the reader's, and
    `LimitError` where there is no room.
    """
    owner, titles = require_owner(identity), read_title(title)
    check_stored_query(settings, query)
    shares.require_site(identity.reader)
    shares.charge_site(identity.reader, SECONDS)
    version = SavedVersion(1, titles, query, generation, clock.machine_time())
    queries = SavedQueries(settings.data)
    if name:
        return queries.add_version(name, owner, version)
    return queries.add(owner, version, is_public=is_public)


def read_title(title: Mapping[str, str]) -> dict[str, str]:
    """Return the title in each language, in the other one where it is in one only."""
    texts = {lang: " ".join(title.get(lang, "").split()) for lang in LANGUAGES}
    if not any(texts.values()):
        raise UsageError(NO_TITLE)
    if max(map(len, texts.values())) > LONGEST_TITLE:
        raise UsageError(TITLE_TOO_LONG, most=LONGEST_TITLE)
    written = {lang: text for lang, text in texts.items() if text}
    return {lang: choose_text(lang, written) for lang in LANGUAGES}


def find_stored_query(
    settings: Settings, name: str, identity: Identity | None, number: str = ""
) -> StoredQuery:
    """Return the query of a short address, as far as the reader may know it.

    Of a saved query, `number` chooses a version, whose published version then answers; by default
    the last answers from what is published today. Raises `UnknownThing`.
    """
    try:
        saved = SavedQueries(settings.data).require(name, owner_of(identity))
    except UnknownThing:
        if number:
            raise UnknownThing(NO_LINK, id=name) from None
        return StoredQuery(name, ShortLinks(settings.data).require(name))
    if not number:
        return StoredQuery(name, saved.last.query, saved, saved.last)
    version = next((v for v in saved.versions if str(v.number) == number), None)
    if version is None:
        raise UnknownThing(NO_VERSION, number=number[:10])
    parameters = dict(version.query)
    if version.generation is not None:
        parameters["generation"] = [str(version.generation)]
    return StoredQuery(name, parameters, saved, version)


def delete_query(
    settings: Settings, name: str, owner: str | None, *, decides: bool = False
) -> None:
    """Delete a query of an owner, or any public one for who decides; raises `UnknownThing`."""
    queries = SavedQueries(settings.data)
    saved = queries.require(name, owner)
    if saved.owner != owner and not decides:
        raise UnknownThing(NO_LINK, id=name)
    queries.delete(name, saved.owner)


def saved_query_to_json(settings: Settings, saved: SavedQuery) -> dict[str, Any]:
    address = f"{settings.base}q/{saved.id}"
    return {
        "id": saved.id,
        "address": address,
        "public": saved.is_public,
        "title": dict(saved.last.title),
        "question": saved.question or None,
        "versions": [
            {
                "number": version.number,
                "address": f"{address}?version={version.number}",
                "title": dict(version.title),
                "saved": version.at.isoformat(timespec="seconds"),
                "generation": version.generation,
                "query": version.query["query"][0],
            }
            for version in saved.versions
        ],
    }
