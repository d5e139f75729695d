"""Return pooling projects, and explain why a reader may or may not read a dataset."""

from collections.abc import Iterable

from rdflib import Graph

from parvis.catalog.projects import Project
from parvis.config import clock
from parvis.errors import UnknownThing
from parvis.governance import Reader
from parvis.i18n import N_
from parvis.pooling.serving.access import Verdict
from parvis.pooling.serving.service import DatasetCard, PoolService
from parvis.vocab.iris import DatasetKey

__all__ = ["Project", "Verdict", "explain_access", "find_project", "list_projects", "project_graph"]

NO_PROJECT = N_("there is no project {slug}")


def explain_access(
    host: PoolService, reader: Reader, cards: Iterable[DatasetCard]
) -> dict[DatasetKey, Verdict]:
    """Return for each dataset whether a signed-in reader may read it, and by which rule."""
    if reader.iri is None:
        return {}  # the pages of an anonymous reader show who may read instead
    published, now = host.snapshot(), clock.now()
    return {card.key: published.explain_access(card, reader, now) for card in cards}


def list_projects(host: PoolService) -> list[Project]:
    """Return the pooling projects, the latest to start first."""
    every_project = host.snapshot().projects.values()
    return sorted(every_project, key=lambda project: project.start, reverse=True)


def find_project(host: PoolService, slug: str) -> Project:
    """Return a pooling project; raises `UnknownThing`."""
    project = host.snapshot().projects.get(slug)
    if project is None:
        raise UnknownThing(NO_PROJECT, slug=slug)
    return project


def project_graph(host: PoolService, slug: str) -> Graph:
    """Return a pooling project as RDF, with the needs of its members; raises `UnknownThing`."""
    return host.snapshot().project(find_project(host, slug).slug)
