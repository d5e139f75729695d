"""An open pool: its settings, its catalogue folder and its record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from parvis.catalog.folder import Catalog
from parvis.config import Settings
from parvis.i18n import both
from parvis.pooling.texts.valid import open_catalog
from parvis.store.record.graph_record import GraphRecord
from parvis.vocab.iris import Iris

if TYPE_CHECKING:  # a command that converts nothing need not load it
    from parvis.mapping.engine.ahead import ConverterAhead
    from parvis.mapping.engine.rows import Watch

Progress = Callable[[Mapping[str, str], float | None], None]
"""Receives what an operation does now, in each language, and how much of it is done (0 to 1)."""


@dataclass(frozen=True)
class Pool:
    """The pool that every command works on."""

    settings: Settings
    iris: Iris
    catalog: Catalog
    record: GraphRecord
    watch: "Watch | None" = None
    progress: Progress | None = None

    @classmethod
    def open(
        cls,
        settings: Settings,
        watch: "Watch | None" = None,
        progress: Progress | None = None,
        *,
        lenient: bool = False,
    ) -> Self:
        """Open a pool; a partner whose texts are wrong is set aside (`Catalog.set_aside`).

        Raises `CatalogError` or `PolicyError` for other texts that are wrong; if `lenient`, the
        last valid ones are used instead. `watch` receives the progress of conversions: the file,
        and the row reached; `progress` that of the operations that report theirs.
        """
        return cls(
            settings=settings,
            iris=Iris(settings.base),
            catalog=open_catalog(settings, lenient=lenient),
            record=GraphRecord(settings.data),
            watch=watch,
            progress=progress,
        )

    def report_step(self, template: str, fraction: float | None = None, **fields: object) -> None:
        """Report what is done now, in a marked text, to who started it."""
        if self.progress is not None:
            self.progress(both(template, **fields), fraction)

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
    def converter(self) -> "ConverterAhead":
        from parvis.catalog.ontology import concepts  # noqa: PLC0415 - as above
        from parvis.mapping.engine.ahead import ConverterAhead  # noqa: PLC0415 - as above

        # Its worker ends with the pool.
        return ConverterAhead(concepts(), self.settings.limits, self.settings.base, self.watch)
