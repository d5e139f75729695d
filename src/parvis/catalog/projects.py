"""Parties of the pool that contribute no data, the files of agreements, and pooling projects."""

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, ODRL2, ORG, RDF
from rdflib.term import Node

from parvis.catalog.entries import (
    Partner,
    refuse_names_of_datasets,
    require_single_subject,
    slug_of,
)
from parvis.catalog.turtle import SubjectReader, read_turtle
from parvis.errors import CatalogError
from parvis.governance import Policies
from parvis.i18n import N_
from parvis.vocab.iris import Iris
from parvis.vocab.namespaces import PARVIS, SCHEMA

FOLDER = "projects"

BAD_DATE = N_("{file}: {subject}: {term} is no date (xsd:date)")
BAD_CLOSING = N_("{file}: {subject}: {term} is no date and time with its offset from UTC")
BAD_BUDGET = N_(
    "{file}: {subject}: {term} is no number above 0 and at most {most}: write it as 1 or 0.5"
)
DEFAULT_BUDGET = Decimal(1)
"""The ε a year of a project whose record says none."""
MOST_BUDGET = 10
"""The largest ε a year that a project may choose: beyond it, nothing would be protected."""
ELSEWHERE = N_("{file}: the project {value} is not named <id/project/…> with a–z, 0–9 and hyphens")
NO_PROJECT = N_("agreement {agreement}: there is no project {project}")
NO_MEMBER = N_("agreement {agreement}: {party} is no member of the project {project}")
TWICE = N_("agreement {agreement}: {party} has two agreements in the project {project}")


@dataclass(frozen=True)
class Project:
    """A pooling project.

    `needs` are what members expect of it: the party, then the text by language. The project is
    over from the instant `closed`; `learned` then contains its lessons, by language. With a
    `key_holder`, by language, it may open rounds of distinct people, which spend `people_budget`
    (ε, in decimals) a year at most.
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
    key_holder: dict[str, str] | None = None
    people_budget: str = str(DEFAULT_BUDGET)

    @property
    def epsilon_of_year(self) -> Decimal:
        return Decimal(self.people_budget)


def read_project_files(folder: Path, iris: Iris) -> Graph:
    """Read the files of projects into one graph; raises `CatalogError` naming the file."""
    graph = Graph()
    for file in sorted((folder / FOLDER).glob("*.ttl")):
        file_graph = read_turtle(file, iris.base)
        refuse_names_of_datasets(file_graph, file, iris)
        graph += file_graph
    return graph


def projects_in(graph: Graph, file: Path, iris: Iris) -> dict[str, Project]:
    """Read the projects of a catalogue's graph, by slug; `file` is named where one is wrong."""
    nodes = sorted(set(graph.subjects(RDF.type, PARVIS.PoolingProject)), key=str)
    return {
        project.slug: project
        for project in (_read_project(graph, node, file, iris) for node in nodes)
    }


def refuse_unfit_agreements(
    policies: Policies, projects: Iterable[Project], third_party: str, parties: Iterable[str]
) -> None:
    """Refuse agreements with a missing project, or of a party that is not a member of it.

    A partner has one agreement in a project; the third party may have one with each of `parties`,
    its readers. Raises `CatalogError`.
    """
    by_iri, readers = {project.iri: project for project in projects}, set(parties)
    seen: set[tuple[str, str, frozenset[str]]] = set()
    for agreement in policies.agreements:
        if agreement.project is None:
            continue
        party, project = agreement.assigner, agreement.project
        fields = {"agreement": agreement.iri, "party": party, "project": project}
        if project not in by_iri:
            raise CatalogError(NO_PROJECT, **fields)
        if party not in {third_party, *by_iri[project].members}:
            raise CatalogError(NO_MEMBER, **fields)
        identity = (project, party, frozenset(r.assignee for r in agreement.rules) & readers)
        if identity in seen:
            raise CatalogError(TWICE, **fields)
        seen.add(identity)


def _read_project(graph: Graph, node: Node, file: Path, iris: Iris) -> Project:
    about = SubjectReader(graph, node, file)
    start = iris.thing("project", "")
    slug = str(node).removeprefix(start)
    if not str(node).startswith(start) or not slug.replace("-", "").isalnum():
        raise CatalogError(ELSEWHERE, file=file, value=node)
    needs = []
    # A need is stated in the member's own words, or by another party on its behalf.
    for need in about.nodes(PARVIS.need):
        stated, member = about.about(need), graph.value(need, DCTERMS.subject)
        party = str(member) if isinstance(member, URIRef) else stated.iri(PARVIS.statedBy)
        needs.append((party, stated.texts(DCTERMS.description)))
    closed: datetime | None = None
    if graph.value(node, PARVIS.closed) is not None:
        value = about.value(PARVIS.closed)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise CatalogError(BAD_CLOSING, file=file, subject=node, term=PARVIS.closed)
        closed = value
    return Project(
        slug=slug,
        iri=str(node),
        title=about.texts(DCTERMS.title),
        objective=about.texts(PARVIS.objective),
        start=_read_day(about, SCHEMA.startDate),
        end=_read_day(about, SCHEMA.endDate),
        carrier=about.iri(PARVIS.carrier),
        members=tuple(sorted(map(str, graph.objects(node, ORG.hasMember)))),
        needs=tuple(needs),
        charter=about.iri(PARVIS.charter),
        closed=closed,
        learned=about.texts(PARVIS.learned) if closed else None,
        key_holder=about.texts(PARVIS.keyHolder) if about.value(PARVIS.keyHolder) else None,
        people_budget=_read_budget(about),
    )


