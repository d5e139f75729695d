"""Edit the records of partners, parties, datasets and projects: only the statements of a form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, ORG, XSD, Namespace

from parvis.catalog.codelists import scheme
from parvis.catalog.entries import Partner
from parvis.catalog.folder import broader_purposes
from parvis.catalog.projects import DEFAULT_BUDGET
from parvis.config import Settings
from parvis.errors import UsageError
from parvis.i18n import LANGUAGES, N_
from parvis.ledger import Author
from parvis.pooling.stewardship.entries import (
    Texts,
    load_catalog,
    read_key_holder,
    read_people_budget,
    render_draft,
    require_party,
)
from parvis.pooling.stewardship.onboarding import PURPOSES
from parvis.pooling.stewardship.texts.changes import change_texts, require_reason
from parvis.pooling.texts.statements import Terms, replace_statements
from parvis.pooling.texts.writing import read_text
from parvis.rdf.literals import read_texts
from parvis.vocab.iris import DatasetKey
from parvis.vocab.namespaces import PARVIS, PREFIXES, SCHEMA

DPV = Namespace(PREFIXES["dpv"])
NO_TEXT = N_("write each text in French and in English: nothing was written")
BAD_ADDRESS = N_("“{text}” is no address of the Web: it begins with https:// or http://")
BAD_DAY = N_("“{text}” is no day, such as 2027-06-30")
BAD_PURPOSE = N_("“{text}” is no purpose of the vocabulary of purposes")
MOVED = N_("the text of {path} is not there any more")
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+")

Predicates = dict[URIRef, Terms]


@dataclass(frozen=True)
class DatasetFields:
    """What a form says of a dataset; addresses are IRIs, empty for none."""

    title: Texts
    description: Texts
    licence: str
    theme: str = ""
    frequency: str = ""
    purpose: str = ""
    responsible: str = ""


@dataclass(frozen=True)
class ProjectFields:
    """What a form says of a project; `needs` are those of members, by their names.

    Without a `key_holder` the project counts no distinct people; without a `people_budget` it has
    that of every project.
    """

    title: Texts
    objective: Texts
    start: str
    end: str
    members: Sequence[str]
    needs: Mapping[str, Texts] = field(default_factory=dict)
    key_holder: Texts = field(default_factory=dict)
    people_budget: str = ""


def edit_party(  # noqa: PLR0913, PLR0917 - a record has as many parts, and its author
    settings: Settings,
    party: str,
    names: Texts,
    kind: str,
    url: str,
    author: Author,
    reason: str,
    expected: str | None = None,
) -> list[Path]:
    """Change the names, the kind and the Web site of a partner, or of a party that only reads."""
    member = require_party(load_catalog(settings), party)
    iri = URIRef(member.iri)
    kind_iri = scheme("organization-type").require(kind) if kind.strip() else ""
    predicates: Predicates = {
        SCHEMA.name: _texts(names),
        PARVIS.organizationType: [URIRef(kind_iri)] if kind_iri else [],
        SCHEMA.url: _addresses(url),
    }
    path = f"{member.slug}/party.ttl"
    if isinstance(member, Partner):
        path = f"{member.slug}/partner.ttl"
        predicates[FOAF.name] = _texts(names)
    return _edit(settings, path, {iri: predicates}, author, reason, expected)


def edit_dataset(  # noqa: PLR0913, PLR0917 - the same
    settings: Settings,
    key: DatasetKey,
    fields: DatasetFields,
    author: Author,
    reason: str,
    expected: str | None = None,
) -> list[Path]:
    """Change the record of a dataset."""
    catalog = load_catalog(settings)
    dataset = catalog.require(key)
    purpose = fields.purpose.strip()
    if purpose in PURPOSES:
        purpose = str(DPV[PURPOSES[purpose]])
    if purpose and purpose not in broader_purposes():
        raise UsageError(BAD_PURPOSE, text=fields.purpose)
    responsible = fields.responsible.strip()
    if responsible:
        responsible = catalog.require_partner(responsible).iri
    predicates: Predicates = {
        DCTERMS.title: _texts(fields.title),
        DCTERMS.description: _texts(fields.description),
        DCTERMS.license: _addresses(fields.licence),
        DCAT.theme: _addresses(fields.theme),
        DCTERMS.accrualPeriodicity: _addresses(fields.frequency),
        DPV.hasPurpose: _addresses(purpose),
        DPV.hasResponsibleEntity: _addresses(responsible),
    }
    path = f"{key}/dataset.ttl"
    return _edit(settings, path, {URIRef(dataset.iri): predicates}, author, reason, expected)


def edit_project(  # noqa: PLR0913, PLR0917 - the same
    settings: Settings,
    slug: str,
    fields: ProjectFields,
    author: Author,
    reason: str,
    expected: str | None = None,
) -> list[Path]:
    """Change a project: its texts, dates, members, and the needs that they have stated."""
    catalog = load_catalog(settings)
    project = catalog.require_project(slug)
    iri, path = URIRef(project.iri), find_project_text(settings, slug)
    key_holder = read_key_holder(fields.key_holder)
    members = [URIRef(catalog.require_partner(name).iri) for name in fields.members]
    changes: dict[URIRef, Predicates] = {
        iri: {
            DCTERMS.title: _texts(fields.title),
            PARVIS.objective: _texts(fields.objective),
            SCHEMA.startDate: [Literal(read_day(fields.start), datatype=XSD.date)],
            SCHEMA.endDate: [Literal(read_day(fields.end), datatype=XSD.date)],
            ORG.hasMember: members,
            PARVIS.keyHolder: [Literal(line, lang=lang) for lang, line in key_holder.items()],
        }
    }
    budget = read_people_budget(fields.people_budget)
    # The form shows the budget also where the text says none: unchanged, it is not written, and it
    # leaves with the key holder.
    if (budget or DEFAULT_BUDGET) != project.epsilon_of_year:
        changes[iri][PARVIS.peopleBudget] = [] if budget is None else [Literal(budget)]
    elif not key_holder:
        changes[iri][PARVIS.peopleBudget] = []
    text = read_text(settings.catalog / path) or ""
    graph = Graph().parse(data=text, format="turtle", publicID=settings.base)
    additions = ""
    for name, words in fields.needs.items():
        stated = {lang: " ".join(text.split()) for lang, text in words.items()}
        if not any(stated.values()):
            continue
        node = _find_need(graph, iri, URIRef(catalog.require_partner(name).iri))
        if node is None:
            additions += render_draft("need.ttl", project=slug, member=name, words=stated)
            _texts(stated)
        else:
            changes[node] = {DCTERMS.description: _texts(stated)}
    return _edit(settings, path, changes, author, reason, expected, additions)


def find_project_text(settings: Settings, slug: str) -> str:
    """Return the path of the text that describes a project: its own, else the catalogue's."""
    path = f"projects/{slug}.ttl"
    return path if (settings.catalog / path).is_file() else "catalog.ttl"


