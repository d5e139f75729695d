"""The frame of what is published: its projects, and why a reader may or may not read a dataset."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rdflib import Graph

from parvis.catalog import Project
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.serving.access import Verdict
from parvis.pooling.serving.service import DatasetCard, Host
from parvis.vocab.iris import DatasetKey

__all__ = ["Project", "Verdict", "explained", "project", "project_graph", "projects"]

NO_PROJECT = N_("there is no project {slug}")


def explained(
    host: Host, reader: Reader, cards: Iterable[DatasetCard]
) -> dict[DatasetKey, Verdict]:
    """Say of each dataset whether a reader who is signed in may read it, and by which rule.

    To an anonymous reader nothing is explained: each page says who may read.
    """
    if reader.iri is None:
        return {}
    published, now = host.published(), datetime.now(UTC)
    return {card.key: published.explained(card, reader, now) for card in cards}


def projects(host: Host) -> list[Project]:
    """Give the pooling projects, the one that began last first."""
    found = host.published().projects.values()
    return sorted(found, key=lambda one: one.start, reverse=True)


def project(host: Host, slug: str) -> Project:
    """Give a pooling project; raises `UnknownThing`."""
    found = host.published().projects.get(slug)
    if found is None:
        raise UnknownThing(NO_PROJECT, slug=slug)
    return found


def project_graph(host: Host, slug: str) -> Graph:
    """Give a pooling project as RDF, with the needs of its members; raises `UnknownThing`."""
    return host.published().project(project(host, slug).slug)