def _read_budget(about: SubjectReader) -> str:
    value = about.value(PARVIS.peopleBudget)
    if value is None:
        return str(DEFAULT_BUDGET)
    if not isinstance(value, Decimal | int) or not 0 < value <= MOST_BUDGET:
        fields = {"file": about.file, "subject": about.subject, "term": PARVIS.peopleBudget}
        raise CatalogError(BAD_BUDGET, most=MOST_BUDGET, **fields)
    return str(value)


def _read_day(about: SubjectReader, step: URIRef) -> date:
    value = about.value(step)
    if value is None:
        raise about.missing_error(step)
    if not isinstance(value, date) or isinstance(value, datetime):
        raise CatalogError(BAD_DATE, file=about.file, subject=about.subject, term=step)
    return value


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
    "{file}: the text has changed since it was signed (its hash is {value}, not {expected}): draft"
    " a new version and sign it"
)

_IN_FORCE = re.compile(r"agreement(?:-(?P<project>[a-z0-9][a-z0-9-]*))?\.ttl")


def agreement_file(folder: Path, project: str | None, state: str = "") -> Path:
    """Return the path of an agreement's file; `state` is empty, ``draft`` or ``v2``."""
    stem = f"agreement-{project}" if project else "agreement"
    return folder / (f"{stem}.{state}.ttl" if state else f"{stem}.ttl")


def agreement_files(folder: Path) -> list[Path]:
    """Return the files of a party's agreements that are in force."""
    return [
        file for file in sorted(folder.glob("agreement*.ttl")) if _IN_FORCE.fullmatch(file.name)
    ]


def project_of(file: Path) -> str | None:
    """Return the project in the name of an agreement's file."""
    match = _IN_FORCE.fullmatch(file.name)
    return match["project"] if match else None


def read_agreements(folder: Path, base: str) -> list[tuple[Path, Graph]]:
    """Read a party's agreements that are in force.

    Raises `CatalogError` naming the file, also for a text that is not the one that was signed.
    """
    agreements = []
    for file in agreement_files(folder):
        graph = read_turtle(file, base)
        actual = hash_of(text_of(file.read_text(encoding="utf-8")))
        for expected in graph.objects(None, PARVIS.textHash):
            if str(expected) != actual:
                raise CatalogError(ALTERED, file=file, value=actual, expected=expected)
        agreements.append((file, graph))
    return agreements


def text_of(content: str) -> str:
    """Return the text of an agreement without its signature."""
    text, mark, _ = content.partition(f"\n{SIGNATURE}")
    return f"{text}\n" if mark else text


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


TWO_PARTIES = N_("{file} stands beside a partner.ttl: a folder is that of one party")
OTHER_ASSIGNER = N_("{file}: the assigner is {value}, which is not the third party")
OTHER_ASSIGNEE = N_("{file}: a rule is about {value}, but the folder is that of another party")
OTHER_TARGET = N_("{file}: the agreement speaks of {value}, which is no dataset of the third party")


@dataclass(frozen=True)
class Party:
    """A party that only reads: it has no datasets and, unlike partners, is not on the site."""

    slug: str
    iri: str
    names: dict[str, str]
    folder: Path
    metadata: Graph = field(repr=False, compare=False)


def read_parties(folder: Path, iris: Iris) -> dict[str, Party]:
    """Read the folders of reading parties; raises `CatalogError` naming the file."""
    files = sorted(folder.glob("*/party.ttl"))
    return {file.parent.name: _read_party(file, iris) for file in files}


def _read_party(file: Path, iris: Iris) -> Party:
    folder = file.parent
    if (folder / "partner.ttl").exists():
        raise CatalogError(TWO_PARTIES, file=file)
    iri = iris.thing("party", slug_of(folder))
    graph = read_turtle(file, iris.base)
    about = require_single_subject(graph, FOAF.Agent, iri, file)
    return Party(folder.name, iri, about.texts(SCHEMA.name), folder, graph)


def read_agreement_with(
    party: Party, third_party: Partner, datasets: AbstractSet[str], iris: Iris
) -> Graph:
    """Read what the third party grants a reader, about `datasets` of its own.

    What partners open to the reader is in their own agreements. Raises `CatalogError`.
    """
    agreements = Graph()
    for file, graph in read_agreements(party.folder, iris.base):
        require_among(graph, ODRL2.assigner, {third_party.iri}, OTHER_ASSIGNER, file=file)
        require_among(graph, ODRL2.assignee, {party.iri}, OTHER_ASSIGNEE, file=file)
        require_among(graph, ODRL2.target, datasets, OTHER_TARGET, file=file)
        agreements += graph
    return agreements


def require_among(
    graph: Graph, step: URIRef, allowed: AbstractSet[str], template: str, **fields: object
) -> None:
    """Refuse an object of a property that is not among some IRIs; raises `CatalogError`."""
    for term in graph.objects(None, step):
        if str(term) not in allowed:
            raise CatalogError(template, value=term, **fields)
