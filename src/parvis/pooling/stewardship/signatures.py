"""Sign a version of an agreement, and list the versions that there are."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, ODRL2, OWL, RDF

from parvis.catalog import Catalog
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
from parvis.pooling.stewardship.drafts import drafted, write
from parvis.pooling.stewardship.entries import folder_of
from parvis.vocab.namespaces import PARVIS

NOTHING = N_("{file} is missing: draft it first (parvis add agreement)")
SIGNED = N_("{file} is signed already; draft a new version to change it (parvis add agreement)")
ONE = N_("{file} holds {count} agreements; a signature is that of one")


def sign(
    settings: Settings, party: str, project: str | None, role: dict[str, str], day: date
) -> dict[str, Any]:
    """Sign a party's draft, which is in force from then on; the version before it is kept.

    Without a draft, an agreement in force that is not signed yet is signed as it stands. `role`
    is that of the signatory, by language. When that is cut short, doing it once more finishes it.
    Raises `UnknownThing`, `UsageError`, `PolicyError` or `CatalogError`: then nothing changed.
    """
    folder = folder_of(Catalog.load(settings.catalog, settings.base), party)
    current, draft = agreement_file(folder, project), agreement_file(folder, project, "draft")
    text = _text(draft if draft.is_file() else current)
    before = current.read_text(encoding="utf-8") if current.is_file() else ""
    if _is_signed(before) and (not draft.is_file() or text_of(before).rstrip() == text.rstrip()):
        if not draft.is_file():
            raise UsageError(SIGNED, file=current)
        draft.unlink()  # what was cut short
        return _told(current, settings.base)
    former = _to_keep(settings, folder, project, before) if draft.is_file() else {}
    signed = text + drafted(
        "signature.ttl",
        mark=SIGNATURE,
        agreement=_agreement(draft if draft.is_file() else current, settings.base),
        day=day.isoformat(),
        version=len(_former(folder, project)) + len(former) + 1,
        role=role,
        hash=hash_of(f"{text}\n"),
    )
    write(settings, former, {str(current.relative_to(settings.catalog)): signed})
    draft.unlink(missing_ok=True)
    return _told(current, settings.base)


def _to_keep(settings: Settings, folder: Path, project: str | None, text: str) -> dict[str, str]:
    """Name the file in which the version that is replaced is kept, unless it is kept already."""
    former = _former(folder, project)
    if not text or (former and former[-1].read_text(encoding="utf-8") == text):
        return {}
    file = agreement_file(folder, project, f"v{len(former) + 1}")
    return {str(file.relative_to(settings.catalog)): text}


def agreements(settings: Settings, party: str | None) -> list[dict[str, Any]]:
    """List the agreements of a party, or of all, with their versions, the latest first."""
    catalog = Catalog.load(settings.catalog, settings.base)
    slugs = [party] if party else [*catalog.partners, *catalog.parties]
    folders = [folder_of(catalog, one) for one in slugs]
    return [_told(file, settings.base) for folder in folders for file in _files(folder)]


def _files(folder: Path) -> Iterator[Path]:
    """Give the files of a folder: drafts, then what is in force, each with its former versions."""
    yield from sorted(folder.glob("agreement*.draft.ttl"))
    for file in agreement_files(folder):
        yield file
        yield from reversed(_former(folder, project_of(file)))


def _former(folder: Path, project: str | None) -> list[Path]:
    """List the former versions of an agreement, the oldest first."""
    found: list[Path] = []
    while (file := agreement_file(folder, project, f"v{len(found) + 1}")).is_file():
        found.append(file)
    return found


def _text(file: Path) -> str:
    """Read the text to be signed."""
    if not file.is_file():
        raise UnknownThing(NOTHING, file=file)
    return text_of(file.read_text(encoding="utf-8"))


def _is_signed(text: str) -> bool:
    return text_of(text) != text


def _agreement(file: Path, base: str) -> str:
    """Give the one agreement that a file holds, relative to the base; raises `UsageError`."""
    found = list(read_turtle(file, base).subjects(RDF.type, ODRL2.Agreement))
    if len(found) != 1:
        raise UsageError(ONE, file=file, count=len(found))
    return str(found[0]).removeprefix(base)


def _told(file: Path, base: str) -> dict[str, Any]:
    """Tell one version in plain data."""
    graph = read_turtle(file, base)
    return {
        "file": str(file),
        "state": file.name.split(".")[1] if file.name.count(".") > 1 else "in force",
        "agreement": next(map(str, graph.subjects(RDF.type, ODRL2.Agreement)), None),
        "version": _one(graph, OWL.versionInfo),
        "signed": _one(graph, DCTERMS.dateAccepted),
        "hash": _one(graph, PARVIS.textHash),
    }


def _one(graph: Graph, step: URIRef) -> str | None:
    return next(map(str, graph.objects(None, step)), None)
