"""The names of datasets, partners and authors on the steward's pages."""

from collections.abc import Mapping

from flask import request

from parvis.errors import NothingPublished
from parvis.ledger import Author
from parvis.web.http.access import host, reader_of
from parvis.web.http.language import localise


def subject_titles() -> dict[str, Mapping[str, str]]:
    """Return the titles of datasets and the names of partners, by key or slug.

    What is not published has none.
    """
    try:
        partners = host().snapshot().partners
        cards = host().datasets(reader_of(request))
    except NothingPublished:
        return {}
    titles: dict[str, Mapping[str, str]] = {str(card.key): card.title for card in cards}
    return titles | {slug: card.name for slug, card in partners.items()}


def author_name(author: Author) -> Mapping[str, str]:
    """Return the name of an author's party; empty for the command line."""
    return host().names(author.party) if author.party else {}


def dataset_choices() -> list[tuple[str, str]]:
    """Return the datasets that are published, by key and title, for a pick-list."""
    titles = {key: localise(title) for key, title in subject_titles().items() if "/" in key}
    return sorted(titles.items(), key=lambda pair: pair[1].casefold())


def partner_choices() -> list[tuple[str, str]]:
    """Return the partners that are published, by slug and name, for a pick-list."""
    names = {key: localise(name) for key, name in subject_titles().items() if "/" not in key}
    return sorted(names.items(), key=lambda pair: pair[1].casefold())
