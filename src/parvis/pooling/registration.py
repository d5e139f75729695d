"""Agreements and projects held against the charter's shapes, before anything is done with them."""

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
"""The catalogue folders that were found fit, by the digest of their texts."""


def refuse_unfit(catalog: Catalog) -> None:
    """Refuse an agreement or a project that breaks a shape; the same texts are looked at once.

    Raises `PolicyError`, which names what is wrong and says the shape's own sentence.
    """
    texts = _digest(catalog)
    if texts in _FIT:
        return
    for finding in validate(catalog.law, charter_shapes()).findings:
        if finding.severity is Severity.VIOLATION:
            raise PolicyError(BROKEN, subject=finding.focus, reason=finding.text)
    _FIT[texts] = True


@cache
def charter_shapes() -> Graph:
    """Give the shapes of agreements and of projects."""
    folder = knowledge("shapes") / "records"
    return load_shapes([folder / "Agreement.ttl", folder / "PoolingProject.ttl"])


def _digest(catalog: Catalog) -> str:
    """Digest the texts that the law was read from."""
    digest = sha256(catalog.iris.base.encode())
    for pattern in ("*.ttl", "*/*.ttl"):
        for file in sorted(catalog.folder.glob(pattern)):
            name = file.relative_to(catalog.folder).as_posix()
            digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()
