"""Records that every format can hold; one that harvesters could not read is left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from rdflib import Graph

from parvis.errors import SourceError
from parvis.i18n import LANGUAGES, N_, explain
from parvis.rdf.files import serialise
from parvis.rdf.joining import apart, require_portable
from parvis.vocab.iris import DatasetKey

UNWRITABLE = N_("it cannot be written as RDF: {reason}")


@dataclass(frozen=True)
class Portable:
    """Each record in N-Triples, and why others are left out.

    One bad record must not make the catalogue unreadable: whoever harvests it would lose all.
    """

    lines: dict[DatasetKey, bytes]
    left_out: dict[DatasetKey, SourceError]

    @classmethod
    def write(cls, records: Mapping[DatasetKey, Graph]) -> Self:
        """Write the records of datasets, in their order."""
        lines, left_out = {}, {}
        for key, record in records.items():
            try:
                lines[key] = _record(key, record)
            except SourceError as error:
                left_out[key] = error
        return cls(lines, left_out)

    def told(self) -> list[dict[str, Any]]:
        """Tell in plain data what is left out."""
        return [
            {"dataset": str(key), "reason": {lang: explain(error, lang) for lang in LANGUAGES}}
            for key, error in self.left_out.items()
        ]


def _record(key: DatasetKey, record: Graph) -> bytes:
    """Write one record, ready to be joined with others; raises `SourceError`."""
    try:
        lines = serialise(record, "nt")
    except (TypeError, ValueError) as error:  # what rdflib holds and RDF does not
        raise SourceError(UNWRITABLE, reason=error) from error
    require_portable(lines)
    return apart(lines, f"r{sha256(str(key).encode()).hexdigest()[:12]}")