def read_need(graph: Graph, project: str, party: str) -> Texts:
    """Return the need of a member as a project's text states it; empty texts for none."""
    node = _find_need(graph, URIRef(project), URIRef(party))
    texts = {} if node is None else read_texts(graph, node, DCTERMS.description)
    return {lang: texts.get(lang, "") for lang in LANGUAGES}


def _find_need(graph: Graph, project: URIRef, party: URIRef) -> URIRef | None:
    for node in graph.objects(project, PARVIS.need):
        subject = graph.value(node, DCTERMS.subject) or graph.value(node, PARVIS.statedBy)
        if subject == party and isinstance(node, URIRef):
            return node
    return None


def _edit(  # noqa: PLR0913, PLR0917 - a change has as many parts
    settings: Settings,
    path: str,
    changes: Mapping[URIRef, Mapping[URIRef, Terms]],
    author: Author,
    reason: str,
    expected: str | None,
    additions: str = "",
) -> list[Path]:
    reason = require_reason(reason)
    text = read_text(settings.catalog / path)
    if text is None:
        raise UsageError(MOVED, path=path)
    edited = replace_statements(path, text, settings.base, changes) + additions
    seen = {} if expected is None else {path: expected}
    return change_texts(settings, {}, {path: edited}, author, reason, expected=seen)


def _texts(texts: Texts) -> list[URIRef | Literal]:
    lines = {lang: " ".join(texts.get(lang, "").split()) for lang in LANGUAGES}
    if not all(lines.values()):
        raise UsageError(NO_TEXT)
    return [Literal(line, lang=lang) for lang, line in lines.items()]


def _addresses(text: str) -> list[URIRef | Literal]:
    address = text.strip()
    if address and not _ADDRESS.fullmatch(address):
        raise UsageError(BAD_ADDRESS, text=address)
    return [URIRef(address)] if address else []


def read_day(text: str) -> date:
    """Return the day of a form's field; raises `UsageError`."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(BAD_DAY, text=text) from error
