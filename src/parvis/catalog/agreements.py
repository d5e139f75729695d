"""The files of agreements in a party's folder: in force, drafted, former; and their signatures.

``agreement.ttl`` or ``agreement-<project>.ttl`` is in force; with ``.draft`` before its ending it
is a draft, with ``.v1``, ``.v2``… a version that another has replaced: these two are not read.

A signature stands at the end of a file, below a line of its own. It gives the SHA-256 of all that
stands above that line, so that anyone can check it with ``sed '/^# ── Signature/,$d' | sha256sum``.
"""

import re
from hashlib import sha256
from pathlib import Path

from rdflib import Graph

from parvis.catalog.turtle import read_turtle
from parvis.errors import CatalogError
from parvis.i18n import N_
from parvis.vocab.namespaces import PARVIS

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
