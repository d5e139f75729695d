"""An open pool: its settings, its catalogue folder, its record and its concepts."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from rdflib import Graph

from parvis.catalog.folder import Catalog
from parvis.catalog.ontology import concepts, ontology, submission_shapes
from parvis.config import Settings
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.rows import Watch
from parvis.pooling.registration import digest_texts, require_conformance
from parvis.store.record.graph_record import GraphRecord
from parvis.vocab.iris import Iris


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
    def ontology(self) -> Graph:
        return ontology()

    @cached_property
    def concepts(self) -> Concepts:
        return concepts()

    @cached_property
    def converter(self) -> Converter:
        # Its worker ends with the pool.
        return Converter(self.concepts, self.settings.limits, self.settings.base, self.watch)

    @cached_property
    def shapes(self) -> Graph:
        """The shapes of what partners submit."""
        return submission_shapes()
