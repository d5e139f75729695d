"""The versions of a dataset: each content that it had, with what changed (DCAT 3 §11)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV, SKOS

from parvis.catalog.turtle import SubjectWriter
from parvis.i18n import LANGUAGES, N_, both, choose_text, say
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import ADMS, DCAT3
from parvis.vocab.streams import AS

FIRST = N_("first version")
CHANGED = N_("entities: {added} added, {changed} changed, {gone} gone")
RETURNED = N_("given again after its withdrawal of {day}")
STALE = N_("to be made anew: what it was derived from was deleted on {day}")


@dataclass(frozen=True)
class DatasetVersion:
    """A content of a dataset, under a permanent label: its day, numbered from the second on.

    `changes` counts the entities ``added``, ``changed`` and ``gone`` since the version before;
    `returned` is the day until which the dataset had been withdrawn, `stale` the instant since
    which it is to be made anew, for what it was derived from was deleted.
    """

    label: str
    issued: datetime
    changes: dict[str, int] | None = None
    returned: str | None = None
    stale: str | None = None

    @property
    def notes(self) -> dict[str, str]:
        if self.stale:
            return both(STALE, day=self.stale[:10])
        if self.returned:
            return both(RETURNED, day=self.returned[:10])
        return both(FIRST) if self.changes is None else both(CHANGED, **self.changes)


def describe_versions(
    graph: Graph, key: DatasetKey, versions: Sequence[DatasetVersion], iris: Iris, *, public: bool
) -> None:
    """Describe a dataset's version, and those before it, the oldest first in `versions`."""
    # No version is typed as a dataset, which harvesters would take it for. Changes are left out
    # unless `public`: a reader without access to a dataset may not read its counts.
    if not versions:
        return
    dataset, former = SubjectWriter(graph, iris.dataset(key)), None
    for version in versions:
        add = SubjectWriter(graph, iris.thing("version", f"{key}/{version.label}"), PROV.Entity)
        add(DCAT3.isVersionOf, dataset.subject)
        add(DCTERMS.issued, version.issued)
        _add_version(add, version, former, public=public)
        before, former = former, add.subject
    _add_version(dataset, versions[-1], before, public=public)


def _add_version(
    add: SubjectWriter, version: DatasetVersion, former: URIRef | None, *, public: bool
) -> None:
    add.graph.set((add.subject, DCAT3.version, Literal(version.label)))
    add(DCAT3.previousVersion, former)
    if version.stale:
        add(PROV.invalidatedAtTime, datetime.fromisoformat(version.stale))
    if public:
        add.texts(ADMS.versionNotes, version.notes)


# The tombstone of a withdrawn dataset: that it existed, until when, and why it was withdrawn.

WITHDRAWN = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")


@dataclass(frozen=True)
class Tombstone:
    """A dataset that was withdrawn, at an instant with its offset; texts are by language.

    `public` says whether everyone could discover it then: else its existence stays hidden.
    """

    key: DatasetKey
    iri: str
    title: dict[str, str]
    withdrawn: datetime
    reason: dict[str, str] = field(default_factory=dict)
    public: bool = False

    def to_graph(self) -> Graph:
        # It is not a `dcat:Dataset`: harvesters would take it for one.
        add = SubjectWriter(Graph(), self.iri, AS.Tombstone)
        add(AS.formerType, DCAT.Dataset)
        add(AS.deleted, self.withdrawn)
        add(PROV.invalidatedAtTime, self.withdrawn)
        add(ADMS.status, WITHDRAWN)
        add(DCTERMS.identifier, self.iri)
        add.texts(DCTERMS.title, self.title)
        add.texts(SKOS.changeNote, self.reason)
        return add.graph


# How a version of a dataset is cited, in words and for BibTeX.

CITATION = N_("{author} ({year}). {title}, version {version} [dataset]. {pool}. {address}")
_SPECIAL = re.compile(r"[\\{}]")
_MARKED = re.compile(r"[#$%&_~^]")


@dataclass(frozen=True)
class Citation:
    """The parts of a citation; texts are by language."""

    key: str
    author: dict[str, str]
    title: dict[str, str]
    pool: dict[str, str]
    address: str

    def text(self, version: DatasetVersion) -> dict[str, str]:
        return {
            lang: say(lang, CITATION, **self._citation_fields(lang, version)) for lang in LANGUAGES
        }

    def bibtex(self, version: DatasetVersion) -> dict[str, str]:
        key = f"{self.key.replace('/', '-')}-{version.label}"
        entries: dict[str, str] = {}
        for lang in LANGUAGES:
            fields = self._citation_fields(lang, version)
            # What TeX would interpret is escaped.
            entry = {
                "author": f"{{{_escape_tex(fields['author'])}}}",
                "title": f"{{{_escape_tex(fields['title'])}}}",
                "year": fields["year"],
                "version": fields["version"],
                "publisher": _escape_tex(fields["pool"]),
                "url": fields["address"],
            }
            lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items())
            entries[lang] = f"@misc{{{key},\n{lines}\n}}"
        return entries

    def _citation_fields(self, lang: str, version: DatasetVersion) -> dict[str, str]:
        texts = {"author": self.author, "title": self.title, "pool": self.pool}
        localized = {name: choose_text(lang, text) for name, text in texts.items()}
        year = str(version.issued.year)
        return localized | {"year": year, "version": version.label, "address": self.address}


def _escape_tex(text: str) -> str:
    r"""Write a text for TeX.

    >>> _escape_tex("R&D {x}")
    'R\\&D x'
    """
    return _MARKED.sub(r"\\\g<0>", _SPECIAL.sub("", text))
