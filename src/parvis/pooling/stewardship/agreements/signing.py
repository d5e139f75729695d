"""Sign agreements: a draft is in force once both sides have signed it.

The steward may sign for both, who has the partner's signature on paper. Where each side signs by
itself, the first signature stays in the draft, and the second puts it in force.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from rdflib.namespace import ODRL2, RDF

from parvis.catalog.folder import Catalog
from parvis.catalog.projects import SIGNATURE, agreement_file, hash_of, text_of
from parvis.catalog.turtle import read_turtle
from parvis.config import Settings
from parvis.errors import PolicyError, UnknownThing, UsageError
from parvis.governance import find_void_prohibitions
from parvis.i18n import N_, both
from parvis.ledger import SHELL, Author
from parvis.pooling.stewardship.agreements.simulating import refuse_losses
from parvis.pooling.stewardship.agreements.versions import (
    AgreementVersion,
    Signature,
    former_versions,
    read_version,
)
from parvis.pooling.stewardship.entries import load_catalog, render_draft, require_party
from parvis.pooling.stewardship.texts import change_texts, try_out

NO_DRAFT = N_("{file} is missing: draft it first (parvis add agreement)")
SIGNED = N_("{file} is signed already; draft a new version to change it (parvis add agreement)")
ONE = N_("{file} holds {count} agreements; a signature is that of one")
SIGNED_BY_SIDE = N_("{file} is signed already by this side; it waits for the other")
NO_ROLE = N_("a signature has the role of who signs, in French and in English")
VOID = N_(
    "{agreement} lets everyone read {dataset} and refuses it to {party}, who would read it without"
    " signing in: permit it to the members of the pool (parvis:members), or take the refusal out"
)
SIGNING = N_("signature of {file}")


class Side(StrEnum):
    """Who signs: the partner or reading party, the third party, or the steward for both."""

    PARTY = "party"
    THIRD_PARTY = "third-party"
    BOTH = "both"


def sign(  # noqa: PLR0913, PLR0917 - a signature has as many parts
    settings: Settings,
    party: str,
    project: str | None,
    role: dict[str, str],
    day: date,
    author: Author = SHELL,
    reason: str = "",
    *,
    side: Side = Side.BOTH,
    expected: str | None = None,
    confirmed: bool = False,
) -> dict[str, Any]:
    """Sign a party's draft, which is in force once both sides have; the version before it is kept.

    Without a draft, an unsigned agreement in force is signed as it is. `role` is that of the
    signatory, by language; `expected` the digest of the text that was read before signing. What
    closes to somebody who may read it now has to be `confirmed`. Raises `UnknownThing`,
    `UsageError`, `PolicyError` or `CatalogError`: then nothing changed.
    """
    catalog = load_catalog(settings)
    member = require_party(catalog, party)
    version = _find_unsigned(settings, member.folder, project)
    iri, text = _require_single_agreement(version.file, settings.base), text_of(version.text)
    sides = {Side.PARTY: member.iri, Side.THIRD_PARTY: catalog.third_party.iri}
    signatures = _add_signature(version, sides, side, Signature("", day, role))
    current = agreement_file(member.folder, project).relative_to(settings.catalog)
    after = try_out(settings, {str(current): text})
    _refuse_void(after, iri, version.file)
    if not confirmed:
        refuse_losses(settings, member.iri, after)
    # The third party's own agreement has but one side.
    is_complete = side is Side.BOTH or {*sides.values()} <= signatures.keys()
    own = signatures.get(member.iri)
    values = {
        "mark": SIGNATURE,
        "agreement": iri.removeprefix(settings.base),
        "day": day.isoformat(),
        "in_force": is_complete,
        "role": own.role if own else role,
        "hash": hash_of(f"{text}\n"),
        "signatures": sorted(signatures.values(), key=lambda s: (s.day, s.party)),
    }
    return _write_signed(settings, version, values, author, reason, expected)


def _find_unsigned(settings: Settings, folder: Path, project: str | None) -> AgreementVersion:
    """Return a draft, else an agreement in force that nobody has signed."""
    current, draft = agreement_file(folder, project), agreement_file(folder, project, "draft")
    file = draft if draft.is_file() else current
    if not file.is_file():
        raise UnknownThing(NO_DRAFT, file=file)
    version = read_version(settings, file, project)
    if file == current and version.signed is not None:
        raise UsageError(SIGNED, file=current)
    return version


def _add_signature(
    version: AgreementVersion, sides: Mapping[Side, str], side: Side, signature: Signature
) -> dict[str, Signature]:
    """Return the signatures of each side that signs by itself, by party, with one more."""
    if not all(" ".join(text.split()) for text in signature.role.values()):
        raise UsageError(NO_ROLE)
    signatures = {former.party: former for former in version.signatures}
    if side is Side.BOTH:
        return signatures
    if sides[side] in signatures:
        raise UsageError(SIGNED_BY_SIDE, file=version.file)
    return signatures | {sides[side]: replace(signature, party=sides[side])}


def _write_signed(  # noqa: PLR0913, PLR0917 - what is written has as many parts
    settings: Settings,
    version: AgreementVersion,
    values: Mapping[str, object],
    author: Author,
    reason: str,
    expected: str | None,
) -> dict[str, Any]:
    """Write a signed text: in force, the replaced version kept and no draft left, or as a draft."""
    folder, file = settings.catalog, version.file
    current = agreement_file(file.parent, version.project)
    reason = reason or both(SIGNING, file=version.path)["fr"]
    seen = {} if expected is None else {version.path: expected}
    former = former_versions(file.parent, version.project)

    def path_of(path: Path) -> str:
        return path.relative_to(folder).as_posix()

    replaced = current.read_text(encoding="utf-8") if current.is_file() else ""
    is_replacing = bool(values["in_force"]) and file != current and bool(replaced)
    number = len(former) + is_replacing + 1
    signed = text_of(version.text) + render_draft("signature.ttl", version=number, **values)
    new = {}
    if is_replacing:
        new[path_of(agreement_file(file.parent, version.project, f"v{number - 1}"))] = replaced
    target = current if values["in_force"] else file
    removed = [version.path] if target != file else []
    change_texts(
        settings, new, {path_of(target): signed}, author, reason, removed=removed, expected=seen
    )
    return read_version(settings, target, version.project).to_json()


def _require_single_agreement(file: Path, base: str) -> str:
    iris = list(read_turtle(file, base).subjects(RDF.type, ODRL2.Agreement))
    if len(iris) != 1:
        raise UsageError(ONE, file=file, count=len(iris))
    return str(iris[0])


def _refuse_void(catalog: Catalog, agreement: str, file: Path) -> None:
    """Raise `PolicyError` where an agreement refuses to some what everyone may read."""
    iris = {dataset.iri: key for key, dataset in catalog.datasets.items()}
    for rule in find_void_prohibitions(catalog.policies, agreement):
        dataset = iris.get(rule.target, rule.target)
        raise PolicyError(VOID, agreement=file, dataset=dataset, party=rule.assignee)
