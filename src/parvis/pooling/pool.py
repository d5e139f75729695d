"""A pool, opened: its settings, its catalogue folder, its record, and what it knows."""

from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self

from rdflib import Graph

from parvis.catalog import Catalog
from parvis.catalog.ontology import concepts, ontology, submission_shapes
from parvis.config import Settings
from parvis.mapping.concepts import Concepts
from parvis.mapping.engine.converter import Converter
from parvis.mapping.engine.watching import Watch
from parvis.pooling.registration import refuse_unfit
from parvis.store.record.record import Record
from parvis.vocab.iris import Iris


@dataclass(frozen=True)
class Pool:
    """What every verb works on."""

    settings: Settings
    iris: Iris
    catalog: Catalog
    record: Record
    watch: Watch | None = None

    @classmethod
    def open(cls, settings: Settings, watch: Watch | None = None) -> Self:
        """Open a pool; raises `CatalogError` or `PolicyError` for a folder that is wrong.

        `watch` is told how far conversions are: the file, and the row reached.
        """
        catalog = Catalog.load(settings.catalog, settings.base)
        refuse_unfit(catalog)
        return cls(
            settings=settings,
            iris=Iris(settings.base),
            catalog=catalog,
            record=Record(settings.data),
            watch=watch,
        )

    def __enter__(self) -> Self:
        """Give the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the converter's worker, if there is one."""
        converter = vars(self).get("converter")
        if converter is not None:
            converter.close()

    @cached_property
    def ontology(self) -> Graph:
        """Give the shared ontology with its concepts."""
        return ontology()

    @cached_property
    def concepts(self) -> Concepts:
        """Give the concepts by their labels."""
        return concepts()

    @cached_property
    def converter(self) -> Converter:
        """Give the converter, whose worker ends with the pool."""
        return Converter(self.concepts, self.settings.limits, self.settings.base, self.watch)

    @cached_property
    def shapes(self) -> Graph:
        """Give the shapes of what partners submit."""
        return submission_shapes()
