"""Agreements and projects validated against the charter's shapes before anything uses them."""

from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from cachetools import LRUCache
from rdflib import Graph

from parvis import __version__
from parvis.catalog.folder import Catalog
from parvis.config import knowledge
from parvis.errors import PolicyError
from parvis.i18n import N_
from parvis.report import Severity
from parvis.store.files import replace
from parvis.validation import load_shapes, validate

BROKEN = N_("{subject}: {reason}")

CONFORMING = "conforming.sha256"
"""The file of the data folder with the digest of the last texts that conform."""
_conforming: LRUCache[str, bool] = LRUCache(32)
"""Digests of texts that conform: of folders that this process opened."""


def require_conformance(catalog: Catalog, data: Path | None = None, digest: str = "") -> None:
    """Raise `PolicyError`, with the shape's message, for an agreement or project that breaks one.

    The same texts are validated once: a data folder records that they conform. `digest` is that of
    the texts before they were read (`digest_texts`).
    """
    digest = digest or digest_texts(catalog.folder, catalog.iris.base)
    file = data and data / CONFORMING
    if digest in _conforming:
        return
    with suppress(OSError, UnicodeDecodeError):  # then the texts are validated again
        if file and file.read_text(encoding="ascii") == digest:
            return
    for finding in validate(catalog.law, charter_shapes()).findings:
        if finding.severity is Severity.VIOLATION:
            raise PolicyError(BROKEN, subject=finding.focus, reason=finding.text)
    # Texts that changed while they were read are not those that were validated.
    if digest_texts(catalog.folder, catalog.iris.base) == digest:
        _conforming[digest] = True
        # A folder that is not there yet is not made for this, and one may be for reading only.
        if file and file.parent.is_dir():
            with suppress(OSError):
                replace(file, digest.encode("ascii"))


def digest_texts(catalog: Path, base: str) -> str:
    """Return the digest of all that the validation depends on: texts, base, shapes, parvis."""
    texts = sha256(f"{base}\n{__version__}\n".encode())
    for folder, pattern in (
        (knowledge("shapes"), "records/*.ttl"),
        (catalog, "*.ttl"),
        (catalog, "*/*.ttl"),
    ):
        for file in sorted(folder.glob(pattern)):
            name = file.relative_to(folder).as_posix()
            texts.update(f"{name}\n".encode() + file.read_bytes())
    return texts.hexdigest()


@cache
def charter_shapes() -> Graph:
    """Load the shapes of agreements and of projects."""
    folder = knowledge("shapes") / "records"
    return load_shapes([folder / "Agreement.ttl", folder / "PoolingProject.ttl"])
