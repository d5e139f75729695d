"""An open pool: its settings, its catalogue folder and its record.

Agreements and projects are validated against the charter's shapes before anything uses them.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from cachetools import LRUCache
from rdflib import Graph

from parvis import __version__
from parvis.catalog.folder import Catalog
from parvis.catalog.ontology import concepts
from parvis.config import Settings, knowledge
from parvis.errors import PolicyError
from parvis.i18n import N_
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.rows import Watch
from parvis.report import Severity
from parvis.store.files import replace
from parvis.store.record.graph_record import GraphRecord
from parvis.validation import load_shapes, validate
from parvis.vocab.iris import Iris

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
    folder = knowledge("shapes") / "records"
    return load_shapes([folder / "Agreement.ttl", folder / "PoolingProject.ttl"])


@dataclass(frozen=True)
class Pool:
    """The pool that every command works on."""

    settings: Settings
    iris: Iris
    catalog: Catalog
    record: GraphRecord
    watch: Watch | None = None

    @classmethod
    def open(cls, settings: Settings, watch: Watch | None = None) -> Self:
        """Open a pool; raises `CatalogError` or `PolicyError` for a folder that is wrong.

        `watch` receives the progress of conversions: the file, and the row reached.
        """
        digest = ""
        with suppress(OSError):  # the catalogue's reader names the file
            digest = digest_texts(settings.catalog, settings.base)
        catalog = Catalog.load(settings.catalog, settings.base)
        require_conformance(catalog, settings.data, digest)
        return cls(
            settings=settings,
            iris=Iris(settings.base),
            catalog=catalog,
            record=GraphRecord(settings.data),
            watch=watch,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The converter's worker starts with the first conversion: there may be none to end.
        converter = vars(self).get("converter")
        if converter is not None:
            converter.close()

    @cached_property
    def converter(self) -> Converter:
        # Its worker ends with the pool.
        return Converter(concepts(), self.settings.limits, self.settings.base, self.watch)
