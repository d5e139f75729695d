"""Parties of the pool that bring no data, the files of agreements, and pooling projects."""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, ODRL2, ORG, RDF
from rdflib.term import Node

from parvis.catalog.entries import Partner, only_one, refuse_names_of_datasets, slug_of
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


# Parties that read and give no data: researchers, platforms, each under its own agreement.

# The files of agreements in a party's folder: in force, drafted, former; and their signatures.
#
# ``agreement.ttl`` or ``agreement-<project>.ttl`` is in force; with ``.draft`` before its ending it
# is a draft, with ``.v1``, ``.v2``… a version that another has replaced: these two are not read.
#
# A signature stands at the end of a file, below a line of its own. It gives the SHA-256 of all that
# stands above that line, so that anyone can check it with ``sed '/^# ── Signature/,$d' |
# sha256sum``.

SIGNATURE = "# ── Signature ──"
"""The line above which an agreement's text ends."""

ALTERED = N_(
    "{file}: the text has changed since it was signed (its hash is {found}, not {expected}): draft"
    " a new version and sign it"
)

_IN_FORCE = re.compile(r"agreement(?:-(?P<project>[a-z0-9][a-z0-9-]*))?\.ttl")


def agreement_file(folder: Path, project: str | None, state: str = "") -> Path:
    """Name the file of an agreement; its `state` is ``""``, ``draft``, ``v1``, ``v2`` and so on."""
    stem = f"agreement-{project}" if project else "agreement"
    return folder / (f"{stem}.{state}.ttl" if state else f"{stem}.ttl")


def agreement_files(folder: Path) -> list[Path]:
    """List the files of a party's agreements that are in force."""
    return [one for one in sorted(folder.glob("agreement*.ttl")) if _IN_FORCE.fullmatch(one.name)]


def project_of(file: Path) -> str | None:
    """Give the project that the name of an agreement's file names."""
    found = _IN_FORCE.fullmatch(file.name)
    return found["project"] if found else None


def read_agreements(folder: Path, base: str) -> list[tuple[Path, Graph]]:
    """Read a party's agreements that are in force.

    Raises `CatalogError` naming the file, also for a text that is not the one that was signed.
    """
    return [(file, _signed(file, read_turtle(file, base))) for file in agreement_files(folder)]


def text_of(whole: str) -> str:
    """Give the text of an agreement without its signature."""
    text, mark, _ = whole.partition(f"\n{SIGNATURE}")
    return f"{text}\n" if mark else text


def hash_of(text: str) -> str:
    """Give the SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def _signed(file: Path, graph: Graph) -> Graph:
    """Hold a text against the hash that its signature gives."""
    actual = hash_of(text_of(file.read_text(encoding="utf-8")))
    for given in graph.objects(None, PARVIS.textHash):
        if str(given) != actual:
            raise CatalogError(ALTERED, file=file, found=actual, expected=given)
    return graph


TWO_PARTIES = N_("{file} stands beside a partner.ttl: a folder is that of one party")
OTHER_ASSIGNER = N_("{file}: the assigner is {found}, which is not the third party")
OTHER_ASSIGNEE = N_("{file}: a rule is about {found}, but the folder is that of another party")
OTHER_TARGET = N_("{file}: the agreement speaks of {found}, which is no dataset of the third party")


@dataclass(frozen=True)
class Party:
    """One who reads: it has no datasets, and unlike a partner it is not shown on the site."""

    slug: str
    iri: str
    names: dict[str, str]
    folder: Path
    described: Graph = field(repr=False, compare=False)


def read_party(folder: Path, iris: Iris) -> Party:
    """Read the folder of a party that only reads; raises `CatalogError` naming the file."""
    file = folder / "party.ttl"
    if (folder / "partner.ttl").exists():
        raise CatalogError(TWO_PARTIES, file=file)
    iri = iris.thing("party", slug_of(folder))
    graph = read_turtle(file, iris.base)
    about = only_one(graph, FOAF.Agent, iri, file)
    return Party(folder.name, iri, about.texts(SCHEMA.name), folder, graph)


def read_agreement_with(party: Party, host: Partner, theirs: AbstractSet[str], iris: Iris) -> Graph:
    """Read what the third party grants a reader: about `theirs`, its own datasets.

    What partners open to the reader stands in their own agreements. Raises `CatalogError`.
    """
    whole = Graph()
    for file, graph in read_agreements(party.folder, iris.base):
        _all_among(graph, ODRL2.assigner, {host.iri}, OTHER_ASSIGNER, file)
        _all_among(graph, ODRL2.assignee, {party.iri}, OTHER_ASSIGNEE, file)
        _all_among(graph, ODRL2.target, theirs, OTHER_TARGET, file)
        whole += graph
    return whole


def _all_among(
    graph: Graph, step: URIRef, allowed: AbstractSet[str], template: str, file: Path
) -> None:
    for found in graph.objects(None, step):
        if str(found) not in allowed:
            raise CatalogError(template, file=file, found=found)
