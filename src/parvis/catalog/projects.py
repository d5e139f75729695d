"""Pooling projects: who pools what for, until when, under which charter, and what came of it.

A project stands in ``catalog.ttl`` or in a file of its own, ``projects/<slug>.ttl``; beside that,
``projects/<slug>.closing.ttl`` says when it was closed and what was learned.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, ORG, RDF
from rdflib.term import Node

from parvis.catalog.entries import refuse_names_of_datasets
from parvis.catalog.turtle import Described, read_turtle
from parvis.errors import CatalogError
from parvis.governance import Policies
from parvis.i18n import N_
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PARVIS, SCHEMA

FOLDER = "projects"

BAD_DATE = N_("{file}: {subject}: {term} is no date (xsd:date)")
BAD_CLOSING = N_("{file}: {subject}: {term} is no date and time with its offset from UTC")
ELSEWHERE = N_("{file}: the project {found} is not named <id/project/…> with a–z, 0–9 and hyphens")
NO_PROJECT = N_("agreement {agreement}: there is no project {project}")
NO_MEMBER = N_("agreement {agreement}: {party} is no member of the project {project}")
TWICE = N_("agreement {agreement}: {party} has two agreements in the project {project}")


@dataclass(frozen=True)
class Project:
    """One pooling project.

    `needs` are what members expect of it: the party, then the text by language. From the instant
    `closed` on it is over; `learned` then says what was learned, by language.
    """

    slug: str
    iri: str
    title: dict[str, str]
    objective: dict[str, str]
    start: date
    end: date
    carrier: str
    members: tuple[str, ...]
    needs: tuple[tuple[str, dict[str, str]], ...]
    charter: str
    closed: datetime | None = None
    learned: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the project as plain data."""
        return vars(self) | {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "closed": self.closed and self.closed.isoformat(),
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        told = {
            "start": date.fromisoformat(found["start"]),
            "end": date.fromisoformat(found["end"]),
            "members": tuple(found["members"]),
            "needs": tuple((party, text) for party, text in found["needs"]),
            "closed": found["closed"] and datetime.fromisoformat(found["closed"]),
        }
        return cls(**{**found, **told})


def project_files(folder: Path) -> list[Path]:
    """List the files of projects in a catalogue folder."""
    return sorted((folder / FOLDER).glob("*.ttl"))


def read_project_files(folder: Path, iris: Iris) -> Graph:
    """Read the files of projects into one graph; raises `CatalogError` naming the file."""
    graph = Graph()
    for file in project_files(folder):
        found = read_turtle(file, iris.base)
        refuse_names_of_datasets(found, file, iris)
        graph += found
    return graph


def projects_in(graph: Graph, file: Path, iris: Iris) -> dict[str, Project]:
    """Read the projects of a catalogue's graph, by slug; `file` is named where one is wrong."""
    nodes = sorted(set(graph.subjects(RDF.type, PARVIS.PoolingProject)), key=str)
    return {one.slug: one for one in (_project(graph, node, file, iris) for node in nodes)}


def refuse_unfit_agreements(
    policies: Policies, projects: Iterable[Project], host: str, parties: Iterable[str]
) -> None:
    """Refuse agreements of projects that are not there, or of who is no member.

    A partner has one agreement in a project; the third party may have one with each of `parties`,
    its readers. Raises `CatalogError`.
    """
    known, readers = {one.iri: one for one in projects}, set(parties)
    seen: set[tuple[str, str, frozenset[str]]] = set()
    for one in policies.agreements:
        if one.project is None:
            continue
        told = {"agreement": one.iri, "party": one.assigner, "project": one.project}
        if one.project not in known:
            raise CatalogError(NO_PROJECT, **told)
        if one.assigner not in {host, *known[one.project].members}:
            raise CatalogError(NO_MEMBER, **told)
        mine = (one.project, one.assigner, frozenset(r.assignee for r in one.rules) & readers)
        if mine in seen:
            raise CatalogError(TWICE, **told)
        seen.add(mine)


def _project(graph: Graph, node: Node, file: Path, iris: Iris) -> Project:
    about = Described(graph, node, file)
    start = iris.thing("project", "")
    slug = str(node).removeprefix(start)
    if not str(node).startswith(start) or not slug.replace("-", "").isalnum():
        raise CatalogError(ELSEWHERE, file=file, found=node)
    ended = graph.value(node, PARVIS.closed) is not None
    return Project(
        slug=slug,
        iri=str(node),
        title=about.texts(DCTERMS.title),
        objective=about.texts(PARVIS.objective),
        start=_day(about, SCHEMA.startDate),
        end=_day(about, SCHEMA.endDate),
        carrier=about.iri(PARVIS.carrier),
        members=tuple(sorted(map(str, graph.objects(node, ORG.hasMember)))),
        needs=tuple(_needs(graph, node, file)),
        charter=about.iri(PARVIS.charter),
        closed=_instant(about) if ended else None,
        learned=about.texts(PARVIS.learned) if ended else None,
    )


def _needs(graph: Graph, project: Node, file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Read what members need, each in its words, or in those of who states it for it."""
    for need in sorted(graph.objects(project, PARVIS.need), key=str):
        about = Described(graph, need, file)
        whose = graph.value(need, DCTERMS.subject)
        party = str(whose) if isinstance(whose, URIRef) else about.iri(PARVIS.statedBy)
        yield party, about.texts(DCTERMS.description)


def _day(about: Described, step: URIRef) -> date:
    found = about.maybe(step)
    if found is None:
        raise about.lacks(step)
    if not isinstance(found, date) or isinstance(found, datetime):
        raise CatalogError(BAD_DATE, file=about.file, subject=about.subject, term=step)
    return found


def _instant(about: Described) -> datetime:
    found = about.maybe(PARVIS.closed)
    if not isinstance(found, datetime) or found.tzinfo is None:
        told = {"subject": about.subject, "term": PARVIS.closed}
        raise CatalogError(BAD_CLOSING, file=about.file, **told)
    return found
