"""Sign a version of an agreement, and list the versions."""

from datetime import date
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, ODRL2, OWL, RDF

from parvis.catalog.folder import Catalog
from parvis.catalog.projects import (
    SIGNATURE,
    agreement_file,
    agreement_files,
    hash_of,
    project_of,
    text_of,
)
from parvis.catalog.turtle import read_turtle
from parvis.config import Settings
from parvis.errors import UnknownThing, UsageError
from parvis.i18n import N_
from parvis.pooling.stewardship.drafts import render_draft, write
from parvis.pooling.stewardship.entries import folder_of
from parvis.vocab.namespaces import PARVIS

NOTHING = N_("{file} is missing: draft it first (parvis add agreement)")
SIGNED = N_("{file} is signed already; draft a new version to change it (parvis add agreement)")
ONE = N_("{file} holds {count} agreements; a signature is that of one")


def sign(
    settings: Settings, party: str, project: str | None, role: dict[str, str], day: date
) -> dict[str, Any]:
    """Sign a party's draft, which is then in force; the version before it is kept.

    Without a draft, an unsigned agreement in force is signed as it is. `role` is that of the
    signatory, by language. After an interruption, a second call finishes it. Raises
    `UnknownThing`, `UsageError`, `PolicyError` or `CatalogError`: then nothing changed.
    """
    folder = folder_of(Catalog.load(settings.catalog, settings.base), party)
    current, draft = agreement_file(folder, project), agreement_file(folder, project, "draft")
    file = draft if draft.is_file() else current
    if not file.is_file():
        raise UnknownThing(NOTHING, file=file)
    text = text_of(file.read_text(encoding="utf-8"))
    before = current.read_text(encoding="utf-8") if current.is_file() else ""
    # A signature is the part of a file that `text_of` removes.
    if text_of(before) != before:
        if not draft.is_file():
            raise UsageError(SIGNED, file=current)
        if text_of(before).rstrip() == text.rstrip():
            # A former call was interrupted here.
            draft.unlink()
            return _describe_version(current, settings.base)
    versions = _former_versions(folder, project)
    former = {}
    # After an interruption, the replaced version is kept already.
    is_kept = bool(versions) and versions[-1].read_text(encoding="utf-8") == before
    if draft.is_file() and before and not is_kept:
        former_file = agreement_file(folder, project, f"v{len(versions) + 1}")
        former[str(former_file.relative_to(settings.catalog))] = before
    iris = list(read_turtle(file, settings.base).subjects(RDF.type, ODRL2.Agreement))
    if len(iris) != 1:
        raise UsageError(ONE, file=file, count=len(iris))
    signed = text + render_draft(
        "signature.ttl",
        mark=SIGNATURE,
        agreement=str(iris[0]).removeprefix(settings.base),
        day=day.isoformat(),
        version=len(versions) + len(former) + 1,
        role=role,
        hash=hash_of(f"{text}\n"),
    )
    write(settings, former, {str(current.relative_to(settings.catalog)): signed})
    draft.unlink(missing_ok=True)
    return _describe_version(current, settings.base)


def agreements(settings: Settings, party: str | None) -> list[dict[str, Any]]:
    """List the agreements of a party, or of all, with their versions, the latest first."""
    catalog = Catalog.load(settings.catalog, settings.base)
    slugs = [party] if party else [*catalog.partners, *catalog.parties]
    files: list[Path] = []
    for folder in [folder_of(catalog, slug) for slug in slugs]:
        # Drafts come first, then each agreement in force with its former versions.
        files += sorted(folder.glob("agreement*.draft.ttl"))
        for file in agreement_files(folder):
            files += [file, *reversed(_former_versions(folder, project_of(file)))]
    return [_describe_version(file, settings.base) for file in files]


def _former_versions(folder: Path, project: str | None) -> list[Path]:
    versions: list[Path] = []
    while (file := agreement_file(folder, project, f"v{len(versions) + 1}")).is_file():
        versions.append(file)
    return versions


def _describe_version(file: Path, base: str) -> dict[str, Any]:
    graph = read_turtle(file, base)
    return {
        "file": str(file),
        "state": file.name.split(".")[1] if file.name.count(".") > 1 else "in force",
        "agreement": next(map(str, graph.subjects(RDF.type, ODRL2.Agreement)), None),
        "version": _first_text(graph, OWL.versionInfo),
        "signed": _first_text(graph, DCTERMS.dateAccepted),
        "hash": _first_text(graph, PARVIS.textHash),
    }


def _first_text(graph: Graph, step: URIRef) -> str | None:
    return next(map(str, graph.objects(None, step)), None)
