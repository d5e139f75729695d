"""The versions of agreements: drafts, those in force, former ones; and who has signed each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, ODRL2, OWL, PROV, RDF

from parvis.catalog.projects import (
    agreement_file,
    agreement_files,
    hash_of,
    project_of,
    text_of,
)
from parvis.catalog.turtle import read_turtle
from parvis.config import Settings
from parvis.pooling.stewardship.entries import load_catalog, require_party
from parvis.rdf.literals import read_texts
from parvis.vocab.namespaces import PARVIS

DRAFT, IN_FORCE = "draft", "in force"


@dataclass(frozen=True)
class Signature:
    """A signature of a text: of which party, by its IRI, on which day, in which office."""

    party: str
    day: date
    role: dict[str, str]


@dataclass(frozen=True)
class AgreementVersion:
    """A text of an agreement.

    `state` is ``draft``, ``in force`` or ``v2``. `signatures` are those of both sides where each
    has signed by itself; `signed` and `role` are those of the whole.
    """

    file: Path
    path: str
    party: str
    project: str | None
    state: str
    agreement: str | None
    title: dict[str, str]
    version: str | None
    signed: str | None
    role: dict[str, str]
    hash: str | None
    signatures: tuple[Signature, ...]
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return the version without its text."""
        signatures = [
            {"party": s.party, "signed": s.day.isoformat(), "role": s.role} for s in self.signatures
        ]
        return {
            "file": str(self.file),
            "state": self.state,
            "agreement": self.agreement,
            "version": self.version,
            "signed": self.signed,
            "hash": self.hash,
            "signatures": signatures,
        }

    @property
    def day(self) -> date | None:
        """The day of the last signature, which put the version in force."""
        return None if self.signed is None else date.fromisoformat(self.signed[:10])

    def is_signed_by(self, party: str) -> bool:
        return any(signature.party == party for signature in self.signatures)


def list_versions(settings: Settings, party: str | None = None) -> list[AgreementVersion]:
    """List the agreements of a party, or of all: drafts, those in force, former ones."""
    catalog = load_catalog(settings)
    names = [party] if party else [*catalog.partners, *catalog.parties]
    files: list[tuple[Path, str | None]] = []
    for folder in [require_party(catalog, name).folder for name in names]:
        files += [
            (file, project_of(file.with_name(file.name.replace(".draft", ""))))
            for file in sorted(folder.glob("agreement*.draft.ttl"))
        ]
        for file in agreement_files(folder):
            project = project_of(file)
            files += [(f, project) for f in (file, *reversed(former_versions(folder, project)))]
    return [read_version(settings, file, project) for file, project in files]


def agreements(settings: Settings, party: str | None) -> list[dict[str, Any]]:
    """Return the same as JSON data."""
    return [version.to_json() for version in list_versions(settings, party)]


def former_versions(folder: Path, project: str | None) -> list[Path]:
    versions: list[Path] = []
    while (file := agreement_file(folder, project, f"v{len(versions) + 1}")).is_file():
        versions.append(file)
    return versions


def read_version(settings: Settings, file: Path, project: str | None) -> AgreementVersion:
    """Read a file of an agreement, whatever its state; raises `CatalogError`."""
    graph = read_turtle(file, settings.base)
    content = file.read_text(encoding="utf-8")
    iri = next(iter(sorted(graph.subjects(RDF.type, ODRL2.Agreement), key=str)), None)
    return AgreementVersion(
        file=file,
        path=file.relative_to(settings.catalog).as_posix(),
        party=file.parent.name,
        project=project,
        state=file.name.split(".")[1] if file.name.count(".") > 1 else IN_FORCE,
        agreement=None if iri is None else str(iri),
        title={} if iri is None else read_texts(graph, iri, DCTERMS.title),
        version=_first_text(graph, iri, OWL.versionInfo),
        signed=_first_text(graph, iri, DCTERMS.dateAccepted),
        role={} if iri is None else read_texts(graph, iri, PARVIS.signatoryRole),
        hash=_first_text(graph, iri, PARVIS.textHash),
        signatures=tuple(_read_signatures(graph, content)),
        text=content,
    )


def _read_signatures(graph: Graph, content: str) -> Iterable[Signature]:
    """Yield the signatures of this very text: one of another text signs nothing."""
    if hash_of(text_of(content)) not in map(str, graph.objects(None, PARVIS.textHash)):
        return
    for node in sorted(graph.subjects(RDF.type, PROV.Activity), key=str):
        day, party = graph.value(node, DCTERMS.date), graph.value(node, PROV.wasAssociatedWith)
        signed = day.value if isinstance(day, Literal) else None
        if isinstance(signed, date) and party is not None:
            yield Signature(str(party), signed, read_texts(graph, node, PARVIS.signatoryRole))


def _first_text(graph: Graph, subject: object, step: URIRef) -> str | None:
    node = subject if isinstance(subject, URIRef) else None
    return next(map(str, graph.objects(node, step)), None)
