"""Agreements and projects validated against the charter's shapes before anything uses them."""

from functools import cache
from hashlib import sha256

from cachetools import LRUCache
from rdflib import Graph

from parvis.catalog import Catalog
from parvis.config import knowledge
from parvis.errors import PolicyError
from parvis.i18n import N_
from parvis.report import Severity
from parvis.validation import load_shapes, validate

BROKEN = N_("{subject}: {reason}")

_FIT: LRUCache[str, bool] = LRUCache(32)
"""Digests of the texts of catalogue folders that conform."""


def require_conformance(catalog: Catalog) -> None:
    """Raise `PolicyError`, with the shape's message, for an agreement or project that breaks one.

    The same texts are validated once.
    """
    texts = sha256(catalog.iris.base.encode())
    for pattern in ("*.ttl", "*/*.ttl"):
        for file in sorted(catalog.folder.glob(pattern)):
            name = file.relative_to(catalog.folder).as_posix()
            texts.update(f"{name}\n".encode() + file.read_bytes())
    digest = texts.hexdigest()
    if digest in _FIT:
        return
    for finding in validate(catalog.law, charter_shapes()).findings:
        if finding.severity is Severity.VIOLATION:
            raise PolicyError(BROKEN, subject=finding.focus, reason=finding.text)
    _FIT[digest] = True


@cache
def charter_shapes() -> Graph:
    """Load the shapes of agreements and of projects."""
    folder = knowledge("shapes") / "records"
    return load_shapes([folder / "Agreement.ttl", folder / "PoolingProject.ttl"])
