"""The datasets' records as they are published; one that harvesters could not read is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from parvis.catalog import Catalog, Submission, record_graph
from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.rdf.files import serialise
from parvis.rdf.joining import apart, require_portable
from parvis.vocab.iris import DatasetKey

UNWRITABLE = N_("it cannot be written as RDF: {reason}")


@dataclass(frozen=True)
class Records:
    """Each record in N-Triples, and why others are left out.

    One bad record must not make the catalogue unreadable: whoever harvests it would lose all.
    """

    lines: dict[DatasetKey, bytes]
    left_out: dict[DatasetKey, SourceError]

    @classmethod
    def write(cls, catalog: Catalog, submissions: Sequence[Submission], at: datetime) -> Self:
        """Write the records of all datasets, in the order of the catalogue."""
        lines, left_out = {}, {}
        for key in catalog.datasets:
            try:
                lines[key] = _record(catalog, submissions, key, at)
            except SourceError as error:
                left_out[key] = error
        return cls(lines, left_out)

    def told(self) -> list[dict[str, Any]]:
        """Tell in plain data what is left out."""
        return [
            {"dataset": str(key), "reason": {lang: explain(error, lang) for lang in LANGUAGES}}
            for key, error in self.left_out.items()
        ]


def _record(
    catalog: Catalog, submissions: Sequence[Submission], key: DatasetKey, at: datetime
) -> bytes:
    """Write one record, ready to be joined with others; raises `SourceError`."""
    try:
        lines = serialise(record_graph(catalog, submissions, key, at), "nt")
    except (TypeError, ValueError) as error:  # what rdflib holds and RDF does not
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    return apart(lines, f"r{sha256(str(key).encode()).hexdigest()[:12]}")
