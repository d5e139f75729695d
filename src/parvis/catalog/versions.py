"""The versions of a dataset: each content that it had, with what changed (DCAT 3 §11)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS, PROV, RDF, SKOS

from parvis.catalog.provenance import instant
from parvis.i18n import LANGUAGES, N_, both, say
from parvis.vocab.iris import DatasetKey, Iris
from parvis.vocab.namespaces import ADMS, AS, DCAT3

FIRST = N_("first version")
CHANGED = N_("entities: {added} added, {changed} changed, {gone} gone")
RETURNED = N_("given again after its withdrawal of {day}")
STALE = N_("to be made anew: what it was derived from was deleted on {day}")


@dataclass(frozen=True)
class DatasetVersion:
    """One content of a dataset, under a label that stays: its day, numbered from the second on.

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
        """Say what is new, by language."""
        if self.stale:
            return both(STALE, day=self.stale[:10])
        if self.returned:
            return both(RETURNED, day=self.returned[:10])
        return both(FIRST) if self.changes is None else both(CHANGED, **self.changes)

    def to_json(self) -> dict[str, Any]:
        """Give the version as plain data."""
        return asdict(self) | {"issued": self.issued.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**found, "issued": datetime.fromisoformat(found["issued"])})


def describe_versions(
    graph: Graph, key: DatasetKey, versions: Sequence[DatasetVersion], iris: Iris, *, public: bool
) -> None:
    """Add a dataset's version, and those before it, the oldest first in `versions`.

    None is typed a dataset, for which harvesters would take it. What changed is told if `public`:
    who may not read a dataset may not read its counts.
    """
    if not versions:
        return
    this, former = URIRef(iris.dataset(key)), None
    for one in versions:
        version = URIRef(iris.thing("version", f"{key}/{one.label}"))
        graph.add((version, RDF.type, PROV.Entity))
        graph.add((version, DCAT3.isVersionOf, this))
        graph.add((version, DCTERMS.issued, instant(one.issued)))
        _tell(graph, version, one, former, public=public)
        before, former = former, version
    _tell(graph, this, versions[-1], before, public=public)


def _tell(
    graph: Graph, this: URIRef, version: DatasetVersion, former: URIRef | None, *, public: bool
) -> None:
    """Say of a dataset, or of its version, what the version is."""
    graph.set((this, DCAT3.version, Literal(version.label)))
    if former is not None:
        graph.add((this, DCAT3.previousVersion, former))
    if version.stale:
        graph.add((this, PROV.invalidatedAtTime, instant(datetime.fromisoformat(version.stale))))
    for lang, text in version.notes.items() if public else ():
        graph.add((this, ADMS.versionNotes, Literal(text, lang)))


# What stays of a dataset that was withdrawn: that it was here, until when, and why it went.

WITHDRAWN = URIRef("http://publications.europa.eu/resource/authority/dataset-status/WITHDRAWN")


@dataclass(frozen=True)
class Tombstone:
    """A dataset that was withdrawn, at an instant with its offset; texts are by language.

    `public` says whether everyone could know of it then: else nobody learns that it was there.
    """

    key: DatasetKey
    iri: str
    title: dict[str, str]
    withdrawn: datetime
    reason: dict[str, str] = field(default_factory=dict)
    public: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give the tombstone as plain data."""
        return asdict(self) | {"key": str(self.key), "withdrawn": self.withdrawn.isoformat()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        told = {
            "key": DatasetKey.parse(found["key"]),
            "withdrawn": datetime.fromisoformat(found["withdrawn"]),
        }
        return cls(**{**found, **told})

    def to_graph(self) -> Graph:
        """Give the tombstone as RDF: no `dcat:Dataset`, which harvesters would take for one."""
        graph, this = Graph(), URIRef(self.iri)
        for step, value in (
            (RDF.type, AS.Tombstone),
            (AS.formerType, DCAT.Dataset),
            (AS.deleted, instant(self.withdrawn)),
            (PROV.invalidatedAtTime, instant(self.withdrawn)),
            (ADMS.status, WITHDRAWN),
            (DCTERMS.identifier, Literal(self.iri)),
            *((DCTERMS.title, _text(*one)) for one in self.title.items()),
            *((SKOS.changeNote, _text(*one)) for one in self.reason.items()),
        ):
            graph.add((this, step, value))
        return graph


def _text(lang: str, text: str) -> Literal:
    """Write a text in its language, if it has one."""
    return Literal(text, lang or None)


# How a version of a dataset is cited, in words and for BibTeX.

CITED = N_("{author} ({year}). {title}, version {version} [dataset]. {pool}. {address}")
_SPECIAL = re.compile(r"[\\{}]")
_MARKED = re.compile(r"[#$%&_~^]")


@dataclass(frozen=True)
class Cited:
    """What a citation names; texts are by language."""

    key: str
    author: dict[str, str]
    title: dict[str, str]
    pool: dict[str, str]
    address: str

    def text(self, version: DatasetVersion) -> dict[str, str]:
        """Cite a version in words, by language."""
        return {lang: say(lang, CITED, **self._fields(lang, version)) for lang in LANGUAGES}

    def bibtex(self, version: DatasetVersion) -> dict[str, str]:
        """Cite a version for BibTeX, by language."""
        return {lang: self._bibtex(self._fields(lang, version)) for lang in LANGUAGES}

    def _bibtex(self, told: dict[str, str]) -> str:
        """Write an entry; what TeX would interpret is escaped."""
        key = f"{self.key.replace('/', '-')}-{told['version']}"
        fields = {
            "author": f"{{{_escaped(told['author'])}}}",
            "title": f"{{{_escaped(told['title'])}}}",
            "year": told["year"],
            "version": told["version"],
            "publisher": _escaped(told["pool"]),
            "url": told["address"],
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@misc{{{key},\n{lines}\n}}"

    def _fields(self, lang: str, version: DatasetVersion) -> dict[str, str]:
        """Give what a citation says, in a language."""
        texts = {"author": self.author, "title": self.title, "pool": self.pool}
        said = {
            name: text.get(lang) or next(iter(text.values()), "") for name, text in texts.items()
        }
        year = str(version.issued.year)
        return said | {"year": year, "version": version.label, "address": self.address}


def _escaped(text: str) -> str:
    r"""Write a text for TeX.

    >>> _escaped("R&D {x}")
    'R\\&D x'
    """
    return _MARKED.sub(r"\\\g<0>", _SPECIAL.sub("", text))
